"""What only the cluster knows is neither accepted nor refused, until a target describes the cluster."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run

PRESET = """\
apiVersion: kaito.sh/v1beta1
kind: Workspace
metadata:
  name: workspace-otter
  namespace: models
resource:
  labelSelector:
    matchLabels:
      apps: otter
inference:
  preset:
    name: phi-4-mini-instruct
"""
CONFIG = PRESET.replace("  preset:", "  config: settings\n  preset:").replace(
    "resource:\n", "resource:\n  instanceType: Standard_NC24ads_A100_v4\n"
)
MIG = PRESET.replace(
    "inference:", "  partition:\n    mode: mig\n    profile: 1g.10gb\n    count: 1\ninference:"
)
TARGET = 'apiVersion: pack.kubefoundry.io/v1\nkind: Target\nkaitoVersion: "0.12"\nnodeProvisioning: {}\n{}\n'
CASES = {
    "nodes": (PRESET, "byo", "nodes: [{labels: {apps: otter}, gpus: 1, gpuMemoryGiB: 80}]"),
    "memory": (PRESET, "byo", "gpuMemoryGiB: 80"),
    "ConfigMap": (CONFIG, "auto", "configMaps: [models/settings]"),
    "feature gate": (MIG, "byo", "featureGates: {enableMIG: true}"),
}


@pytest.mark.parametrize(("manifest", "provisioning", "known"), CASES.values(), ids=CASES)
def test_a_target_decides_it(run: Run, tmp_path: Path, manifest: str, provisioning: str, known: str) -> None:
    (tmp_path / "target.yaml").write_text(TARGET.format(provisioning, ""), encoding="utf-8")
    done = run("validate", "-", "--target", "target.yaml", stdin=manifest)
    assert done.returncode == 0
    assert done.stdout.startswith("<stdin>:")
    assert " undecidable: " in done.stdout
    assert done.stderr == "1 document: 1 undecidable\n"
    assert run("validate", "-", "--target", "target.yaml", "--strict", stdin=manifest).returncode == 1
    (tmp_path / "target.yaml").write_text(TARGET.format(provisioning, known), encoding="utf-8")
    done = run("validate", "-", "--target", "target.yaml", "--strict", stdin=manifest)
    assert (done.returncode, done.stderr) == (0, "1 document: 1 accepted\n")


def test_json_has_the_verdict_and_the_severity(run: Run) -> None:
    options = ["--kaito-version", "0.12", "--node-provisioning", "byo", "-o", "json"]
    (entry,) = json.loads(run("validate", "-", *options, stdin=PRESET).stdout)
    assert entry["verdict"] == "undecidable"
    assert [problem["severity"] for problem in entry["problems"]] == ["undecidable"]


@pytest.mark.parametrize(
    "known",
    [
        "nodes: []",
        "nodes: [{labels: {apps: beaver}}]",
        "nodes: [{labels: {apps: otter}, gpus: 1, gpuMemoryGiB: 4}]",
    ],
)
def test_a_target_without_the_right_nodes_refuses_it(run: Run, tmp_path: Path, known: str) -> None:
    (tmp_path / "target.yaml").write_text(TARGET.format("byo", known), encoding="utf-8")
    done = run("validate", "-", "--target", "target.yaml", stdin=PRESET)
    assert done.returncode == 1
    assert "1 rejected" in done.stderr


def test_render_prints_the_manifest_and_reports_what_it_assumes(run: Run) -> None:
    values = "name: otter\nmodelSource: preset\npreset: phi-4-mini-instruct\n"
    done = run("render", "-", "--node-provisioning", "byo", stdin=values)
    assert done.returncode == 0
    assert "kind: Workspace" in done.stdout
    assert "gpuMemoryGiB" in done.stderr
