"""Labels of changes that no values can make, and of other kinds."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from kaito_pack.plan import plan
from kaito_pack.tables import table
from kaito_pack.target import Target

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
    return [change for one in plan([old], [new], TARGET) for change in one.changes]


def test_a_stored_template_that_does_not_decode_refuses_whatever_change() -> None:
    (change, _) = changes(workspace(contianers=[]), workspace(image="a/b:2"))
    assert change.label == "rejected"
    assert "because of what is stored" in change.words
    assert change.remedy == "Delete the Workspace and make it again."


def test_a_new_template_that_does_not_decode_is_rejected_at_its_field() -> None:
    found = {change.path[-1]: change.label for change in changes(workspace(), workspace(contianers=[]))}
    assert found == {"contianers": "rejected"}


def test_a_change_of_the_served_version_is_ignored() -> None:
    old = {**workspace(), "apiVersion": "kaito.sh/v1alpha1"}
    assert {one.path[0]: one.label for one in changes(old, workspace())}["apiVersion"] == "ignored"


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
    told = [one.told() for one in changes(workspace(), workspace(env=[{"name": "T", "value": token}]))]
    assert told
    assert token[:12] not in "".join(told)


def test_what_comes_is_told_with_its_value() -> None:
    old, new = (
        workspace(env=[{"name": "A", "value": "1"}, *more]) for more in ([], [{"name": "B", "value": "2"}])
    )
    (change,) = changes(old, new)
    assert change.told().endswith('.env.B: nothing → {"name": "B", "value": "2"}')


def test_every_row_of_the_table_is_whole() -> None:
    for name, row in table("kaito/changes.json").items():
        assert {"kind", "path", "label", "words", "remedy", "source"} <= row.keys(), name
