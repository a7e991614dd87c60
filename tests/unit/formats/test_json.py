"""JSON for programs."""

from __future__ import annotations

import json

from kaito_pack.cli.results import Plan, Preflight, Reports, Upgrade
from kaito_pack.run.judgement import Entry
from kaito_pack.run.validation import Report
from tests.unit.formats.cases import HOSTILE, notes, planned, problem, report, shown, upgraded


def test_a_document_has_its_verdict_and_problems() -> None:
    (row,) = json.loads(shown("json", Reports(report(Entry("a.yaml", 1, problems=[problem()])))))
    assert row["verdict"] == "refused" and row["problems"][0]["path"] == "a[0]"
    assert "kaito" not in row
    assert row["problems"][0]["page"] == "docs/reference/rules/values.md#missing"


def test_several_versions_are_named() -> None:
    reports = {kaito: Report([Entry("a.yaml", 1)]) for kaito in ("0.11", "0.12")}
    assert [row["kaito"] for row in json.loads(shown("json", Reports(reports)))] == ["0.11", "0.12"]


def test_no_documents_are_an_empty_array_and_what_is_unread_a_note() -> None:
    result = Reports(report(), [("a.yaml", "a.yaml: gone")])
    assert shown("json", result) == "[]\n"
    assert notes("json", result) == ["Error: a.yaml: gone"]


def test_what_is_not_printable_is_escaped_and_read_back() -> None:
    text = shown("json", Reports(report(Entry(HOSTILE, 1, "Workspace", "", HOSTILE))))
    assert text.replace("\n", "").isprintable()
    assert json.loads(text)[0]["name"] == HOSTILE
    assert "é" in shown("json", Reports(report(Entry("é", 1)))), "what is printable stays readable"


def test_an_answer_of_a_cluster_has_its_check_and_state() -> None:
    answer = problem("warning", "preflight/unseen", message="nodes may not be read")
    (row,) = json.loads(shown("json", Preflight([("a.yaml", answer)])))
    assert (row["check"], row["state"], row["message"]) == ("unseen", "warning", "nodes may not be read.")


def test_plans_and_upgrades_are_arrays() -> None:
    (service,) = json.loads(shown("json", Plan(planned())))
    (change,) = service["changes"]
    assert service["cluster"] == "east"
    assert change["new"] == HOSTILE
    (row,) = json.loads(shown("json", Upgrade(upgraded(), "0.12")))
    assert (row["from"], row["on"], row["rule"]) == ("0.11", "create", "values/missing")
