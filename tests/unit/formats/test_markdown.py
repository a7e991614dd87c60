"""Markdown for the comment of a pull request."""

from __future__ import annotations

from kaito_pack.cli.results import Plan, ResultCase, Upgrade
from kaito_pack.cli.results.markdown import LONGEST_COMMENT
from tests.unit.formats.cases import HOSTILE_CASE, Cases, planned, problem, shown, upgraded


def test_errors_come_first_and_good_answers_not_at_all() -> None:
    case = ResultCase("x.yaml", "x", [problem("ok"), problem("warning"), problem()])
    lines = shown("markdown", Cases((case,))).splitlines()
    assert lines[0] == "**kaito-pack trial.** 1 checked: 1 error, 1 warning."
    assert [line.split(" | ")[0] for line in lines[4:6]] == ["| error", "| warning"]
    assert lines[6:] == ["", "Rules: `docs/reference/rules/values.md`"]
    assert lines[4] == "| error | `x.yaml:4:2` | `a[0]`: missing. give one. `values/missing` |"


def test_without_problems_there_is_no_table() -> None:
    assert shown("markdown", Cases(())) == "**kaito-pack trial.** 0 checked: 0 errors, 0 warnings.\n"


def test_a_row_is_one_line_of_three_cells() -> None:
    row = shown("markdown", Cases((HOSTILE_CASE,))).splitlines()[4]
    assert row.replace("\\|", "").count("|") == 4


def test_what_could_not_be_read_is_a_row() -> None:
    assert "| error | `a` | a: gone |" in shown("markdown", Cases((ResultCase("a", "a", unread="a: gone"),)))


def test_a_comment_is_no_longer_than_github_takes() -> None:
    many = tuple(ResultCase(f"{n}.yaml", "x", [problem(message=f"{n}")]) for n in range(3000))
    text = shown("markdown", Cases(many))
    assert len(text) < LONGEST_COMMENT + 500 and "more do not fit" in text


def test_plans_and_upgrades_have_a_heading() -> None:
    assert shown("markdown", Plan(planned())).startswith("**KAITO plan.** 1 object: 1 live.\n")
    assert shown("markdown", Plan([])) == "**KAITO plan.** Nothing changes.\n"
    assert shown("markdown", Upgrade(upgraded(), "0.12")).startswith("**KAITO 0.12: ")
