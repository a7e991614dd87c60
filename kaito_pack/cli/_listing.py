"""Prints lists of the pack's data: a table for people, JSON for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from kaito_pack.base.display import escaped, json_text
from kaito_pack.cli.shared.words import Words, kaito_versions


def form_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `-o text|json` to a command."""
    option = click.option(
        "-o",
        "--output",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        help="Set the output format. Default: text.",
    )
    decorated: Callable[..., Any] = option(command)
    return decorated


def version_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--kaito-version VERSION` to a command that lists what a KAITO version knows."""
    option = click.option(
        "--kaito-version",
        type=Words(kaito_versions),
        metavar="VERSION",
        help="List only those of this KAITO minor.",
    )
    decorated: Callable[..., Any] = option(command)
    return decorated


def put_rows(rows: Sequence[Mapping[str, Any]], names: Sequence[str], form: str) -> None:
    """Print rows; the column titles of the table come from the fields, WEIGHTS GIB from `weightsGiB`."""
    if form == "json":
        click.echo(json_text(rows))
        return
    from kaito_pack.cli.formats.text import columns

    heads = [re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name).upper() for name in names]
    for line in columns([heads, *([_cell(row[name]) for name in names] for row in rows)]):
        click.echo(line)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, float) else escaped(str(value))
