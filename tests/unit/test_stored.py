"""Stored objects as files would say them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kaito_pack.plan.stored import LAST_APPLIED, kept_by_apply, settled


def workspace(**fields: Any) -> dict[str, Any]:
    metadata = {"name": "a", **fields.pop("metadata", {})}
    return {"apiVersion": "kaito.sh/v1beta1", "kind": "Workspace", "metadata": metadata, **fields}


def service(**metadata: Any) -> dict[str, Any]:
    spec = {"ports": [{"port": 8000}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", **metadata}, "spec": spec}


@pytest.mark.parametrize(
    ("kaito", "instance_type"), [("0.7", "Standard_NC24ads_A100_v4"), ("0.8", None), ("0.12", None)]
)
def test_what_the_crd_of_that_kaito_fills_in_is_no_difference(kaito: str, instance_type: str | None) -> None:
    resource = settled(workspace(resource={"count": None}), kaito)["resource"]
    assert (resource["count"], resource.get("instanceType")) == (1, instance_type)


def test_a_preset_is_filled_in_and_its_empty_options_are_dropped() -> None:
    body = workspace(inference={"preset": {"name": "phi", "presetOptions": {}}})
    assert settled(body, "0.12")["inference"] == {"preset": {"name": "phi", "accessMode": "public"}}


@pytest.mark.parametrize("inference", [None, [], "x", {"template": 1}, {"preset": []}])
def test_a_hostile_inference_is_left_as_it_is(inference: Any) -> None:
    assert settled(workspace(inference=inference), "0.12")["inference"] == inference


def test_what_the_cluster_sets_in_a_service_stays() -> None:
    live = service(uid="1")
    live["spec"] = {"ports": [{"port": 8000, "protocol": "TCP"}], "clusterIP": "10.0.0.1"}
    assert kept_by_apply(live, service(), "0.12") == settled(live, "0.12")


def test_a_file_is_taken_at_its_word() -> None:
    old = service()
    old["spec"]["clusterIP"] = "None"
    assert "clusterIP" not in kept_by_apply(old, service(), "0.12")["spec"]


def test_only_what_was_applied_before_goes_away() -> None:
    applied = workspace(metadata={"annotations": {"ours": "1"}, "labels": {"a": "1"}})
    annotations = {"ours": "1", "argocd.argoproj.io/tracking-id": "x", LAST_APPLIED: json.dumps(applied)}
    live = workspace(metadata={"annotations": annotations, "labels": {"a": "1", "b": "2"}, "uid": "1"})
    metadata = kept_by_apply(live, workspace(), "0.12")["metadata"]
    assert metadata["annotations"] == {"argocd.argoproj.io/tracking-id": "x"}
    assert metadata["labels"] == {"b": "2"}


@pytest.mark.parametrize("text", ["", "{", "[]", 1])
def test_an_annotation_of_kubectl_that_is_none_is_passed_over(text: Any) -> None:
    live = workspace(metadata={"annotations": {LAST_APPLIED: text}, "labels": {"a": "1"}, "uid": "1"})
    assert "labels" not in kept_by_apply(live, workspace(), "0.12")["metadata"]
