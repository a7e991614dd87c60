"""Every recorded verdict of the real webhook and API server, against ours; needs KAITO_FACTS."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from kaito_pack.base.problems import Problem
from kaito_pack.documents import Document, read_file
from kaito_pack.kaito import webhook
from kaito_pack.kaito.target import Provisioning, Surroundings, Target

FACTS = os.environ.get("KAITO_FACTS")
KUBERNETES = "1.35"
# The recorded cluster had no nodes for a preset, no ConfigMap, and the default feature gates.
GATES = (("enableAccelerator", False), ("enableMIG", False))
COLUMNS: dict[str, Provisioning] = {"nap": "auto", "byo": "byo", "byo_without_instance_type": "byo"}


def recorded(name: str) -> dict[str, Any]:
    if not FACTS:
        return {}
    verdicts: dict[str, Any] = json.loads((Path(FACTS) / name).read_text(encoding="utf-8"))
    return verdicts


ADMISSION = recorded("verdicts/admission.json")


def document(case: str, file: str = "new") -> Document:
    name = f"{case}/{file}.yaml" if case.startswith("update/") else f"{case}.yaml"
    (only,) = (each for each in read_file(str(Path(FACTS or "") / "verdicts" / "cases" / name)) if each.value)
    return only


def columns(case: str) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any], Surroundings]]:
    """Version, column, the recorded answer, the manifest and its surroundings, for each of a case."""
    new = document(case).value
    old = document(case, "old").value if case.startswith("update/") else None
    for version, answers in ADMISSION[case].items():
        for column, answer in answers.items():
            manifest = deepcopy(new)
            if column == "byo_without_instance_type":
                manifest.get("resource", {}).pop("instanceType", None)
            target = recorded_target(version, column)
            yield version, column, answer, manifest, Surroundings(target, old=old)


def recorded_target(version: str, column: str) -> Target:
    """The cluster that answered."""
    return Target(version, KUBERNETES, COLUMNS[column], feature_gates=GATES, nodes=())


def is_open(problems: Iterable[Problem], answer: dict[str, Any]) -> bool:
    """Whether a cluster without the ConfigMap refused what nothing here can decide."""
    return any(problem.severity == "undecidable" for problem in problems) and "ConfigMap" in str(
        answer["errors"]
    )


def of_the_rules(answer: dict[str, Any]) -> list[str]:
    """The recorded errors that come from the webhook's rules, not from its decoding."""
    return [e for e in answer["errors"] if e.startswith("webhook: ") and "decoding request failed" not in e]


@pytest.mark.recorded
@pytest.mark.parametrize("case", ADMISSION)
def test_the_rules_of_the_webhook_speak_where_they_spoke(case: str) -> None:
    wrong = []
    for version, column, answer, manifest, surroundings in columns(case):
        problems = list(webhook.check(manifest, surroundings))
        result = [problem.rule for problem in problems if problem.is_error]
        is_missed = bool(of_the_rules(answer)) and not result and not is_open(problems, answer)
        if (answer["ok"] and result) or is_missed:
            wrong.append((version, column, answer["errors"], result))
    assert wrong == []


def all_of(manifest: dict[str, Any], surroundings: Surroundings) -> Iterator[Problem]:
    """What the API server's schema, the webhook's decoding and its rules say."""
    from kaito_pack.kaito.crd import check as check_crd
    from kaito_pack.kaito.template import check_template

    target = surroundings.target
    yield from check_crd(manifest, target.kaito)
    yield from check_template(manifest, target.kaito, target.kubernetes)
    yield from webhook.check(manifest, surroundings)


@pytest.mark.recorded
@pytest.mark.parametrize("case", ADMISSION)
def test_every_verdict_is_that_of_a_real_cluster(case: str) -> None:
    wrong = []
    for version, column, answer, manifest, surroundings in columns(case):
        problems = list(all_of(manifest, surroundings))
        result = [p for p in problems if p.is_error and p.layer in ("crd", "webhook")]
        if not result and is_open(problems, answer):
            continue
        layers = {error.partition(":")[0] for error in answer["errors"]}
        if answer["ok"] is bool(result) or (result and not layers & {problem.layer for problem in result}):
            wrong.append((version, column, answer["errors"], [problem.rule for problem in result]))
    assert wrong == []


PRESETS = recorded("presets.json").get("presets", {})
SPOKEN = {
    "accepted": [set()],
    "unknown preset": [{"webhook/preset-unknown"}],
    "asks the Hugging Face Hub": [{"webhook/preset-undecidable"}],
    "needs modelAccessSecret": [{"webhook/preset-secret-needed"}],
    "modelAccessSecret not allowed": [{"webhook/preset-secret-refused"}],
}


@pytest.mark.recorded
@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_the_recorded_verdict(name: str) -> None:
    wrong = []
    for version, answers in PRESETS[name].items():
        for form, answer in answers.items():
            options = {"presetOptions": {"modelAccessSecret": "hub"}} if form == "withSecret" else {}
            manifest = {
                "metadata": {"name": "p"},
                "resource": {
                    "instanceType": "Standard_ND96isr_H100_v5",
                    "labelSelector": {"matchLabels": {"a": "b"}},
                },
                "inference": {"preset": {"name": name, **options}},
            }
            surroundings = Surroundings(Target(version, KUBERNETES, "auto"))
            result = {problem.rule for problem in webhook.check(manifest, surroundings)}
            expected = SPOKEN.get(answer, [{"webhook/preset-too-big"}])
            # Up to 0.7 the record has one wording for a Secret that is due and one that is too much.
            if form == "plain" and answer == "modelAccessSecret not allowed":
                result -= {"webhook/preset-too-big"}
                expected = [{"webhook/preset-secret-needed"}]
            if result not in expected:
                wrong.append((version, form, answer, result))
    assert wrong == []
