"""docs/rules.md and `explain RULE` show a bad and a good example of each rule, from cases that are tested."""

from __future__ import annotations

from kaito_pack.rules import all_rules
from kaito_pack.tables import table

# What no file of values or manifests here can show, and why.
WITHOUT = {
    "crd/bad-base64": "no CRD here has bytes",
    "crd/bad-quantity": "no CRD here has quantities",
    "crd/no-match": "no CRD here has alternatives",
    "crd/wrong-kind": "other kinds are never asked for by the CRD of Workspaces",
    "controller/workload-replaced": "said of an upgrade, which needs two versions of KAITO",
    "webhook/bad-base64": "a pod template has no bytes",
    "kubernetes/annotations-size": "an example of 256 KiB shows nothing",
    "kubernetes/data-size": "an example of 1 MiB shows nothing",
    "file/not-utf-8": "documentation is UTF-8",
    "file/utf-16": "documentation is UTF-8",
    "file/too-many-aliases": "its length is what is wrong",
    "file/too-many-documents": "its length is what is wrong",
    "file/too-many-values": "its length is what is wrong",
    "values/object-taken": "krm alone, of a list of several objects",
    "values/refused": "for schemas of packs to come",
    "values/same-workspace": "two files are needed",
    "values/too-long": "for schemas of packs to come",
    "values/too-many": "for schemas of packs to come",
    "values/too-short": "for schemas of packs to come",
}


def is_about_import(rule: str) -> bool:
    return rule.startswith("values/import-")  # told of manifests that become values


def test_every_rule_has_a_bad_and_a_good_example() -> None:
    examples = table("rules/examples.json")
    lacking = {
        rule
        for rule in all_rules()
        if set(examples.get(rule, {})) != {"bad", "good"} and not is_about_import(rule)
    }
    assert lacking == set(WITHOUT)


def test_no_example_is_of_a_rule_that_is_gone() -> None:
    assert set(table("rules/examples.json")) <= set(all_rules())


def test_bad_and_good_differ() -> None:
    same = [rule for rule, one in table("rules/examples.json").items() if one.get("bad") == one.get("good")]
    assert same == []
