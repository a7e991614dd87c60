"""What commands print: problems to stderr, coloured on a terminal alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence

import click

from kaito_pack.base.problems import Problem
from kaito_pack.base.sentences import line
from kaito_pack.cli.formats.github import annotation
from kaito_pack.run.pipeline import Outcome


def colour() -> bool | None:
    """Whether to colour: click's own choice (a terminal), unless NO_COLOR is set."""
    return None if os.environ.get("NO_COLOR") is None else False


def as_json(value: object) -> str:
    """JSON as every command prints it; what JSON has no word for (a date of YAML's) as text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def tell(problems: Iterable[Problem]) -> None:
    """One line a problem on stderr."""
    for found in problems:
        text = line(found)
        place, _, rest = text.partition(" ")
        styled = (
            click.style(place, bold=True) + " " + click.style(rest, fg="red" if found.is_error else "yellow")
        )
        click.echo(styled, err=True, color=colour())


def annotate(problems: Iterable[Problem]) -> None:
    """One workflow command a problem on stdout, as GitHub shows them beside the lines."""
    for found in problems:
        click.echo(annotation(found))


def tell_outcomes(outcomes: Sequence[Outcome], form: str = "text") -> int:
    """All that went wrong, on stderr (for GitHub on stdout); the exit code that it comes to."""
    for outcome in outcomes:
        if outcome.unread is not None:
            click.echo(f"Error: {outcome.unread}", err=True)
        # Advice is validate's to give; who renders asked for manifests.
        say = annotate if form == "github" else tell
        say(found for found in outcome.problems if found.layer != "advice")
    if any(outcome.unread is not None for outcome in outcomes):
        return 2
    return 0 if all(outcome.is_good for outcome in outcomes) else 1
