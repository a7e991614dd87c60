"""However long the input is, no format makes a result that is much longer than LONGEST_RESULT."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from kaito_pack.cli import formats
from kaito_pack.cli.formats.text import columns
from kaito_pack.cli.results import LONGEST_NAME, Plan, Preflight, Rendering, Reports, Upgrade
from kaito_pack.cli.results.bounded import LONGEST_RESULT, first_lines, fitting, urgency
from kaito_pack.plan import Planned
from kaito_pack.plan.changes import Change
from kaito_pack.plan.upgrade import Reason, Upgraded
from kaito_pack.run.judgement import Entry, Judgement
from kaito_pack.run.validation import Report
from tests.unit.formats.cases import notes, problem, shown

MANY = 30_000
LONG = problem("warning", message="x" * 10_000)


def size(text: str) -> int:
    return len(text.encode())


def test_the_most_urgent_parts_stay_in_their_order() -> None:
    words = ["ok", "error", "warning", "ok", "error", "warning"]
    subjects = [(urgency([word]), f"{index}23") for index, word in enumerate(words)]
    few = fitting(subjects, str, 9)
    assert [part.text for part in few.parts] == ["123", "223", "423"]
    assert few.others == 3
    assert few.first == "523"


def test_parts_that_fit_all_stay() -> None:
    subjects = [(0, "é")] * 3
    assert fitting(subjects, str, 6).others == 0
    assert fitting(subjects, str, 5).others == 1, "bytes count, not characters"


def test_lines_that_do_not_fit_are_counted() -> None:
    lines = list(first_lines("x" * (LONGEST_RESULT // 4) for _ in range(10)))
    assert len(lines) == 5
    assert lines[-1] == "6 more do not fit into 8 MiB. Pass fewer files at a time"


def test_a_long_name_does_not_make_every_row_of_a_table_long() -> None:
    rows = [["x" * 100_000, "a"], *([["x", "a"]] * 100)]
    assert size("".join(columns(rows))) < 200_000


def changed(index: int) -> Planned:
    change = Change(("a", index), "x" * 100, "y" * 100, "live", "")
    return Planned("changed", "Service", "default", f"a{index}", [change] * 10)


RESULTS = {
    "documents": Reports({"0.12": Report([Entry("a.yaml", 1, "Service", "", "a") for _ in range(100_000)])}),
    "problems": Reports(
        {"0.12": Report([Entry(f"{index}.yaml", 1, problems=[LONG]) for index in range(MANY // 10)])}
    ),
    "clusters": Reports({str(name): Report([Entry("a.yaml", 1)] * 500) for name in range(200)}, by="cluster"),
    "answers": Preflight([(f"{index}.yaml", LONG) for index in range(MANY // 10)]),
    "values": Rendering({"": [Judgement(f"{index}.yaml", own=[LONG]) for index in range(MANY // 10)]}),
    "plan": Plan([("", changed(index)) for index in range(MANY // 10)]),
    "changes": Plan([("", changed(0)), ("", Planned("changed", "", "", "", changed(1).changes * 2_000))]),
    "upgrade": Upgrade([("", Upgraded("", "a", "0.11", [Reason(LONG, "create")] * (MANY // 10)))], "0.12"),
}


SLOW = ("documents", "clusters", "plan", "changes")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.full] * (name in SLOW)) for name in RESULTS]
)
def test_each_format_is_bounded(name: str) -> None:
    result = RESULTS[name]
    for form in formats.names_for(type(result)):
        total = size(shown(form, result)) + sum(map(size, notes(form, result)))
        assert total <= 1.15 * LONGEST_RESULT, form


@pytest.mark.full
def test_json_remains_json_and_counts_what_it_does_not_show() -> None:
    entries = [*RESULTS["documents"].reports["0.12"].entries, Entry("b.yaml", 1, problems=[problem()])]  # type: ignore[attr-defined]
    result = Reports({"0.12": Report(entries)})
    rows = json.loads(shown("json", result))
    assert rows[-2]["file"] == "b.yaml", "an error stays, though it comes last"
    assert rows[-1]["others"] == len(entries) - len(rows) + 1
    assert rows[-1]["verdict"] == "accepted"
    assert "do not fit" in notes("json", result)[0]


def test_junit_remains_xml_and_counts_what_it_does_not_show() -> None:
    xml = ElementTree.fromstring(shown("junit", RESULTS["documents"]))
    (case,) = xml[-1]
    shown_cases = len(xml.findall(".//testcase")) - 1
    assert case.get("name", "").startswith(f"{100_000 - shown_cases:,} more do not fit")
    assert case.find("failure") is None


def test_names_are_cut() -> None:
    (row,) = json.loads(
        shown("json", Reports({"0.12": Report([Entry("a", 1, "x" * 999, "y" * 999, "z" * 999)])}))
    )
    assert {len(row[field]) for field in ("kind", "namespace", "name")} == {LONGEST_NAME}
