"""Text for people."""

from __future__ import annotations

import click

from kaito_pack.cli.formats.text import columns, problem_line, summary, table
from kaito_pack.cli.results import Differing, Preflight, Rendering, Reports
from kaito_pack.run.judgement import Entry, Judgement
from kaito_pack.run.validation import Report
from tests.unit.formats.cases import HOSTILE, notes, problem, report, shown


def test_no_documents_are_counted_in_words() -> None:
    assert summary({"0.12": Report()}) == "no documents: nothing to check"


def test_a_summary_counts_verdicts_and_problems() -> None:
    entries = (Entry("a.yaml", 1, problems=[problem(), problem("warning")]), Entry("b.yaml", 1))
    assert summary(report(*entries)) == "2 documents: 1 accepted, 1 rejected; 1 error; 1 warning"


def test_a_problem_is_one_line_whatever_its_words() -> None:
    text = click.unstyle(problem_line(problem(message="one\ntwo\x1b")))
    assert text == r"x.yaml:4:2 a[0]: one\ntwo\x1b. give one. [values/missing]"


def test_a_name_cannot_begin_a_line_of_the_table() -> None:
    entry = Entry(HOSTILE, 1, "Workspace", "default", HOSTILE)
    lines = list(table({"0.11": Report([entry]), "0.12": Report([entry])}))
    assert len(lines) == 2 and not lines[1].startswith("::")


def test_columns_are_below_each_other() -> None:
    assert list(columns([("a", "b"), ("ccc", "d")])) == ["a    b", "ccc  d"]


def test_what_could_not_be_read_comes_last() -> None:
    assert notes("text", Reports(report(), [("a.yaml", "a.yaml: gone")]))[-1] == "Error: a.yaml: gone"


def test_several_files_have_headings() -> None:
    good = problem("ok", "preflight/crd-there", message="there", fix="")
    item, two = ("a.yaml", good), ("b.yaml", good)
    assert click.unstyle(shown("text", Preflight([item, item]))) == "OK      there.\nOK      there.\n"
    assert shown("text", Preflight([item, two])).startswith("a.yaml:\n")


def test_a_file_that_fails_on_one_cluster_is_reported_by_cluster() -> None:
    bad = Judgement("a.yaml", own=[problem(), problem("warning", "advice/odd", layer="advice")])
    lines = notes("text", Rendering({"east": [Judgement("a.yaml")], "west": [bad]}))
    assert len(lines) == 2, "advice is validate's to give"
    assert lines[-1] == "a.yaml: accepted on east, rejected on west: a[0]: missing"


def test_a_difference_is_data_and_its_reason_a_note() -> None:
    result = Rendering({"": []}, [Differing([("a.yaml", "stale")], ["--- a\n", "+x\x1b\n"])])
    assert notes("text", result) == [
        "a.yaml:1:1 stale: its values file no longer exists. Remove it with --prune"
    ]
    assert shown("text", result) == "--- a\n+x\x1b\n", "git apply takes it"
