"""A value that is a secret by its place is shown nowhere, whatever its type."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.base.masking import masked
from kaito_pack.base.problems import Problem
from kaito_pack.base.secrets import HIDDEN, secret_places, without_secrets
from kaito_pack.cli.formats import json as json_format
from kaito_pack.cli.results import Plan
from kaito_pack.kaito.target import Target
from kaito_pack.plan import plan

VALUES: dict[str, Any] = {
    "integer": 880123456789,
    "float": 88012.3456789,
    "exponent": 8.80123456789e25,
    "map": {"hunter880123": 880123456789, "b": "hunter880123 x"},
    "list": [880123456789, "hunter880123"],
}
PARTS = ("880123", "88012.3", "8.8012", "hunter")  # none of them may be printed


def workspace(variable: dict[str, Any]) -> dict[str, Any]:
    container = {"name": "model", "image": "example.com/a/b:1", "env": [variable]}
    return {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "Workspace",
        "metadata": {"name": "a"},
        "resource": {
            "instanceType": "Standard_NC24ads_A100_v4",
            "labelSelector": {"matchLabels": {"apps": "a"}},
        },
        "inference": {"template": {"spec": {"containers": [container]}}},
    }


def assert_hidden(shown: str) -> None:
    assert not [part for part in PARTS if part in shown], shown


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_plan_shows_no_secret_of_any_type_on_either_side(value: Any) -> None:
    plain, secret = (workspace({"name": "DB_PASSWORD", "value": each}) for each in ("unset", value))
    for old, new in ((plain, secret), (secret, plain)):
        planned = plan([old], [new], Target("0.12", "1.33"))
        assert planned[0].changes
        text = "".join(json_format.plan(Plan([("", each) for each in planned])))
        assert_hidden(text + "".join(change.text() for change in planned[0].changes))


def test_a_boolean_is_hidden_in_the_message_about_its_field_only() -> None:
    body = {"env": [{"name": "A_TOKEN", "value": True}]}
    about = Problem("a/b", "crd", "error", ("env", 0, "value"), "`true` has the wrong type", "Write a string")
    elsewhere = about._replace(path=("other",))
    assert [each.message for each in masked([about, elsewhere], body)] == [
        f"{HIDDEN} has the wrong type",
        "`true` has the wrong type",
    ]


def test_a_problem_below_a_secret_has_the_path_of_the_secret() -> None:
    body = {"env": [{"name": "A_TOKEN", "value": {"hunter": 1}}]}
    below = Problem("a/b", "crd", "error", ("env", 0, "value", "hunter"), "unknown field `hunter`")
    (problem,) = masked([below], body)
    assert (problem.path, problem.message) == (("env", 0, "value"), f"unknown field {HIDDEN}")


def test_references_and_settings_are_no_secrets() -> None:
    volume = {"name": "token", "secret": {"secretName": "a"}}
    reference = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}
    tree = {"volumes": [volume], "env": [reference], "eos_token": 123456, "max_tokens": 123456}
    assert list(secret_places(tree)) == []
    assert without_secrets(tree) == tree
