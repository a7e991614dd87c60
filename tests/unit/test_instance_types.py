"""Instance types that only their series admits: what the controller does with them, and after an upgrade."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.kaito.target import Cloud, Surroundings, Target
from kaito_pack.plan.upgrade import upgraded
from kaito_pack.run.judging import check

PRESET = {"preset": {"name": "phi-4-mini-instruct"}}


def workspace(instance_type: str, inference: dict[str, Any] = PRESET) -> dict[str, Any]:
    return {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "Workspace",
        "metadata": {"name": "workspace-otter"},
        "resource": {"instanceType": instance_type, "labelSelector": {"matchLabels": {"apps": "otter"}}},
        "inference": inference,
    }


def template(gpus: int) -> dict[str, Any]:
    resources = {"limits": {"nvidia.com/gpu": str(gpus)}}
    container = {"name": "server", "image": "registry.example.com/otter:1", "resources": resources}
    return {"template": {"spec": {"containers": [container]}}}


def problems(manifest: dict[str, Any], kaito: str = "0.12", cloud: Cloud = "azure") -> dict[str, str]:
    surroundings = Surroundings(Target(kaito, "1.35", "auto", cloud))
    reported = check(manifest, surroundings) or []
    return {each.rule: each.fix for each in reported if each.path[:1] == ("resource",) or each.is_error}


@pytest.mark.parametrize(
    ("kaito", "instance_type", "is_broken"),
    [
        ("0.6", "Standard_DS2_v2", False),
        ("0.7", "Standard_DS2_v2", True),
        ("0.11", "Standard_NC64as_T4_v3", False),
        ("0.12", "Standard_NC64as_T4_v3", True),
        ("0.12", "Standard_NC24ads_A100_v4", False),
        ("0.12", "standard_nc24ads_a100_v4", False),
    ],
)
def test_the_estimator_knows_what_is_listed(kaito: str, instance_type: str, is_broken: bool) -> None:
    reported = problems(workspace(instance_type), kaito)
    assert ("controller/instance-type-unsupported" in reported) is is_broken


def test_a_new_workspace_breaks_after_the_upgrade_and_a_running_one_does_not() -> None:
    now, then = (Target(kaito, "1.35", "auto") for kaito in ("0.11", "0.12"))
    (reported,) = upgraded([workspace("Standard_NC64as_T4_v3")], now, then)
    reasons = {reason.problem.rule: (reason.effect, reason.on) for reason in reported.reasons}
    assert reasons == {"controller/instance-type-unsupported": ("breaks", "create")}


@pytest.mark.parametrize(
    ("instance_type", "cloud", "fix"),
    [
        ("Standard_NC24ads_A100", "azure", "did you mean `Standard_NC24ads_A100_v4`"),
        ("Standard_NC8_A2", "azure", "Set cloud: arc in the target"),
        ("g5.4xlarge", "azure", "Set cloud: aws in the target"),
        ("Standard_NC24ads_A100_v4", "aws", "Set cloud: azure in the target"),
        ("g5.4xlarges", "aws", "did you mean `g5.4xlarge`"),
    ],
)
def test_the_fix_names_what_was_meant(instance_type: str, cloud: Cloud, fix: str) -> None:
    (reported,) = problems(workspace(instance_type), cloud=cloud).values()
    assert fix in reported


@pytest.mark.parametrize(
    ("instance_type", "gpus", "is_broken"),
    [
        ("Standard_NC24ads_A100_v4", 1, False),
        ("Standard_NC24ads_A100_v4", 2, True),
        ("Standard_D8s_v5", 1, True),
        ("Standard_D8s_v5", 0, False),
        ("Standard_NC7_from_the_future", 8, False),
    ],
)
def test_a_pod_cannot_have_more_gpus_than_its_node(instance_type: str, gpus: int, is_broken: bool) -> None:
    reported = problems(workspace(instance_type, template(gpus)))
    assert ("controller/gpus-above-instance-type" in reported) is is_broken
