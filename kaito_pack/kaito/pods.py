"""Values in pod templates that the API server accepts but no node can run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kaito_pack.base.problems import Problem
from kaito_pack.facts.checks import rule
from kaito_pack.kubernetes.decoding.decoding import Finding
from kaito_pack.kubernetes.decoding.findings import Reported, named

# The rule for each kind of finding.
RULES: Mapping[str, str] = {
    "case": "controller/letter-case",
    "image-spaces": "controller/image-blanks",
    "medium": "controller/empty-dir-medium",
    "probe-port": "controller/probe-port-absent",
    "root": "controller/root-refused",
}


@rule(*RULES.values(), on="part")
def with_controller(reported: Iterable[Reported]) -> Iterator[Problem]:
    """Yield the problems that the API server reports, and its findings as problems of the controller."""
    for each in reported:
        yield named(RULES[each.kind], each) if isinstance(each, Finding) else each
