"""The compiled modules that commands import, in one file of the cache folder.

A start imports some 300 small modules. Finding, opening and reading a module takes longer than running it, so
the code of all modules is in one file. It is used while the module's own file is unchanged. Python's own
caches (`__pycache__`) are not affected: without this file, after a change, or if the cache folder cannot be
used, Python imports modules as usual.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import cache_from_source, source_hash
from types import CodeType, ModuleType
from typing import Any

from kaito_pack import __version__
from kaito_pack.base import cache_files
from kaito_pack.base.cache_store import Store

PACKAGES = ("kaito_pack", "click", "yaml", "jinja2", "markupsafe")
# Modules that are imported before the cache is available.
UNCACHED = frozenset(("kaito_pack", "kaito_pack.cli", "kaito_pack.base")) | {
    f"kaito_pack.base.{name}" for name in ("cache_files", "cache_store", "code_cache")
}


class _Loader(SourceFileLoader):
    """A loader that works as Python's does, but takes the code from the cache."""

    def __init__(self, name: str, file: str, code: CodeType) -> None:
        super().__init__(name, file)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the module."""
        return self._code


class _Reader(SourceFileLoader):
    """A loader that works as Python's does, and keeps the code of the module for `save`."""

    code: CodeType | None = None

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the code of the module."""
        self.code = super().get_code(fullname)
        return self.code


class CodeCache:
    """A finder of modules in the cache; `save` adds the modules that were missing from it."""

    def __init__(self, file: str) -> None:
        self._store = Store(file, cache_files.mapped)  # one process needs a third of it

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module with its code from the cache, or as Python finds it; None for other packages."""
        if name.partition(".")[0] not in PACKAGES:
            return None
        content: Any = self._store.get(name)
        if content is None:
            looked_up = PathFinder.find_spec(name, path, target)
            if looked_up is not None and type(looked_up.loader) is SourceFileLoader:
                looked_up.loader = _Reader(name, looked_up.loader.path)
            return looked_up
        file, cached, is_package, code = content
        spec = ModuleSpec(name, _Loader(name, file, code), origin=file, is_package=is_package)
        spec.has_location, spec.cached = True, cached
        if is_package:
            spec.submodule_search_locations = [os.path.dirname(file)]
        return spec

    def save(self) -> None:
        """Add the code of every module that Python has read."""
        if not cache_files.is_writable():
            return
        for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
            loader = getattr(getattr(sys.modules[name], "__spec__", None), "loader", None)
            if type(loader) is _Reader:
                cached = cache_from_source(loader.path)
                content = (loader.path, cached, loader.is_package(name), loader.code)
                self._store.put(name, [loader.path], content)
        self._store.save()


_installed: list[CodeCache] = []


def install() -> None:
    """Import modules from the cache from now on, if the process has not imported other modules of the pack.

    A program that imports the library itself is not affected.
    """
    ours = {name for name in sys.modules if name.partition(".")[0] == "kaito_pack"}
    if _installed or not ours <= UNCACHED:
        return
    # Each interpreter, environment, folder and version of this program has its own file.
    place = marshal.dumps((sys.version, sys.flags.optimize, sys.prefix, sys.path, __file__, __version__))
    cache = CodeCache(f"modules-2-{source_hash(place).hex()}.bin")
    _installed.append(cache)
    sys.meta_path.insert(0, cache)


def save() -> None:
    """Write the cache if it lacks a module that this process has imported."""
    for cache in _installed:
        cache.save()
