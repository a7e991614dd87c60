"""Mutated InferenceSets, and Workspaces of v1alpha1, against the answers of the webhook."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kaito_pack.base.problems import ProblemsError
from kaito_pack.documents import read_text
from kaito_pack.kaito.target import Provisioning, Target
from kaito_pack.pack import Pack
from kaito_pack.run.sources import Source
from kaito_pack.run.validation import Validator
from tests.conformance.test_admission import FACTS, KUBERNETES

MODES: tuple[Provisioning, ...] = ("auto", "byo")


def mutants(file: str) -> Iterator[dict[str, Any]]:
    with gzip.open(Path(FACTS or "") / "mutants" / f"{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def verdict(validation: Validator, mutant: dict[str, Any]) -> str:
    try:
        source = Source(mutant["id"], read_text(mutant["manifest"], mutant["id"]))
    except ProblemsError:
        return "refused"
    return validation.run([source]).entries[0].verdict


def may_differ(judged: str, answer: dict[str, Any]) -> bool:
    """The cluster had no ConfigMap, no presets in use, and of KAITO's CRDs that of Workspaces alone."""
    reasons = {"undecidable": ("ConfigMap", "PANIC"), "skipped": ('no matches for kind "RAGEngine"',)}
    return any(reason in answer.get("msg", "") for reason in reasons.get(judged, ()))


@pytest.mark.recorded
@pytest.mark.parametrize("provisioning", MODES)
@pytest.mark.parametrize(
    ("file", "kaito"), [("v1alpha1", "0.9"), ("v1alpha1", "0.12"), ("inferenceset", "0.12")]
)
def test_the_verdict_is_that_of_the_webhook(file: str, kaito: str, provisioning: Provisioning) -> None:
    validation = Validator(Pack(), Target(kaito, KUBERNETES, provisioning))
    wrong = []
    for mutant in mutants(file):
        answer = mutant["real"][kaito][provisioning]
        judged = verdict(validation, mutant)
        if judged != ("accepted" if answer["ok"] else "refused") and not may_differ(judged, answer):
            wrong.append((mutant["id"], mutant["what"], judged, answer))
    assert wrong == []
