"""The compiled modules that commands import, in one file of the cache folder.

A start imports some 250 small modules. To find, open and read each costs more than to run it, so the code of
all is kept together and taken from there if the module's file has not changed since. Python's own caches
(`__pycache__`) stay as they are: without this file, after a change, or if the cache folder cannot be used,
modules are imported as ever.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import source_hash, spec_from_file_location
from types import CodeType, ModuleType
from typing import NamedTuple

from kaito_pack.base import cache_files

PACKAGES = ("kaito_pack", "click", "yaml", "jinja2", "markupsafe")
# Imported before the cache can be asked.
UNCACHED = frozenset(
    (
        "kaito_pack",
        "kaito_pack.cli",
        "kaito_pack.base",
        "kaito_pack.base.cache_files",
        "kaito_pack.base.code_cache",
    )
)
LENGTH = 8  # bytes that hold the length of the index, which the code follows


class _Kept(NamedTuple):
    """A module in the cache: its file as it was, and where its code is."""

    file: str
    is_package: bool
    modified: int
    size: int
    offset: int
    length: int


class _Loader(SourceFileLoader):
    """Loads a module as Python does, but for the code, which is in the cache already."""

    def __init__(self, name: str, file: str, code: CodeType) -> None:
        super().__init__(name, file)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the module."""
        return self._code


class CodeCache:
    """Finds modules in the cache; `save` adds those that were not in it."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._kept: dict[str, _Kept] = {}
        self._descriptor = cache_files.opened(file)
        if self._descriptor is not None:
            self._kept = self._index(self._descriptor)

    def _index(self, descriptor: int) -> dict[str, _Kept]:
        try:
            length = int.from_bytes(os.read(descriptor, LENGTH), "little")
            self._start = LENGTH + length
            rows = marshal.loads(os.read(descriptor, length))
            return {name: _Kept._make(row) for name, row in rows.items()}
        except (OSError, ValueError, EOFError, TypeError, MemoryError):
            return {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module with its code from the cache; None if Python has to look for it."""
        if name.partition(".")[0] not in PACKAGES:
            return None
        kept = self._kept.get(name)
        code = self._code(kept) if kept else None
        if kept is None or code is None or not _is_unchanged(kept):
            return None
        within = [os.path.dirname(kept.file)] if kept.is_package else None
        loader = _Loader(name, kept.file, code)
        return spec_from_file_location(name, kept.file, loader=loader, submodule_search_locations=within)

    def _code(self, kept: _Kept) -> CodeType | None:
        assert self._descriptor is not None
        try:
            code = marshal.loads(os.pread(self._descriptor, kept.length, self._start + kept.offset))
        except (OSError, ValueError, EOFError, TypeError):
            return None
        return code if isinstance(code, CodeType) else None

    def save(self) -> None:
        """Write the code of every module that has been imported, and of those that are in the cache."""
        imported = {name: loader for name in list(sys.modules) if (loader := _loader_of(name)) is not None}
        if sys.dont_write_bytecode or all(isinstance(loader, _Loader) for loader in imported.values()):
            return
        rows, codes, offset = {}, [], 0
        for name, file, is_package, code in self._current(imported):
            status = os.stat(file)
            content = marshal.dumps(code)
            rows[name] = (file, is_package, status.st_mtime_ns, status.st_size, offset, len(content))
            codes.append(content)
            offset += len(content)
        index = marshal.dumps(rows)
        cache_files.write(self._file, len(index).to_bytes(LENGTH, "little") + index + b"".join(codes))

    def _current(self, imported: Mapping[str, SourceFileLoader]) -> list[tuple[str, str, bool, CodeType]]:
        current = []
        for name, kept in self._kept.items():
            code = self._code(kept) if name not in imported and _is_unchanged(kept) else None
            if code is not None:
                current.append((name, kept.file, kept.is_package, code))
        for name, loader in imported.items():
            if (code := loader.get_code(name)) is not None:
                current.append((name, loader.path, loader.is_package(name), code))
        return current


def _loader_of(name: str) -> SourceFileLoader | None:
    """Return the loader of a module that the cache may keep; None for another module."""
    if name.partition(".")[0] not in PACKAGES or name in UNCACHED:
        return None
    loader = getattr(getattr(sys.modules[name], "__spec__", None), "loader", None)
    return loader if isinstance(loader, SourceFileLoader) else None


def _is_unchanged(kept: _Kept) -> bool:
    try:
        status = os.stat(kept.file)
    except OSError:
        return False
    return status.st_mtime_ns == kept.modified and status.st_size == kept.size


_installed: list[CodeCache] = []


def install() -> None:
    """Take modules from the cache from now on, in a process that has imported no other module of ours.

    A program that imports the library for itself is left alone.
    """
    ours = {name for name in sys.modules if name.partition(".")[0] == "kaito_pack"}
    if _installed or not hasattr(os, "pread") or not ours <= UNCACHED:
        return
    # Another interpreter, another environment or another folder of this program has a file of its own.
    place = marshal.dumps((sys.version, sys.flags.optimize, sys.prefix, sys.path, __file__))
    cache = CodeCache(f"modules-{source_hash(place).hex()}.bin")
    _installed.append(cache)
    sys.meta_path.insert(0, cache)


def save() -> None:
    """Write the cache if it lacks a module that this process has imported."""
    for cache in _installed:
        cache.save()
