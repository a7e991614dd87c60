"""Workflow commands of GitHub Actions."""

from __future__ import annotations

from kaito_pack.base.problems import Place
from kaito_pack.cli.formats.github import annotation
from kaito_pack.cli.results import Differing, Rendering, ResultCase
from kaito_pack.run.judgement import Judgement
from tests.unit.formats.cases import HOSTILE_CASE, Cases, notes, problem, shown


def test_an_annotation_escapes_what_github_would_read() -> None:
    text = annotation(problem(message="50%\nmore", place=Place("a,b:c.yaml", 1, 1)))
    assert text == (
        "::error file=a%2Cb%3Ac.yaml,line=1,col=1,title=values/missing::a[0]: 50%25%0Amore. give one."
        "%0Adocs/reference/rules/values.md#missing"
    )


def test_each_warning_and_error_is_one_command() -> None:
    case = ResultCase("x.yaml", "x", [problem(), problem(), problem("warning"), problem("ok")])
    severities = [line.split()[0] for line in shown("github", Cases((case, case))).splitlines()]
    assert severities == ["::error", "::warning"]


def test_a_command_is_one_line_whatever_the_words() -> None:
    assert len(shown("github", Cases((HOSTILE_CASE,))).splitlines()) == 1


def test_a_file_that_differs_is_an_error_in_its_first_line() -> None:
    result = Rendering(
        {"": [Judgement("v.yaml")]}, [Differing([("out/a.yaml", "missing")], ["--- /dev/null\n"])]
    )
    words = "this file does not exist. Render the values again"
    command = f"::error file=out/a.yaml,line=1,col=1,title=drift: missing::{words}\n"
    assert shown("github", result) == command


def test_what_could_not_be_read_is_a_note() -> None:
    assert notes("github", Cases((ResultCase("a", "a", unread="a: gone"),))) == ["Error: a: gone"]
