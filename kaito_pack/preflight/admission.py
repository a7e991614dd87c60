"""Checks the admission rules of a namespace: Pod Security standard, limit ranges and quotas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kaito_pack.base.display import shown
from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, mapping, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.pods.standards import LEVELS, violations
from kaito_pack.preflight import limits, quotas
from kaito_pack.preflight.asking import ClusterReader
from kaito_pack.preflight.pods import Pods, pods_of

ENFORCED = "pod-security.kubernetes.io/enforce"


def check(
    bodies: Sequence[Manifest], cluster: ClusterReader, namespace: str, stored: Manifest | None
) -> Iterator[Problem]:
    """Yield what the namespace would reject; the first of `bodies` updates the Workspace `stored`."""
    pods = list(pods_of(bodies))
    labels = mapping(mapping((cluster.object("namespaces", namespace) or {}).get("metadata")).get("labels"))
    level = text(labels.get(ENFORCED))
    if level in LEVELS[1:]:
        yield from _check_standard(pods, level, namespace)
    ranges = limits.read(cluster, namespace)
    yield from limits.check(pods, ranges)
    yield from quotas.check(bodies, pods, ranges, cluster, namespace, stored)


@rule(
    "preflight/pod-security",
    "preflight/pod-security-met",
    "preflight/pod-security-unknown",
    on="part",
)
def _check_standard(pods: Sequence[Pods], level: str, namespace: str) -> Iterator[Problem]:
    """Yield the fields that the Pod Security standard of the namespace forbids or requires."""
    facts = {"namespace": shown(namespace), "level": shown(level)}
    is_met = True
    for each in pods:
        if each.spec is None:
            is_met = False
            yield problem("preflight/pod-security-unknown", title=each.title, **facts)
            continue
        for violation in violations(each.spec, level):
            is_met = False
            words = {"title": each.title, "path": path_text((*each.path, *violation.path))}
            yield problem("preflight/pod-security", what=violation.what, fix=violation.fix, **words, **facts)
    if is_met:
        yield problem("preflight/pod-security-met", **facts)
