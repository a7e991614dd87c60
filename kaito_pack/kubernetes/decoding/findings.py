"""Findings turned into problems: layer and kind of finding name the rule, its row has the words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem, RuleLayer
from kaito_pack.base.sentences import filled
from kaito_pack.facts import rules
from kaito_pack.facts.checks import rule
from kaito_pack.kubernetes.decoding.decoding import Finding

# What the API server rejects is a problem. What it accepts and a node then fails on is a finding: who asks
# for it names the rule, since the layer is the caller's.
Reported = Problem | Finding

# The rule of each kind of finding is `<layer>/<this>`.
RULES = {
    "unknown": "unknown-field",
    "type": "wrong-type",
    "range": "out-of-range",
    "quantity": "bad-quantity",
    "time": "bad-time",
    "bytes": "bad-base64",
    "missing": "missing-field",
    "enum": "unknown-value",
    "text": "bad-text",
    "items": "bad-items",
    "schema": "no-match",
    "name-missing": "missing-name",
    "name": "bad-name",
    "namespace": "bad-namespace",
    "label": "bad-label",
    "annotation": "bad-annotation",
    "owner": "bad-owner",
}

OF_SCHEMAS = ("unknown-value", "bad-text", "bad-items", "no-match")  # what only the schema of a CRD says


@rule(*(f"crd/{kind}" for kind in RULES.values()), on="part")
@rule(*(f"kubernetes/{kind}" for kind in RULES.values() if kind not in OF_SCHEMAS), on="part")
def problems_of(
    findings: Iterable[Finding], layer: RuleLayer, base: FieldPath = (), **facts: str
) -> Iterator[Problem]:
    """Yield the problems of a layer that findings below the path `base` are; `facts` fill the rows' words."""
    for finding in findings:
        yield named(f"{layer}/{RULES[finding.kind]}", finding, base, **facts)


def named(name: str, finding: Finding, base: FieldPath = (), **facts: str) -> Problem:
    """Return the problem `name` that a finding is. `{remedy}` in a row's fix is its parameter "near", where a
    name that is near was found, else "far"."""
    parameters = rules.get_rule(name).parameters
    remedy = filled(
        str(parameters.get("near" if finding.expected else "far", "")), {"expected": finding.expected}
    )
    words = {**facts, "value": finding.value, "expected": finding.expected, "remedy": remedy}
    return rules.problem(name, base + finding.path, None, **words)
