"""Help in sections: the options of the command, then the shared options by title."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click


class SharedOption(click.Option):
    """An option that many commands share; help lists it under the title `section`."""

    def __init__(self, *arguments: Any, section: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.section = section


class Command(click.Command):
    """A command whose help lists its own options first."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options by section."""
        write_options(self.get_params(ctx), ctx, formatter)


class Listing(click.Group):
    """A group whose command `list` may be omitted: `models -o json` is `models list -o json`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert `list` if the arguments are empty or begin with an option."""
        if not args or (args[0].startswith("-") and args[0] not in ("-h", "--help")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def write_options(
    parameters: Iterable[click.Parameter], ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    """Write the options of the command, then the shared ones by section."""
    sections: dict[str, list[tuple[str, str]]] = {"Options": []}
    for parameter in parameters:
        record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
        if record is not None:
            title = parameter.section if isinstance(parameter, SharedOption) else "Options"
            sections.setdefault(title, []).append(record)
    for title, records in sections.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records)
