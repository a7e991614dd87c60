"""Output formats: one module per format, found by its name.

A module shows a kind of result with a function of that name, or any result with cases with the function
`cases`. Functions yield text for stdout, and a `Note` for each line on stderr.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from kaito_pack.cli.results import Result, ResultCase

Show = Callable[[Any], Iterator[str]]


class Note(str):
    """A line for stderr: a message, not data."""


def show(name: str, result: Result) -> Iterator[str]:
    """Yield `result` in the format `name`, piece by piece, and unreadable files as notes."""
    function = _function(_module(name), type(result))
    assert function is not None, f"{name} cannot show {result.kind}"
    yield from function(result)
    if name != "text":  # text shows them itself
        cases: Iterable[ResultCase] = getattr(result, "cases", tuple)()
        yield from (Note(f"Error: {case.unread}") for case in cases if case.unread)


def names_for(result: type[Result]) -> list[str]:
    """Return the formats that can show a kind of result, in alphabetical order."""
    names = sorted(file.stem for file in Path(__file__).parent.glob("*.py") if not file.stem.startswith("_"))
    return [name for name in names if _function(_module(name), result)]


def _module(name: str) -> ModuleType:
    return import_module(f"{__name__}.{name}")


def _function(module: ModuleType, result: type[Result]) -> Show | None:
    names = (result.kind, "cases") if hasattr(result, "cases") else (result.kind,)
    return next((getattr(module, name) for name in names if hasattr(module, name)), None)


class Format(click.ParamType[str]):
    """The name of a format. Only the module of the selected format is imported.

    `own` maps the command's own formats, such as `yaml` for manifests, to the format that shows its problems
    and differences.
    """

    name = "format"

    def __init__(self, kind: str, own: Mapping[str, str]) -> None:
        self._kind, self._own = kind, own

    @property
    def choices(self) -> click.Choice[str]:
        """All names, the command's own first."""
        from kaito_pack.cli.results import RESULTS

        taken = {*self._own, *self._own.values()}
        others = (name for name in names_for(RESULTS[self._kind]) if name not in taken)
        return click.Choice([*self._own, *others])

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; fail if no such format can show the result."""
        return str(value) if value in self._own else self.choices.convert(value, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """Return the names as help shows them."""
        return self.choices.get_metavar(param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin with the typed text."""
        return self.choices.shell_complete(ctx, param, incomplete)


def format_option(kind: str, own: Mapping[str, str]) -> Callable[..., Any]:
    """Return the option `-o` with all formats for a kind of result; the default is the first of `own`."""
    default = next(iter(own))
    return click.option(
        "-o",
        "--output",
        "form",
        type=Format(kind, own),
        default=default,
        help=f"Set the output format. Default: {default}.",
    )
