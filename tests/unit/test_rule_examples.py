"""docs/rules.md and `explain RULE` show a bad and a good example of each rule, from cases that are tested."""

from __future__ import annotations

from kaito_pack.facts.rules import all_rules
from kaito_pack.facts.tables import table

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
    same = [rule for rule, one in table("rules/examples.json").items() if one.get("bad") == one.get("good")]
    assert same == []
