"""Small cases after public reports, with their right answers. Needs KAITO_FACTS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.run.sources import read_sources
from kaito_pack.run.validation import Validator
from tests.conformance.test_admission import FACTS

KAITO, KUBERNETES = "0.12", "1.35"
# Cases whose answer in the index is not the verdict of `validate`, and why.
EXCEPTIONS = {
    "06-terraform-enablelb.yaml": "v1alpha1: the webhook of 0.12 crashed on each preset of the mutants",
    "25-falcon.yaml": "judged with the presets: tests of presets.json",
    "39-byo-preset.yaml": "the nodes are not known: undecidable, as the facts say",
    "50-values-termination.yaml": "4 GPUs and the 10 KV heads of phi-4: the facts refuse it",
    "04-local-path-pvc.yaml": "a path as modelId stays refused; the case 04b shows how to write it",
}
# What decides a case: the first word of `right`, and the rules one of which must be reported.
RULES: dict[str, set[str]] = {
    "01-phi3-medium-4gpu.yaml": {"model/kv-heads"},
    "02-restricted-nonroot.yaml": {"advice/home-not-writable"},
    "03-slow-load.yaml": {"advice/startup-time"},
    "07-ephemeral-storage.yaml": {"advice/weights-not-kept"},
    "09-tool-choice-alone.yaml": {"model/argument-needs"},
    "11-hf-mirror-gguf.yaml": {"advice/mirror-not-used"},
    "12-multipart-gguf.yaml": {"values/sharded-gguf"},
    "13-removed-flag.yaml": {"model/unknown-argument"},
    "16-rwo-cache-replicas.yaml": {"advice/claim-on-one-node"},
    "18b-api-key-only.yaml": {"values/literal-secret"},
    "21-gated-no-token.yaml": {"model/gated"},
    "23-host-loopback.yaml": {"model/server-unreachable"},
    "27-natively-quantised.yaml": {"model/size-in-name"},
    "33-premade-too-little-memory.yaml": {"advice/memory-below-model"},
    "45-build-gpu.yaml": {"values/build-needs-image"},
    "55-values-gpt-oss-vllm.yaml": {"model/quantized"},
    "29-values-preset-d8.yaml": {"controller/instance-type-unsupported"},
    "35-preset-32k.yaml": {"webhook/max-model-len-not-integer"},
    "40-annotations.yaml": {"advice/annotation-unknown", "advice/annotation-ignored-value"},
    "56-gpt-oss-manifest.yaml": {"model/quantized-allowed"},
}


def index(folder: str) -> dict[str, Any]:
    file = Path(FACTS or "") / folder / "index.yaml"
    if not FACTS or not file.is_file():
        return {}
    cases: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))["cases"]
    return {f"{folder}/{name}": case for name, case in cases.items() if name not in EXCEPTIONS}


ADMITTED = {name: case for name, case in index("public-cases").items() if "webhook" in case}
NEWER = [
    name for name, case in ADMITTED.items() if case.get("versions") == "0.7-" and "controller" not in case
]
JUDGED = {
    name: case
    for name, case in {**index("public-cases"), **index("serving-cases")}.items()
    if Path(name).name in RULES
}
ACCEPTED = {
    name: case
    for name, case in index("serving-cases").items()
    if str(case.get("right")).split(":")[0] in ("accepted", "fits")
}


def problems(name: str, target: Target) -> tuple[set[str], dict[str, str]]:
    """The verdicts of the documents of a case, and the rules that report something with their severities."""
    report = Validator(Pack(), target).run(read_sources([str(Path(FACTS or "") / name)]))
    rules = {each.rule: each.severity for entry in report.entries for each in entry.problems}
    return {entry.verdict for entry in report.entries}, rules


def target_of(case: dict[str, Any], kaito: str = KAITO) -> Target:
    gates = tuple((gate, True) for gate in str(case.get("gates", "")).split(",") if gate)
    provisioning = case.get("provisioning")
    return Target(kaito, KUBERNETES, provisioning, cloud=case.get("cloud", "azure"), feature_gates=gates)


@pytest.mark.recorded
@pytest.mark.parametrize("name", ADMITTED)
def test_a_manifest_has_the_verdict_of_the_webhook(name: str) -> None:
    case = ADMITTED[name]
    verdicts, rules = problems(name, target_of(case))
    expected = {"allow": "accepted", "deny": "refused"}.get(case["webhook"], case["webhook"])
    assert expected in verdicts and not verdicts - {"accepted", expected}, rules
    if "controller" in case:
        assert "error" in {severity for rule, severity in rules.items() if rule.startswith("controller/")}
    if "warn" in case:
        assert set(rules.values()) == {"warning"}


@pytest.mark.recorded
@pytest.mark.parametrize("name", NEWER)
def test_a_rule_of_newer_versions_is_not_one_of_older(name: str) -> None:
    verdicts, rules = problems(name, target_of(ADMITTED[name], "0.6"))
    assert "refused" not in verdicts, rules


@pytest.mark.recorded
@pytest.mark.parametrize("name", JUDGED)
def test_a_case_is_reported_by_its_rule(name: str) -> None:
    case, expected = JUDGED[name], RULES[Path(name).name]
    verdicts, rules = problems(name, target_of(case))
    assert expected <= set(rules)
    right = str(case.get("right", "")).split(":")[0].split(",")[0].split()
    if right and right[0] in ("refused", "error") and "or" not in right:
        assert "error" in {rules[rule] for rule in expected}
    elif right and right[0] in ("warning", "advice"):
        assert "refused" not in verdicts and "error" not in rules.values()


@pytest.mark.recorded
@pytest.mark.parametrize("name", ACCEPTED)
def test_a_right_case_is_accepted(name: str) -> None:
    verdicts, rules = problems(name, target_of(ACCEPTED[name]))
    assert verdicts == {"accepted"} and "error" not in rules.values(), rules
