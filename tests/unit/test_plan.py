"""Labels of changes that no values can make, and of other kinds."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from kaito_pack.facts.tables import table
from kaito_pack.kaito.target import Target
from kaito_pack.plan import plan
from tests.work import check_growth

TARGET = Target("0.12", "1.35", "byo")
NODES = {"count": 1, "labelSelector": {"matchLabels": {"pool": "a"}}}


def workspace(**container: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "model", "image": "a/b:1", "resources": {}, **container}]}
    return {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "Workspace",
        "metadata": {"name": "tiny", "namespace": "a"},
        "resource": deepcopy(NODES),
        "inference": {"template": {"spec": spec}},
    }


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Any]:
    return [change for item in plan([old], [new], TARGET) for change in item.changes]


def test_a_stored_template_that_does_not_decode_refuses_whatever_change() -> None:
    (change, _) = changes(workspace(contianers=[]), workspace(image="a/b:2"))
    assert change.label == "rejected"
    assert "because the stored object is invalid" in change.words
    assert change.remedy == "Delete and recreate the Workspace."


def test_a_new_template_that_does_not_decode_is_rejected_at_its_field() -> None:
    result = {change.path[-1]: change.label for change in changes(workspace(), workspace(contianers=[]))}
    assert result == {"contianers": "rejected"}


def test_a_change_of_the_served_version_is_ignored() -> None:
    old = {**workspace(), "apiVersion": "kaito.sh/v1alpha1"}
    assert {item.path[0]: item.label for item in changes(old, workspace())}["apiVersion"] == "ignored"


@pytest.mark.parametrize(
    ("kind", "path", "label", "remedy"),
    [
        ("Job", ("spec", "template", "x"), "rejected", "kubectl delete job a -n b"),
        ("Job", ("spec", "suspend"), "live", ""),
        ("RoleBinding", ("roleRef", "name"), "rejected", "kubectl delete rolebinding a -n b"),
        ("Service", ("spec", "type"), "live", ""),
        ("ConfigMap", ("spec", "template"), "live", ""),
    ],
)
def test_other_kinds_are_live_but_for_what_they_keep(
    kind: str, path: tuple[str, ...], label: str, remedy: str
) -> None:
    def body(value: str) -> dict[str, Any]:
        inside: Any = value
        for step in reversed(path):
            inside = {step: inside}
        return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a", "namespace": "b"}, **inside}

    (change,) = changes(body("1"), body("2"))
    assert (change.label, change.remedy) == (label, remedy)


def test_a_token_is_never_shown() -> None:
    token = "hf_" + "a1" * 17
    result = changes(workspace(), workspace(env=[{"name": "T", "value": token}]))
    report = [f"{item.text()} {item.data()}" for item in result]
    assert report
    assert token[:12] not in "".join(report)


def test_what_comes_is_told_with_its_value() -> None:
    old, new = (
        workspace(env=[{"name": "A", "value": "1"}, *extra]) for extra in ([], [{"name": "B", "value": "2"}])
    )
    (change,) = changes(old, new)
    assert change.text().endswith('.env.B: nothing → {"name": "B", "value": "2"}')
    assert change.data() == {"new": {"name": "B", "value": "2"}}


def test_every_row_of_the_table_is_whole() -> None:
    for name, row in table("kaito/changes.json").items():
        assert {"kind", "path", "label", "words", "remedy", "source"} <= row.keys(), name


def test_an_object_that_names_no_namespace_is_the_one_in_default() -> None:
    old, new = workspace(), workspace(image="a/b:2")
    del old["metadata"]["namespace"]
    new["metadata"]["namespace"] = "default"
    (change,) = changes(old, new)
    assert change.label == "not-rolled-out"
    assert (
        plan([old], [{**deepcopy(old), "metadata": {"name": "tiny", "namespace": "default"}}], TARGET) == []
    )


def test_a_rejected_change_comes_with_the_command_that_helps() -> None:
    old, new = workspace(), workspace()
    new["resource"]["count"] = 2
    (planned,) = plan([old], [new], TARGET)
    assert planned.remedy == "kubectl delete workspace tiny -n a"
    assert "recreate the Workspace" in planned.why


def test_a_rejected_change_that_a_new_workspace_would_not_get_either_names_no_command() -> None:
    (planned,) = plan([workspace()], [workspace(contianers=[])], TARGET)
    assert planned.labels == ["rejected"]
    assert planned.remedy == ""
    assert "made again" not in planned.why


@pytest.mark.parametrize("name", ["--all", "a; rm -rf b", "a\nb"])
def test_a_name_that_no_cluster_takes_is_in_no_command(name: str) -> None:
    gone = workspace()
    gone["metadata"]["name"] = name
    (deleted,) = plan([gone], [], TARGET)
    assert (deleted.action, deleted.remedy) == ("deleted", "")
    (moved,) = plan([gone], [workspace()], TARGET)
    assert moved.action == "recreated"
    assert {change.remedy for change in moved.changes} == {""}


PRESET = {"preset": {"name": "phi-4"}}


@pytest.mark.parametrize(
    ("kaito", "inference", "field", "label"),
    [
        ("0.12", PRESET, "config", "live"),
        ("0.7", PRESET, "config", "not-rolled-out"),
        ("0.12", PRESET, "adapters", "live"),
        ("0.12", None, "config", "ignored"),
        ("0.7", None, "config", "ignored"),
        ("0.12", None, "adapters", "ignored"),
    ],
)
def test_only_a_preset_has_use_for_its_configuration_and_adapters(
    kaito: str, inference: Any, field: str, label: str
) -> None:
    old, new = workspace(), workspace()
    for body in (old, new):
        body["resource"]["preferredNodes"] = ["a"]
        body["inference"] = deepcopy(inference or body["inference"])
    adapter = {"source": {"name": "a", "image": "a/b:1"}, "strength": "1.0"}
    new["inference"][field] = "own" if field == "config" else [adapter]
    (planned,) = plan([old], [new], Target(kaito, "1.35", "byo"))
    assert planned.labels == [label]


def test_a_tuning_runs_again() -> None:
    old = workspace()
    del old["inference"]
    old["tuning"] = {
        "preset": {"name": "phi-4"},
        "method": "lora",
        "input": {"urls": ["https://example.com/a"]},
        "output": {"image": "a/b:1", "imagePushSecret": "a"},
    }
    new = deepcopy(old)
    new["tuning"]["output"]["image"] = "a/b:2"
    (change,) = changes(old, new)
    assert (change.label, "again" in change.words) == ("live", True)


@pytest.mark.parametrize("field", [{}, {"contianers": []}], ids=["accepted", "blocked"])
def test_the_work_grows_with_the_number_of_changes(field: dict[str, Any]) -> None:
    def planning(count: int) -> Callable[[], object]:
        def variables(value: str) -> list[dict[str, str]]:
            return [{"name": f"LEVEL_{number}", "value": value} for number in range(count)]

        return lambda: plan([workspace(env=variables("a"), **field)], [workspace(env=variables("b"))], TARGET)

    check_growth(planning, 50)


def test_the_work_grows_with_the_number_of_refusals() -> None:
    def planning(count: int) -> Callable[[], object]:
        unknown = {f"field{number}": number for number in range(count)}
        return lambda: plan([workspace()], [workspace(**unknown)], TARGET)

    check_growth(planning, 40)
