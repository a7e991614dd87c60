"""A made-up KAITO 0.13 whose only news are two annotations: a pack with two tables, and no Python."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT, Run

PACK = ROOT / "tests" / "packs" / "kaito-0.13"
PRESET = {"preset": {"name": "phi-4"}}
TEMPLATE = {"template": {"spec": {"containers": [{"name": "server", "image": "registry.example.com/a:1"}]}}}


def workspace(annotations: dict[str, str], inference: dict[str, Any], own_nodes: bool = False) -> str:
    resource: dict[str, Any] = {"labelSelector": {"matchLabels": {"apps": "otter"}}}
    if not own_nodes:
        resource["instanceType"] = "Standard_NC24ads_A100_v4"
    metadata = {"name": "workspace-otter", "annotations": annotations}
    manifest = {"apiVersion": "kaito.sh/v1beta1", "kind": "Workspace", "metadata": metadata}
    return yaml.safe_dump(manifest | {"resource": resource, "inference": inference})


def judged(run: Run, text: str, kaito: str, provisioning: str = "auto") -> tuple[str, set[str]]:
    options = ["--kaito-version", kaito, "--node-provisioning", provisioning, "--pack", PACK, "-o", "json"]
    (entry,) = json.loads(run("validate", "-", *options, stdin=text).stdout)
    rules = {problem["rule"] for problem in entry["problems"] if "annotation" in problem["rule"]}
    return entry["verdict"], rules


def test_the_pack_is_valid(run: Run) -> None:
    assert run("pack", "check", PACK).returncode == 0


@pytest.mark.parametrize(
    ("key", "value", "verdict", "rules"),
    [
        ("capacity-type", "spot", "accepted", set()),
        ("capacity-type", "on-demand", "accepted", set()),
        ("capacity-type", "Spot", "refused", {"webhook/annotation-value"}),
        ("capacity-tipe", "spot", "accepted", {"advice/annotation-unknown"}),
        ("enable-speculative-decoding", "true", "accepted", set()),
        ("enable-speculative-decoding", "yes", "refused", {"webhook/annotation-value"}),
    ],
)
def test_its_annotations_are_checked(run: Run, key: str, value: str, verdict: str, rules: set[str]) -> None:
    assert judged(run, workspace({f"kaito.sh/{key}": value}, PRESET), "0.13") == (verdict, rules)


def test_an_older_version_does_not_read_them(run: Run) -> None:
    text = workspace({"kaito.sh/capacity-type": "Spot"}, PRESET)
    assert judged(run, text, "0.12") == ("accepted", {"advice/annotation-unknown"})


@pytest.mark.parametrize("key", ["capacity-type: spot", 'enable-speculative-decoding: "true"'])
def test_what_has_no_effect_is_a_warning(run: Run, key: str) -> None:
    annotations = yaml.safe_load(f"kaito.sh/{key}")
    text = workspace(annotations, TEMPLATE, own_nodes=True)
    assert judged(run, text, "0.13", "byo") == ("accepted", {"advice/annotation-without-effect"})


def test_the_capacity_type_is_immutable(run: Run, tmp_path: Any) -> None:
    for name, value in (("old", "on-demand"), ("new", "spot")):
        text = workspace({"kaito.sh/capacity-type": value}, PRESET)
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    options = ["--old", "old.yaml", "--kaito-version", "0.13", "--node-provisioning", "auto", "--pack", PACK]
    done = run("validate", "new.yaml", *options)
    assert done.returncode == 1
    assert "kaito.sh/capacity-type changes from `on-demand` to `spot`" in done.stdout
