"""A partial pod template laid over a whole one, with Kubernetes' meaning."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.importing.patches import patch_between
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.kubernetes.decoding.strategic_merge import MergeError, merge

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


def test_containers_merge_by_name_and_new_ones_come_first_as_with_kubectl() -> None:
    spec = merged({"containers": [{"name": "side", "image": "b:1"}, {"name": "model", "image": "a:2"}]})
    assert [(item["name"], item["image"]) for item in spec["containers"]] == [
        ("side", "b:1"),
        ("model", "a:2"),
    ]
    assert spec["containers"][1]["args"] == ["--x"]


@pytest.mark.parametrize(
    ("field", "patch", "expected"),
    [
        ("env", [{"name": "B", "value": "2"}], [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]),
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
    assert origins["spec", "containers", 0, "env", 0, "value"] == ("spec", "containers", 0, "env", 0, "value")


def test_neither_side_is_changed() -> None:
    before = repr(BASE)
    patch = {"spec": {"containers": [{"name": "model", "env": [{"name": "A", "$patch": "delete"}]}]}}
    merge(BASE, patch, POD)
    assert repr(BASE) == before


# What strategicpatch of Kubernetes 1.36 makes of lists of names: base, patch, result.
ORDERS = [
    ("abc", [{"name": "c"}, {"name": "a"}], "bca"),
    ("abc", [{"name": "x"}], "xabc"),
    ("abc", [{"name": "b"}, {"name": "x"}], "abxc"),
    ("abc", [{"name": "x"}, {"name": "b"}], "xabc"),
    ("abc", [{"name": "b", "$patch": "delete"}, {"name": "x"}], "xac"),
    ("abc", [{"$patch": "replace"}, {"name": "x"}, {"name": "a", "$patch": "delete"}], "x"),
    ("abc", [{"name": "x"}, {"name": "x"}], "xabc"),
]


@pytest.mark.parametrize(("base", "patch", "result"), ORDERS)
def test_lists_come_out_in_the_order_of_kubectl(base: str, patch: Any, result: str) -> None:
    spec = {"volumes": [{"name": name} for name in base]}
    came = merge({"spec": spec}, {"spec": {"volumes": patch}}, POD).value["spec"]["volumes"]
    assert "".join(item["name"] for item in came) == result


def test_an_order_can_be_asked_for() -> None:
    order = [{"name": "model"}, {"name": "side"}]
    spec = merged({"$setElementOrder/containers": order, "containers": [{"name": "side", "image": "b:1"}]})
    assert [item["name"] for item in spec["containers"]] == ["model", "side"]
    with pytest.raises(MergeError, match="has an item without `name`"):
        merged({"$setElementOrder/containers": ["model"]})
    with pytest.raises(MergeError, match="must order a list"):
        merged({"$setElementOrder/tolerations": [{"key": "old"}]})


def test_retained_keys_are_those_that_the_patch_names() -> None:
    volume = {"name": "dshm", "hostPath": {"path": "/dev/shm"}}
    spec = merged({"volumes": [{**volume, "$retainKeys": ["name", "hostPath"]}]})
    assert spec["volumes"] == [volume]
    for wrong in (["name"], "name"):
        with pytest.raises(MergeError):
            merged({"volumes": [{**volume, "$retainKeys": wrong}]})


def test_replacing_a_list_is_not_told_in_one_of_its_items() -> None:
    with pytest.raises(MergeError, match="but it replaces the whole list"):
        model({"env": [{"name": "A", "$patch": "replace"}]})


@pytest.mark.parametrize("wanted", ["abcx", "xabc", "cab", "ax", "", "bxy"])
def test_the_patch_between_two_lists_gives_the_second_with_its_order(wanted: str) -> None:
    first, second = ({"spec": {"volumes": [{"name": name} for name in names]}} for names in ("abc", wanted))
    assert merge(first, patch_between(first, second, POD), POD).value == second
