"""What commands derive from the pack's own files, in one file of the cache folder.

Tables, resolved schemas, modes and models: to read them as plain data takes a fifth of the time that their
JSON and YAML take. Each is derived again once one of its files, or the module that derives it, has changed.
"""

from __future__ import annotations

import marshal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import source_hash
from pathlib import Path
from typing import Any

from kaito_pack import __version__
from kaito_pack.base.cache_store import Store
from kaito_pack.base.root import ROOT

_reading: list[list[str]] = []  # the files of what is being derived, of the innermost last


@cache
def _stores() -> dict[str, Store]:
    return {}


@cache
def _values() -> dict[str, tuple[Any, list[str]]]:
    """Return each value that this process has read or derived, with its files."""
    return {}


def derived(name: str, derive: Callable[[], Any], part: str = "facts") -> Any:
    """Return what `derive` makes of files of our own pack: plain data, not to be changed, or code.

    The files are those that it opens with `pack_files`, and those that it names with `depends_on`. `part`
    names the file of the cache: what few runs need does not belong with what all do.
    """
    values, store = _values(), _store(part)
    if name not in values:
        value = store.get(name)
        if value is None:
            with _recorded(derive.__code__.co_filename) as files:
                value = derive()
            store.put(name, files, value)
        else:
            files = store.files(name)
        values[name] = value, files
    value, files = values[name]
    if _reading:  # also if it was derived before: what is derived of it changes with its files
        _reading[-1].extend(files)
    return value


def _store(part: str) -> Store:
    stores = _stores()
    if part not in stores:
        place = source_hash(marshal.dumps((sys.version, str(ROOT), __version__))).hex()
        stores[part] = Store(f"{part}-{place}.bin")
    return stores[part]


@contextmanager
def _recorded(module: str) -> Iterator[list[str]]:
    files = [module]
    _reading.append(files)
    try:
        yield files
    finally:
        _reading.pop()


def depends_on(file: str | Path) -> None:
    """Say that what is being derived changes with a file, or with the names in a folder."""
    if _reading:
        _reading[-1].append(str(file))


def is_first_start() -> bool:
    """Return whether nothing was kept yet: of a container, it may never be."""
    return _store("facts").is_new


def save() -> None:
    """Write what this process has derived to the cache folder."""
    for store in _stores().values():
        store.save()
