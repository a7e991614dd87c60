"""The pages of rules and `explain RULE` show a bad and a good example of each rule, from tested cases."""

from __future__ import annotations

import pytest

from kaito_pack.documents import read_text
from kaito_pack.facts.rules import all_rules
from kaito_pack.facts.tables import table
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import Source
from scripts.rule_examples import good_entry
from tests.manifest_cases import Case, cases

# What no file of values or manifests here can show, and why.
WITHOUT = {
    "crd/bad-base64": "structural schemas and metadata have no bytes",
    "crd/bad-quantity": "structural schemas and metadata have no quantities",
    "crd/wrong-kind": "other kinds are never asked for by the CRD of Workspaces",
    "webhook/bad-base64": "a pod template has no bytes",
    "kubernetes/annotations-size": "an example of 256 KiB shows nothing",
    "kubernetes/data-size": "an example of 1 MiB shows nothing",
    "values/file-not-utf-8": "documentation is UTF-8",
    "values/file-utf-16": "documentation is UTF-8",
    "values/file-too-many-aliases": "its length is what is wrong",
    "values/file-too-many-documents": "its length is what is wrong",
    "values/file-too-many-values": "its length is what is wrong",
}


def test_every_rule_has_a_bad_and_a_good_example() -> None:
    examples = table("rules/examples.json")
    judged = {name for name, rule in all_rules().items() if rule.layer != "preflight"}  # which asks a cluster
    lacking = {rule for rule in judged if set(examples.get(rule, {})) != {"bad", "good"}}
    assert lacking == set(WITHOUT)


def test_no_example_is_of_a_rule_that_is_gone() -> None:
    assert set(table("rules/examples.json")) <= set(all_rules())


def test_bad_and_good_differ() -> None:
    same = [
        rule for rule, item in table("rules/examples.json").items() if item.get("bad") == item.get("good")
    ]
    assert same == []


@pytest.mark.parametrize("case", [case for case in cases() if case.rule], ids=lambda case: case.file.stem)
def test_the_good_manifest_of_a_case_keeps_its_rule(case: Case) -> None:
    good = good_entry(case, str(case.judged().kind))
    assert case.rule not in {problem.rule for problem in good.problems}


VALUES_RULES = [name for name in table("rules/examples.json") if name.startswith("values/")]


@pytest.mark.parametrize("name", VALUES_RULES)
def test_the_good_values_keep_the_rule(name: str) -> None:
    text = table("rules/examples.json")[name]["good"]
    outcome = Pipeline(Pack(), Target("0.12", "1.35")).rendered(
        Source("good.yaml", read_text(text, "good.yaml"))
    )
    assert name not in {problem.rule for problem in outcome.problems}
