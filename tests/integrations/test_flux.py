"""Flux: the source and the Kustomization fit each other and the output tree."""

from __future__ import annotations

import yaml

from tests.conftest import ROOT

FOLDER = ROOT / "integrations" / "flux"
SOURCE = yaml.safe_load((FOLDER / "gitrepository.yaml").read_text(encoding="utf-8"))
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))


def test_the_kustomization_reads_the_source():
    reference, own = KUSTOMIZATION["spec"]["sourceRef"], KUSTOMIZATION["metadata"]["namespace"]
    assert reference["kind"] == SOURCE["kind"]
    assert reference["name"] == SOURCE["metadata"]["name"]
    assert reference.get("namespace", own) == SOURCE["metadata"]["namespace"]


def test_its_path_is_a_folder_of_the_example_fleet():
    fleet = yaml.safe_load((ROOT / "values" / "fleet.yaml").read_text(encoding="utf-8"))
    folders = {target["out"].removeprefix("../") for target in fleet["targets"]}
    assert KUSTOMIZATION["spec"]["path"].removeprefix("./") in folders


def test_the_source_keeps_that_path():
    rest = [rule[2:-1] for rule in SOURCE["spec"]["ignore"].split() if rule.startswith("!/")]
    assert KUSTOMIZATION["spec"]["path"].removeprefix("./").split("/")[0] in rest


def test_it_waits_for_health_and_prunes():
    assert KUSTOMIZATION["spec"]["wait"] is True and KUSTOMIZATION["spec"]["prune"] is True
