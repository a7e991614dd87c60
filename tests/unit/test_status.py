"""Phase, reason and replicas of a Workspace: every row of the table, every trap."""

import copy
import importlib.util
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kaito_pack.status import PHASES, status_of
from kaito_pack.status.conditions import table
from kaito_pack.status.words import printable

_spec = importlib.util.spec_from_file_location("status_cases", Path(__file__).parents[1] / "status_cases.py")
status_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(status_cases)

OWN = status_cases.own_cases()
FACTS = status_cases.facts_cases()
READY = next(case.workspace for case in OWN if case.name == "05-ready-in-any-order")
LOADING = next(case.workspace for case in OWN if case.name == "14-starting-0.12")


@pytest.mark.parametrize("case", OWN, ids=lambda case: case.name)
def test_a_case_gets_its_phase_by_its_row_and_says_why(case):
    status = status_of(case.workspace, pods=case.pods)
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
    reasons = [(status.phase, status.row, status.reason) for status in map(_answer, OWN)]
    for row in table()["rows"]:
        start = row["reason"].partition("{")[0]
        assert any(
            (phase, number) == (row["phase"], row["row"]) and reason.startswith(start)
            for phase, number, reason in reasons
        ), row


def _answer(case):
    return status_of(case.workspace, pods=case.pods)


def test_the_last_row_asks_for_nothing_so_there_is_always_an_answer():
    assert table()["rows"][-1]["when"] == []


@pytest.mark.parametrize("case", OWN, ids=lambda case: case.name)
def test_a_reason_is_one_line_and_names_what_to_look_at(case):
    status = status_of(case.workspace, pods=case.pods)
    assert "\n" not in status.reason
    assert case.phase == "Running" or status.look_at
    assert "kubectl" not in status.reason, "commands are apart"
    assert all(command.startswith("kubectl ") for command in status.look_at)


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
    assert status_of(READY).service_exists is None
    assert status_of(READY, services=[]).service_exists is False
    assert status_of(READY, services={"chat-vllm"}).service_exists is True


def test_a_message_of_the_cluster_is_made_safe_to_print():
    message = "a\x1b[31mred\nline hf_abcdefghij0123456789 https://x?sig=secret&a=1 \u202eend"
    shown = printable(message)
    assert "\x1b" not in shown and "\n" not in shown and "\u202e" not in shown
    assert "hf_abc" not in shown and "secret" not in shown


def test_a_long_message_is_cut():
    assert len(printable("x " * 5000)) == 400


def test_a_hostile_name_is_quoted_in_the_command():
    workspace = {**LOADING, "metadata": {"name": "a; rm -rf /", "namespace": "$(x)"}}
    (command,) = status_of(workspace).look_at
    assert command.startswith("kubectl -n '$(x)' describe") and "'a; rm -rf /'" in command


def test_a_boolean_status_counts_as_its_word():
    changed = [{**c, "status": c["status"] == "True"} for c in READY["status"]["conditions"]]
    assert status_of({**READY, "status": {**READY["status"], "conditions": changed}}).phase == "Running"


def test_a_tuning_job_has_no_replicas():
    case = next(case for case in OWN if case.name == "02-tuning-runs")
    status = status_of(case.workspace, {"status": {"replicas": 1, "readyReplicas": 1}})
    assert (status.desired, status.ready, status.as_json()["replicas"]) == (None, None, None)


def test_the_cause_in_a_pod_names_where_to_look():
    case = next(case for case in OWN if case.name == "13-pod-crash-loop")
    assert status_of(case.workspace, pods=case.pods).look_at == (
        "kubectl -n llm logs chat-0 -c model --previous --tail=50",
        "kubectl -n llm describe pod chat-0",
    )


def test_ready_replicas_come_from_pods_without_a_statefulset():
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    assert status_of(LOADING, pods=[ready, {"status": {"phase": "Pending"}}]).ready == 1
    assert status_of(LOADING, {"status": {"replicas": 1}}, pods=[ready]).ready == 0, "it counts itself"


@pytest.mark.parametrize("change", [{"deletionTimestamp": "2026-01-01T00:00:00Z"}, "Succeeded"])
def test_a_pod_that_goes_away_or_has_finished_explains_nothing(change):
    case = next(case for case in OWN if case.name == "13-pod-crash-loop")
    (pod,) = copy.deepcopy(case.pods)
    if isinstance(change, dict):
        pod["metadata"] |= change
    else:
        pod["status"]["phase"] = change
    assert status_of(case.workspace, pods=[pod]).phase == "Deploying"


def test_a_token_in_a_termination_message_is_not_repeated():
    case = next(case for case in OWN if case.name == "13-pod-crash-loop")
    text = json.dumps(case.pods).replace("initialization failed", "hf_" + "abcdefghij0123456789")
    reason = status_of(case.workspace, pods=json.loads(text)).reason
    assert "hf_abc" not in reason and "CrashLoopBackOff" in reason


names = ["metadata", "status", "conditions", "type", "reason", "message", "state", "workerNodes", "inference"]
words = ["True", "False", "Ready", "InferenceReady", "ResourceReady", "NodesReady", "NodeClaimReady"]
shapes = some.recursive(
    some.none() | some.booleans() | some.integers() | some.sampled_from(words) | some.text(max_size=3),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.sampled_from(names), inner),
    max_leaves=25,
)


@given(shapes)
def test_no_shape_of_a_workspace_raises(shape):
    beside = shape if isinstance(shape, dict) else None
    status = status_of(shape, beside, pods=[beside] if beside else ())
    assert status.phase in PHASES


pod_names = ["metadata", "status", "state", "lastState", "waiting", "terminated", "reason", "message", "name"]
pod_lists = ["containerStatuses", "initContainerStatuses", "conditions"]
pod_words = ["OOMKilled", "ImagePullBackOff", "CrashLoopBackOff", "PodScheduled", "Ready", "False", "Error"]
parts = some.dictionaries(
    some.sampled_from([*pod_names, "exitCode", "restartCount", "type", "image", "ready"]),
    some.sampled_from(pod_words) | some.integers() | some.none() | some.booleans() | some.lists(some.none()),
)
containers = some.dictionaries(some.sampled_from(pod_names), parts | some.sampled_from(pod_words) | parts)
statuses = some.dictionaries(some.sampled_from(pod_lists), some.lists(containers, max_size=3) | parts)


@given(some.fixed_dictionaries({"metadata": parts, "status": statuses}))
def test_no_shape_of_a_pod_raises(pod):
    status = status_of(LOADING, pods=[pod])
    assert status.phase in PHASES and status.reason.isprintable()


@given(some.dictionaries(some.sampled_from(names), shapes))
def test_no_shape_of_a_status_raises(status):
    assert status_of({"inference": {}, "status": status}).phase in PHASES
