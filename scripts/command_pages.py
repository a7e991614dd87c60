"""Writes docs/reference/commands.md: each command with its help and all options, read from click."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from kaito_pack.base.root import ROOT
from kaito_pack.cli.main import commands
from scripts.markdown import plain, table

PAGE = ROOT / "docs" / "reference" / "commands.md"
PROGRAM = "kaito-pack"
SHARED = "Options that several commands have"
ENOUGH = 4  # minimum number of commands with an option to describe it only once


class CommandPart(NamedTuple):
    """A command: its full name, and the names and texts of its options."""

    name: str
    usage: str
    text: str
    options: Sequence[tuple[str, str]]


def outputs(note: str) -> Iterator[tuple[Path, str]]:
    """Yield the page; `note` is the comment on its first line."""
    parts = list(_parts(commands, click.Context(commands, info_name=PROGRAM), PROGRAM))
    counts = Counter(option for part in parts for option in part.options)
    shared = [option for option in counts if counts[option] >= ENOUGH]
    yield PAGE, f"<!-- {note} -->\n\n{_page(parts, shared)}"


def _parts(command: click.Command, context: click.Context, name: str) -> Iterator[CommandPart]:
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            inner = command.get_command(context, below)
            assert inner is not None, below
            # Completion mode also reads the options of values without arguments.
            inner_context = inner.make_context(below, [], parent=context, resilient_parsing=True)
            yield from _parts(inner, inner_context, f"{name} {below}")
        return
    usage = " ".join(command.collect_usage_pieces(context))
    given = (option for option in command.get_params(context) if isinstance(option, click.Option))
    records = (option.get_help_record(context) for option in given if "--help" not in option.opts)
    options = [record for record in records if record is not None]
    yield CommandPart(name, f"{name} {usage}", inspect.cleandoc(command.help or ""), options)


def _page(parts: Sequence[CommandPart], shared: Sequence[tuple[str, str]]) -> str:
    lines = ["# Commands", ""]
    lines += ["Which commands and options are there? `kaito-pack COMMAND --help` prints the same text.", ""]
    rows = [(f"[`{part.name}`](#{part.name.replace(' ', '-')})", _first_line(part)) for part in parts]
    lines += [table(("Command", "What it does"), rows)]
    lines += [f"## {SHARED}", "", _options(shared)]
    for part in parts:
        own = [option for option in part.options if option not in shared]
        lines += [f"## {part.name}", "", *_text(part.text), "```text", part.usage, "```", "", _options(own)]
        if any(option in shared for option in part.options):
            names = ", ".join(
                f"`{_longest(names)}`" for names, text in part.options if (names, text) in shared
            )
            lines += [f"Also [{names}](#{SHARED.lower().replace(' ', '-')}).", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _first_line(part: CommandPart) -> str:
    return plain(part.text.partition("\n")[0])


def _longest(names: str) -> str:
    return next(word for word in re.split(r"[ ,/]+", names) if word.startswith("--"))


def _text(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help text; unwrapped text is a block, the first line a sentence."""
    for number, paragraph in enumerate(text.split("\n\n")):
        if paragraph.startswith("\b"):
            yield from ("```text", paragraph.removeprefix("\b\n"), "```", "")
        else:
            joined = plain(" ".join(paragraph.split()))
            yield from (joined + "." * (number == 0 and not joined.endswith(".")), "")


def _options(options: Sequence[tuple[str, str]]) -> str:
    rows = [(f"`{names}`", plain(re.sub(r"\s+", " ", text))) for names, text in options]
    return table(("Option", "What it does"), rows) if rows else ""
