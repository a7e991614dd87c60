"""The API server's checks of resources of a whole pod, and of the claims that its containers share.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.sentences import either
from kaito_pack.base.trees import Fields, entries, mapping, quantities, sequence, strings, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.amounts import amount
from kaito_pack.kubernetes.decoding.asking import named, required
from kaito_pack.kubernetes.pods.resources import check_resources, is_huge_page

if TYPE_CHECKING:
    from fractions import Fraction

KNOWN_SINCE = (1, 34)  # the API server of older versions drops resources of the whole pod
# The values of each side that the API server compares with the resources of the pod.
COMBINED: tuple[tuple[str, Callable[[Sequence[Any]], Any], str], ...] = (
    ("requests", sum, "what its containers request together"),
    ("limits", max, "the limit of one of its containers"),
)
CLAIM_SOURCES = ("resourceClaimName", "resourceClaimTemplateName")


@rule("kubernetes/pod-resource-name", "kubernetes/pod-resource-claims", on="part")
def check_pod_resources(spec: Fields, path: FieldPath, kubernetes: tuple[int, ...]) -> Iterator[Problem]:
    """Yield the problems with resources of the whole pod."""
    if spec.get("resources") is None or kubernetes < KNOWN_SINCE:
        return
    resources, resources_path = mapping(spec["resources"]), (*path, "resources")
    for side in ("limits", "requests"):
        for name, _ in strings(resources.get(side)):
            if name not in {"cpu", "memory"} and not is_huge_page(name):
                yield problem(
                    "kubernetes/pod-resource-name", (*resources_path, side, name), resource=shown(name)
                )
    if resources.get("claims"):
        yield problem("kubernetes/pod-resource-claims", (*resources_path, "claims"))
    yield from check_resources(resources, resources_path)
    yield from check_sums(spec, resources, resources_path)


@rule("kubernetes/pod-resource-sum", on="part")
def check_sums(spec: Fields, resources: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the amounts of containers that exceed the resources of the pod."""
    containers = [
        mapping(mapping(container).get("resources")) for container in sequence(spec.get("containers"))
    ]
    for side, combined, what in COMBINED:
        for name, given in quantities(resources.get(side)):
            whole, asked = amount(given), [asked_of(own, side, name) for own in containers]
            if whole is not None and asked and combined(asked) > whole:
                facts = {"resource": shown(name), "value": shown(given), "what": what}
                yield problem("kubernetes/pod-resource-sum", (*path, side, name), **facts)


def asked_of(resources: Fields, side: str, name: str) -> Fraction | int:
    """Return the amount of a resource that a container requests."""
    return amount(mapping(resources.get(side)).get(name)) or 0


@rule("kubernetes/label-format", "kubernetes/name-duplicate", "kubernetes/one-source", on="shared")
def check_pod_claims(spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the pod's `resourceClaims`."""
    seen: set[str] = set()
    for claim, claim_path in entries(spec.get("resourceClaims"), (*path, "resourceClaims")):
        yield from required(claim, ["name"], claim_path, "a resource claim")
        yield from named(claim, "name", names.is_dns_label, claim_path, "kubernetes/label-format")
        name = text(claim.get("name"))
        if name and name in seen:
            yield problem(
                "kubernetes/name-duplicate", (*claim_path, "name"), value=shown(name), what="resource claim"
            )
        seen.add(name)
        sources = [source for source in CLAIM_SOURCES if claim.get(source) is not None]
        if len(sources) != 1:
            yield problem(
                "kubernetes/one-source",
                claim_path,
                what="a resource claim",
                choices=either(CLAIM_SOURCES),
            )
        for source in sources:
            yield from named(claim, source, names.is_subdomain, claim_path, empty=False)
