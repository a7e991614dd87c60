"""What an InferenceSet is doing, by its Workspaces."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.status import Status, status_of
from kaito_pack.status.cluster_objects import pick
from kaito_pack.status.inference_sets import status_of_set
from kaito_pack.workspace import read_workspace
from kaito_pack.workspace.inference_sets import CREATED_BY
from tests.status_cases import own_cases


def inference_set(replicas: int | None = 2, **metadata: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {} if replicas is None else {"replicas": replicas}
    return {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "InferenceSet",
        "metadata": {"name": "chat", "namespace": "llm", **metadata},
        "spec": {
            **spec,
            "labelSelector": {"matchLabels": {"pool": "gpu"}},
            "template": {"inference": {"preset": {"name": "phi-4-mini-instruct"}}},
        },
    }


CASES = {case.name: case.workspace for case in own_cases()}


def workspace(name: str, case: str, owner: str = "chat") -> dict[str, Any]:
    """The Workspace of a case of tests/status/ under another name, created of an InferenceSet."""
    body = CASES[case]
    metadata = {**body["metadata"], "name": name, "namespace": "llm", "labels": {CREATED_BY: owner}}
    return {**body, "metadata": metadata}


def judged(body: dict[str, Any], *workspaces: dict[str, Any]) -> Status:
    objects = pick([body, *workspaces])
    (known,) = objects.inference_sets
    own = [status_of(each) for each in objects.workspaces_of(known)]
    return status_of_set(known, read_workspace(known), own)


READY, FAILED, NEW = (
    workspace("chat-aaaaa", "05-ready-in-any-order"),
    workspace("chat-bbbbb", "13-ContainerCrashLoopBackOff"),
    workspace("chat-ccccc", "14-starting-0.12"),
)
DELETED = inference_set(deletionTimestamp="2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("body", "workspaces", "phase", "count", "reason"),
    [
        (inference_set(1), [READY], "Running", "1/1", "ready to serve"),
        (inference_set(), [READY, NEW], "Deploying", "1/2", "1 of 2 replicas are ready; chat-ccccc: "),
        (inference_set(), [READY, FAILED], "Failed", "1/2", "1 of 2 replicas are ready; chat-bbbbb: "),
        (inference_set(), [], "Pending", "None/2", "KAITO has not created a Workspace of it yet"),
        (inference_set(0), [], "Running", "None/0", "scaled to 0 replicas"),
        (inference_set(0), [READY], "Deploying", "1/0", "1 Workspaces still exist"),
        (inference_set(3), [READY], "Deploying", "1/3", "KAITO has not created the others yet"),
        (inference_set(None), [READY], "Running", "1/1", "ready to serve"),
        (DELETED, [READY], "Terminating", "1/2", "is being deleted"),
    ],
)
def test_the_phase_is_that_of_the_worst_workspace(
    body: dict[str, Any], workspaces: list[dict[str, Any]], phase: str, count: str, reason: str
) -> None:
    status = judged(body, *workspaces)
    assert (status.phase, f"{status.ready}/{status.desired}") == (phase, count)
    assert reason in status.reason


def test_the_endpoint_is_the_service_over_all_workspaces() -> None:
    assert judged(inference_set(), READY).endpoint == "chat-vllm:5000"


def test_its_own_status_counts_if_no_workspace_is_seen() -> None:
    status = judged({**inference_set(), "status": {"readyReplicas": 2}})
    assert (status.phase, status.ready) == ("Running", 2)


def test_json_has_the_workspaces_inside_the_inference_set() -> None:
    shown = judged(inference_set(), READY, FAILED).as_json()
    assert shown["kind"] == "InferenceSet"
    assert [each["name"] for each in shown["workspaces"]] == ["chat-aaaaa", "chat-bbbbb"]
    assert "kind" not in shown["workspaces"][0]


def test_workspaces_of_others_are_rows_of_their_own() -> None:
    objects = pick([inference_set(), READY, workspace("other", "14-starting-0.12", owner="elsewhere")])
    assert [each["metadata"]["name"] for each in objects.own_workspaces] == ["other"]
    assert [each["metadata"]["name"] for each in objects.only("llm", "chat").workspaces] == ["chat-aaaaa"]
