"""Stubs of the packages that vLLM imports but its argument parser does not need.

vLLM with all its imports takes 10 GB. Its parser needs little of that: pydantic, regex, PyYAML, and names
that are imported for annotations. `install` creates a stub for every other module that is not installed.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.metadata
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any, ClassVar


class _StandInType(type):
    """The type of stubs: attributes, items, calls and comparisons return a stub or do nothing."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn

    def __call__(cls, *args: Any, **keywords: Any) -> Any:
        if cls is not StandIn:
            return super().__call__(*args, **keywords)
        is_decorator = len(args) == 1 and not keywords and callable(args[0])
        return args[0] if is_decorator else StandIn

    def __getitem__(cls, key: Any) -> Any:
        return StandIn

    def __iter__(cls) -> Iterator[Any]:
        return iter(())

    def __bool__(cls) -> bool:
        return False

    def __or__(cls, other: Any) -> Any:
        return typing.Union[cls, other]  # noqa: UP007 - this method defines `|`

    def __ror__(cls, other: Any) -> Any:
        return typing.Union[other, cls]  # noqa: UP007 - as above

    def _other(cls, *_: Any) -> Any:
        return StandIn

    def _false(cls, *_: Any) -> bool:
        return False

    __add__ = __radd__ = __sub__ = __mul__ = __rmul__ = _other
    __lt__ = __le__ = __gt__ = __ge__ = _false


class StandIn(metaclass=_StandInType):
    """A stub that is a class, function and value at once; pydantic accepts any value for it."""

    max, min = 2**63 - 1, -(2**63)  # values of torch.iinfo(torch.long)

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.any_schema()


class _Module(types.ModuleType):
    __path__: ClassVar[list[str]] = []
    __version__ = "99.0.0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """A finder for modules that no other finder finds: absent packages and vLLM's compiled modules."""

    def __init__(self) -> None:
        self.absent: set[str] = set()

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        top, _, rest = fullname.partition(".")
        is_compiled = top == "vllm" and rest.rpartition(".")[2].startswith("_")
        is_absent_package = top != "vllm" and (not rest or top in self.absent)
        if top in sys.stdlib_module_names or not (is_compiled or is_absent_package):
            return None
        if top != "vllm":
            self.absent.add(top)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def install() -> None:
    """Make imports of modules that are not installed return stubs with version 99.0.0."""
    sys.meta_path.append(_Finder())
    installed = importlib.metadata.version

    def version(name: str) -> str:
        try:
            return installed(name)
        except importlib.metadata.PackageNotFoundError:
            return "99.0.0"

    importlib.metadata.version = version
