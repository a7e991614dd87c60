"""A field in the wrong place of a Workspace: the fix names the right one."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.run.judging import check

CONTAINER = {"name": "server", "image": "registry.example.com/otter:1", "resources": {}}
WORKSPACE: dict[str, Any] = {
    "apiVersion": "kaito.sh/v1beta1",
    "kind": "Workspace",
    "metadata": {"name": "workspace-otter"},
    "resource": {
        "instanceType": "Standard_NC24ads_A100_v4",
        "labelSelector": {"matchLabels": {"apps": "otter"}},
    },
    "inference": {"template": {"spec": {"containers": [CONTAINER]}}},
}
TOLERATIONS = [{"key": "gpu", "operator": "Exists"}]


def fixes(path: str, value: object, kaito: str = "0.12", api: str = "v1beta1") -> list[str]:
    manifest = deepcopy(WORKSPACE) | {"apiVersion": f"kaito.sh/{api}"}
    owner: Any = manifest
    *steps, name = path.split(".")
    for step in steps:
        owner = owner[int(step)] if step.isdigit() else owner.setdefault(step, {})
    owner[name] = value
    reported = check(manifest, Surroundings(Target(kaito, "1.35", "auto"))) or []
    return [problem.fix for problem in reported if problem.rule.endswith("/unknown-field")]


@pytest.mark.parametrize(
    ("path", "value", "fix"),
    [
        ("spec", {"resource": {}, "inference": {}}, "Move the fields of spec one level up"),
        ("spec", {"tuning": {}, "replicas": 1}, "Move the fields of spec one level up"),
        ("spec", {"containers": []}, "Move it to inference.template.spec"),
        ("inference.spec", {"containers": []}, "Move it to inference.template.spec"),
        ("inference.containers", [], "Move it to inference.template.spec.containers"),
        ("inference.tolerations", TOLERATIONS, "Move it to inference.template.spec.tolerations"),
        ("inference.template.tolerations", TOLERATIONS, "Move it to inference.template.spec.tolerations"),
        ("tolerations", TOLERATIONS, "Move it to inference.template.spec.tolerations"),
        (
            "inference.modelAccessSecret",
            "hf-token",
            "Move it to inference.preset.presetOptions.modelAccessSecret",
        ),
        ("labels", {"a": "b"}, "Move it to metadata.labels"),
        ("instanceType", "Standard_NC24ads_A100_v4", "Move it to resource.instanceType"),
        (
            "inference.template.spec.containers.0.limits",
            {"cpu": "1"},
            "Move it to inference.template.spec.containers[0].resources.limits",
        ),
        ("inference.contianers", [], "Look the field up in the documentation, or delete it"),
        ("inference.presets", {"name": "phi-4"}, "did you mean preset"),
    ],
)
def test_the_fix_names_the_place(path: str, value: object, fix: str) -> None:
    assert fix in fixes(path, value)


def test_a_field_of_a_newer_kaito_is_named_as_such() -> None:
    partition = {"mode": "mig", "profile": "1g.10gb"}
    assert fixes("resource.partition", partition, "0.11") == ["Remove it, or use KAITO 0.12 or newer"]


def test_a_field_of_the_newer_api_version_is_named_as_such() -> None:
    options = {"modelAccessSecret": "hf-token"}
    preset = {"name": "phi-4", "presetOptions": options}
    (fix, *_) = fixes("inference.preset", preset, api="v1alpha1")
    assert fix == "Write apiVersion: kaito.sh/v1beta1, which has it"


def test_fields_in_a_spec_are_checked_as_if_they_were_one_level_up() -> None:
    spec = {part: WORKSPACE[part] for part in ("resource", "inference")} | {"modelAccessSecret": "hf-token"}
    spec["resource"] = spec["resource"] | {"instanceType": "A100"}
    manifest = {part: WORKSPACE[part] for part in ("apiVersion", "kind", "metadata")} | {"spec": spec}
    reported = check(manifest, Surroundings(Target("0.12", "1.35", "auto"))) or []
    errors = {".".join(map(str, problem.path)): problem.fix for problem in reported if problem.is_error}
    assert errors == {
        "spec": "Move the fields of spec one level up",
        "spec.modelAccessSecret": "Move it to inference.preset.presetOptions.modelAccessSecret",
        "spec.resource.instanceType": "Use one that KAITO lists, such as Standard_NC24ads_A100_v4",
    }
