"""Prints results in a format, problems to stderr, and colours only on a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from kaito_pack.base.problems import Problem, shorten
from kaito_pack.run.judgement import Judgement

if TYPE_CHECKING:
    from kaito_pack.cli.results import Differing, Result


def colour() -> bool | None:
    """Return whether to colour: None for click's default (on a terminal), False if NO_COLOR is set."""
    return None if os.environ.get("NO_COLOR") is None else False


def put(result: Result, form: str = "text") -> None:
    """Print a result in a format, data on stdout and notes on stderr."""
    from kaito_pack.cli.formats import Note, show

    for piece in show(form, result):
        is_note = isinstance(piece, Note)
        click.echo(piece, nl=is_note, err=is_note, color=colour())


def put_problems(problems: Iterable[Problem]) -> None:
    """Print the problems of a file to stderr, one per line."""
    from kaito_pack.cli.formats.text import problem_line

    printed = list(problems)
    shorten([printed])
    for problem in printed:
        click.echo(problem_line(problem), err=True, color=colour())


def put_rendering(
    outcomes: Mapping[str, Sequence[Judgement]], differing: Sequence[Differing] = (), form: str = "text"
) -> None:
    """Print the problems of values, by cluster name of a fleet, and the differences of the output."""
    judgements = [judgement for cluster in outcomes.values() for judgement in cluster]
    if form != "text" or differing or any(each.problems or each.unread for each in judgements):
        from kaito_pack.cli.results import Rendering

        put(Rendering(outcomes, differing), form)


def put_outcomes(outcomes: Sequence[Judgement]) -> int:
    """Print all problems of values to stderr; return the exit code."""
    put_rendering({"": outcomes})
    return exit_code(outcomes)


def exit_code(outcomes: Sequence[Judgement]) -> int:
    """Return 2 if a file could not be read, 1 if there are problems, else 0."""
    if any(outcome.unread is not None for outcome in outcomes):
        return 2
    return 0 if all(outcome.is_good for outcome in outcomes) else 1
