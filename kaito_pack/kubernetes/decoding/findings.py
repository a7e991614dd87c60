"""Converts findings to problems: layer and kind of finding name the rule, whose row has the words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem, RuleLayer
from kaito_pack.base.sentences import filled
from kaito_pack.facts import rules
from kaito_pack.facts.checks import rule
from kaito_pack.kubernetes.decoding.decoding import Finding

# Values that the API server rejects are problems. Values that it accepts but a node cannot run are findings:
# the caller names the rule, because the layer depends on the caller.
Reported = Problem | Finding

# The rule of each kind of finding is `<layer>/<value>`.
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

OF_SCHEMAS = ("unknown-value", "bad-text", "bad-items", "no-match")  # only from the schema of a CRD


@rule(*(f"crd/{kind}" for kind in RULES.values()), on="part")
@rule(*(f"kubernetes/{kind}" for kind in RULES.values() if kind not in OF_SCHEMAS), on="part")
def problems_of(
    findings: Iterable[Finding], layer: RuleLayer, base: FieldPath = (), **facts: str
) -> Iterator[Problem]:
    """Yield the problems of a layer for the findings below the path `base`; `facts` fill the rows' words."""
    for finding in findings:
        yield named(f"{layer}/{RULES[finding.kind]}", finding, base, **facts)


def named(name: str, finding: Finding, base: FieldPath = (), **facts: str) -> Problem:
    """Return the problem `name` for a finding.

    `{remedy}` in a row's fix is its parameter "near" if a similar name exists, else "far".
    """
    parameters = rules.get_rule(name).parameters
    remedy = filled(
        str(parameters.get("near" if finding.expected else "far", "")), {"expected": finding.expected}
    )
    words = {**facts, "value": finding.value, "expected": finding.expected, "remedy": remedy}
    return rules.problem(name, base + finding.path, None, **words)
