"""Formats are found by their place, and each shows every kind of result that it can."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from kaito_pack.cli import formats
from kaito_pack.cli.results import Plan, Preflight, Rendering, Reports, Upgrade
from tests.conftest import Run
from tests.unit.formats.cases import HOSTILE, HOSTILE_CASE, RAW, Cases, planned, report, shown, upgraded

FORMATS = sorted(file.stem for file in Path(formats.__file__).parent.glob("[!_]*.py"))
HERE = Path(__file__).parent


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_has_a_test(name: str) -> None:
    assert (HERE / f"test_{name}.py").is_file()


@pytest.mark.parametrize("result", [Reports, Preflight, Rendering])
def test_a_format_that_shows_cases_shows_each_result_that_has_them(result: type) -> None:
    of_cases = {name for name in FORMATS if hasattr(import_module(f"{formats.__name__}.{name}"), "cases")}
    assert set(formats.names_for(Cases)) == of_cases >= {"github", "junit", "markdown"}
    assert set(formats.names_for(result)) >= {"text", *formats.names_for(Cases)}


def test_a_plan_and_an_upgrade_have_the_same_formats() -> None:
    names = formats.names_for(Plan)
    assert formats.names_for(Upgrade) == names
    assert set(names) >= {"json", "markdown", "text"}


def test_what_a_command_calls_otherwise_is_not_offered_twice(run: Run) -> None:
    printed = run("preflight", "x.yaml", "-o", "text").stderr
    others = [name for name in formats.names_for(Preflight) if name != "text"]
    assert f"'text' is not one of {', '.join(map(repr, ['table', *others]))}" in printed


def test_formats_that_only_a_check_has_need_one(run: Run) -> None:
    done = run("x.yaml", "-o", "junit")
    assert done.returncode == 2 and "-o junit needs --check" in done.stderr


RESULTS = {
    "trial": Cases((HOSTILE_CASE,)),
    "validation": Reports(report(), [(HOSTILE, "unread")]),
    "preflight": Preflight([(HOSTILE, HOSTILE_CASE.problems[0]._replace(severity="ok"))]),
    "plan": Plan(planned()),
    "upgrade": Upgrade(upgraded(), "0.12"),
}


@pytest.mark.parametrize("kind", RESULTS)
def test_nothing_that_a_terminal_would_act_on_is_shown(kind: str) -> None:
    result = RESULTS[kind]
    names = formats.names_for(type(result))
    assert names
    for name in names:
        text = shown(name, result)
        # click takes colours off where there is no terminal; they are ours, and end with `m`.
        assert [c for c in text.replace("\x1b[", "") if c in RAW] == [], name
        assert "\n::error::|" not in text, name
