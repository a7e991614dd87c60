"""Data that commands derive from the pack's own files, in one file of the cache folder.

This covers tables, resolved schemas, modes and models. Reading them as plain data takes a fifth of the time
of reading their JSON and YAML. Each is derived again after one of its files, or the deriving module, changes.
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

_reading: list[list[str]] = []  # source files of the values being derived, the innermost value last


@cache
def _stores() -> dict[str, Store]:
    return {}


@cache
def _values() -> dict[str, tuple[Any, list[str]]]:
    """Return each value that this process has read or derived, with its source files."""
    return {}


def derived(name: str, derive: Callable[[], Any], part: str = "facts") -> Any:
    """Return the result of `derive`: code, or plain data that must not be changed.

    `derive` uses files of the pack itself. Its source files are those that it opens with `pack_files` or
    passes to `depends_on`. `part` names the cache file, so that data needed by few runs is separate from
    common data.
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
    if _reading:  # also if it was derived before: the outer value depends on the same files
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
    """Record that the value being derived depends on a file, or on the names in a folder."""
    if _reading:
        _reading[-1].append(str(file))


def is_first_start() -> bool:
    """Return whether the cache is still empty; in a container it may always be."""
    return _store("facts").is_new


def save() -> None:
    """Write what this process has derived to the cache folder."""
    for store in _stores().values():
        store.save()
