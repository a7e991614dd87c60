"""Prints problems as workflow commands of GitHub Actions, which GitHub shows beside the lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kaito_pack.base.display import escaped
from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Place, Problem
from kaito_pack.base.sentences import sentence
from kaito_pack.cli.results import DRIFT, distinct
from kaito_pack.cli.results.bounded import (
    first_lines,
    fitting,
    left_out,
    urgency,
)
from kaito_pack.facts.rules import page

if TYPE_CHECKING:
    from kaito_pack.cli.results import Rendering, ResultOfCases


def cases(result: ResultOfCases) -> Iterator[str]:
    """Yield a command for each warning and error."""
    yield from _commands(distinct(result.cases()))


def rendering(result: Rendering) -> Iterator[str]:
    """Yield a command for each problem of values and each output file that differs."""
    yield from _commands(distinct(result.values_cases()))
    drift = ((file, word) for output in result.outputs for file, word in output.files)
    commands = (
        workflow_command("error", Path(file).as_posix(), 1, 1, f"drift: {word}", DRIFT[word])
        for file, word in drift
    )
    yield from first_lines(f"{command}\n" for command in commands)


def _commands(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield a command for each problem; if not all fit, the most severe ones.

    What a team ignores is good.
    """
    by_urgency = ((urgency([each.severity]), each) for each in problems if each.severity != "ok")
    few = fitting(by_urgency, lambda problem: f"{annotation(problem)}\n")
    yield from (part.text for part in few.parts)
    if few.first is not None:
        yield f"::{few.first.level} title=kaito-pack::{left_out(few.others)}\n"


def annotation(problem: Problem) -> str:
    """Return a command: `::error file=llama.yaml,line=4,col=1,title=values/missing::…`"""
    place = problem.place or Place("")
    words = " ".join(filter(None, [sentence(problem.message), sentence(problem.fix)]))
    text = f"{path_text(problem.path)}: {words}" if problem.path else words
    text = "\n".join(filter(None, (text, page(problem.rule))))
    return workflow_command(problem.level, place.file, place.line, place.column, problem.rule, text)


def workflow_command(severity: str, file: str, line: int, column: int, title: str, text: str) -> str:
    """Return a command; `line` 0 is a command-line option and gets no file."""
    if not line:
        return f"::{severity} title={_property(title)}::{_data(f'{file}: {text}')}"
    properties = f"file={_property(file)},line={line},col={column},title={_data(title)}"
    return f"::{severity} {properties}::{_data(text)}"


def _data(text: str) -> str:
    """Return text on one line: newlines encoded for GitHub, other control characters escaped."""
    lines = (escaped(part) for part in text.replace("%", "%25").replace("\r", "%0D").split("\n"))
    return "%0A".join(lines)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
