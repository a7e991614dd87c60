"""A partial pod template laid over a whole one, with Kubernetes' meaning."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.kubernetes import definitions
from kaito_pack.kubernetes.strategic_merge import MergeError, merge

POD = definitions.definition("1.35")
BASE: dict[str, Any] = {
    "metadata": {"labels": {"a": "1"}},
    "spec": {
        "containers": [
            {
                "name": "model",
                "image": "a:1",
                "args": ["--x"],
                "env": [{"name": "A", "value": "1"}],
                "ports": [{"containerPort": 8000, "protocol": "TCP"}],
                "volumeMounts": [{"name": "dshm", "mountPath": "/dev/shm"}],
                "livenessProbe": {"httpGet": {"port": 8000}, "periodSeconds": 10},
            }
        ],
        "volumes": [{"name": "dshm", "emptyDir": {"medium": "Memory"}}],
        "tolerations": [{"key": "old"}],
    },
}


def merged(spec: dict[str, Any]) -> Any:
    return merge(BASE, {"spec": spec}, POD).value["spec"]


def model(patch: dict[str, Any]) -> Any:
    return merged({"containers": [{"name": "model", **patch}]})["containers"][0]


def test_containers_merge_by_name_and_new_ones_come_last() -> None:
    spec = merged({"containers": [{"name": "side", "image": "b:1"}, {"name": "model", "image": "a:2"}]})
    assert [(one["name"], one["image"]) for one in spec["containers"]] == [("model", "a:2"), ("side", "b:1")]
    assert spec["containers"][0]["args"] == ["--x"]


@pytest.mark.parametrize(
    ("field", "patch", "expected"),
    [
        ("env", [{"name": "B", "value": "2"}], [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]),
        ("env", [{"name": "A", "value": "2"}], [{"name": "A", "value": "2"}]),
        ("env", [{"name": "A", "$patch": "delete"}], []),
        (
            "ports",
            [{"containerPort": 8000, "name": "http"}],
            [{"containerPort": 8000, "protocol": "TCP", "name": "http"}],
        ),
        (
            "volumeMounts",
            [{"mountPath": "/dev/shm", "readOnly": True}],
            [{"name": "dshm", "mountPath": "/dev/shm", "readOnly": True}],
        ),
        ("args", ["--y"], ["--y"]),
        ("livenessProbe", {"periodSeconds": 20}, {"httpGet": {"port": 8000}, "periodSeconds": 20}),
        ("livenessProbe", {"$patch": "replace", "exec": {"command": ["x"]}}, {"exec": {"command": ["x"]}}),
    ],
)
def test_fields_of_a_container_merge_as_kubernetes_merges_them(field: str, patch: Any, expected: Any) -> None:
    assert model({field: patch})[field] == expected


def test_null_and_delete_take_away() -> None:
    assert "livenessProbe" not in model({"livenessProbe": None})
    assert "livenessProbe" not in model({"livenessProbe": {"$patch": "delete"}})


def test_a_list_without_a_merge_key_is_replaced() -> None:
    assert merged({"tolerations": [{"key": "new"}]})["tolerations"] == [{"key": "new"}]


def test_a_list_is_replaced_where_an_item_says_so() -> None:
    spec = merged({"volumes": [{"$patch": "replace"}, {"name": "v", "emptyDir": {}}]})
    assert spec["volumes"] == [{"name": "v", "emptyDir": {}}]


def test_retain_keys_drops_the_others() -> None:
    spec = merged(
        {"volumes": [{"name": "dshm", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}]}
    )
    assert spec["volumes"] == [{"name": "dshm", "hostPath": {"path": "/x"}}]


def test_maps_merge() -> None:
    value = merge(BASE, {"metadata": {"labels": {"b": "2"}}}, POD).value
    assert value["metadata"]["labels"] == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"containers": [{"image": "x"}]}, ("spec", "containers", 0)),
        ({"containers": ["x"]}, ("spec", "containers", 0)),
        ({"$patch": "remove"}, ("spec", "$patch")),
        ({"$other": 1}, ("spec", "$other")),
    ],
)
def test_what_cannot_be_merged_is_told_by_its_path(spec: Any, path: tuple[str | int, ...]) -> None:
    with pytest.raises(MergeError) as raised:
        merge(BASE, {"spec": spec}, POD)
    assert raised.value.path == path


def test_each_part_knows_where_in_the_patch_it_stands() -> None:
    origins = merge(
        BASE, {"spec": {"containers": [{"name": "model", "env": [{"name": "B", "value": "2"}]}]}}, POD
    ).origins
    assert origins["spec", "containers", 0, "env", 1, "value"] == ("spec", "containers", 0, "env", 0, "value")


def test_neither_side_is_changed() -> None:
    before = repr(BASE)
    patch = {"spec": {"containers": [{"name": "model", "env": [{"name": "A", "$patch": "delete"}]}]}}
    merge(BASE, patch, POD)
    assert repr(BASE) == before
