"""Phase, reason and replicas of a Workspace: every row of the table, every trap."""

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kaito_pack.status import PHASES, status_of
from kaito_pack.status.conditions import table
from kaito_pack.status.reasons import printable

_spec = importlib.util.spec_from_file_location("status_cases", Path(__file__).parents[1] / "status_cases.py")
status_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(status_cases)

OWN = status_cases.own_cases()
FACTS = status_cases.facts_cases()
READY = next(case.workspace for case in OWN if case.name == "05-ready-in-any-order")
LOADING = next(case.workspace for case in OWN if case.name == "14-starting-0.12")


@pytest.mark.parametrize("case", OWN, ids=lambda case: case.name)
def test_a_case_gets_its_phase_by_its_row_and_says_why(case):
    status = status_of(case.workspace)
    assert (status.phase, status.row) == (case.phase, case.row)
    for words in case.reason_has:
        assert words.lower() in status.reason.lower()


@pytest.mark.recorded
@pytest.mark.parametrize("case", FACTS, ids=lambda case: case.name)
def test_a_case_of_the_facts_is_answered_rightly(case):
    status, right = status_of(case.workspace), case.facts
    assert status.phase == right["phase"]
    assert status.model_id in [right["modelId"], *right.get("modelIdAlso", [])]
    assert status.gguf_file == right.get("ggufFile")
    assert (status.engine, status.endpoint) == (right["engine"], right["endpoint"])
    assert {"desired": status.desired, "ready": status.ready} == right["replicas"]
    words = case.reason_has or [""]
    assert any(word.lower() in status.reason.lower() for word in words), status.reason


@pytest.mark.recorded
def test_there_are_recorded_cases():
    assert len(FACTS) >= 15


def test_every_row_and_every_sentence_of_the_table_has_a_case():
    used = {_sentence(case.workspace) for case in OWN}
    assert {row["reason"][:25] for row in table()["rows"]} <= used


def _sentence(workspace):
    reason = status_of(workspace).reason
    by_start = {row["reason"].split("{")[0]: row["reason"][:25] for row in table()["rows"]}
    starts = [start for start in by_start if start and reason.startswith(start)]
    return by_start[max(starts, key=len)] if starts else "{detail}; look at: {nodes}"[:25]


def test_the_last_row_asks_for_nothing_so_there_is_always_an_answer():
    assert table()["rows"][-1]["when"] == []


@pytest.mark.parametrize("case", OWN, ids=lambda case: case.name)
def test_a_reason_is_one_line_and_names_what_to_look_at(case):
    reason = status_of(case.workspace).reason
    assert "\n" not in reason
    assert case.phase == "Running" or "kubectl" in reason or "correct the Workspace" in reason


def test_ready_replicas_come_from_the_statefulset():
    workload = {"status": {"replicas": 2, "readyReplicas": 1, "observedGeneration": 1}}
    assert status_of(LOADING, workload).ready == 1


def test_a_statefulset_that_reports_no_ready_replica_has_none():
    assert status_of(LOADING, {"status": {"replicas": 1}}).ready == 0


@pytest.mark.parametrize("workload", [None, {}, {"status": {}}, {"status": {"readyReplicas": "1"}}])
def test_without_a_report_the_ready_replicas_are_unknown(workload):
    assert status_of(LOADING, workload).ready is None


def test_a_running_workspace_with_fewer_ready_replicas_says_so():
    status = status_of(READY, {"status": {"replicas": 1}})
    assert (status.phase, status.ready) == ("Running", 0)
    assert "only 0 of 1 replicas" in status.reason


def test_a_service_is_known_only_where_somebody_looked():
    service = {"metadata": {"name": "chat-vllm"}}
    assert status_of(READY).service_exists is None
    assert status_of(READY, services=[]).service_exists is False
    assert status_of(READY, services=[service]).service_exists is True


def test_a_message_of_the_cluster_is_made_safe_to_print():
    message = "a\x1b[31mred\nline hf_abcdefghij0123456789 https://x?sig=secret&a=1 \u202eend"
    shown = printable(message)
    assert "\x1b" not in shown and "\n" not in shown and "\u202e" not in shown
    assert "hf_abc" not in shown and "secret" not in shown


def test_a_long_message_is_cut():
    assert len(printable("x " * 5000)) == 400


def test_a_hostile_name_is_quoted_in_the_command():
    workspace = {**LOADING, "metadata": {"name": "a; rm -rf /", "namespace": "$(x)"}}
    reason = status_of(workspace).reason
    assert "-n '$(x)'" in reason and "'a; rm -rf /'" in reason


def test_a_boolean_status_counts_as_its_word():
    changed = [{**c, "status": c["status"] == "True"} for c in READY["status"]["conditions"]]
    assert status_of({**READY, "status": {**READY["status"], "conditions": changed}}).phase == "Running"


names = ["metadata", "status", "conditions", "type", "reason", "message", "state", "workerNodes", "inference"]
words = ["True", "False", "Ready", "InferenceReady", "ResourceReady", "NodesReady", "NodeClaimReady"]
shapes = some.recursive(
    some.none() | some.booleans() | some.integers() | some.sampled_from(words) | some.text(max_size=3),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.sampled_from(names), inner),
    max_leaves=25,
)


@given(shapes)
def test_no_shape_of_a_workspace_raises(shape):
    status = status_of(shape, shape if isinstance(shape, dict) else None)
    assert status.phase in PHASES


@given(some.dictionaries(some.sampled_from(names), shapes))
def test_no_shape_of_a_status_raises(status):
    assert status_of({"inference": {}, "status": status}).phase in PHASES
