"""The API server's checks of the resources of a container and a pod.

Source: Kubernetes 1.35, pkg/apis/core/validation and pkg/apis/core/helper.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, quantities, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.amounts import amount
from kaito_pack.kubernetes.decoding.asking import likely, named, one_of, required

if TYPE_CHECKING:
    from fractions import Fraction

STANDARD = ("cpu", "memory", "ephemeral-storage")
KNOWN_EXTENDED = ("nvidia.com/gpu", "amd.com/gpu")


def is_huge_page(name: str) -> bool:
    """Return whether the resource is memory in pages of a fixed size, such as `hugepages-2Mi`."""
    return name.startswith("hugepages-")


def is_native(name: str) -> bool:
    """Return whether the resource is built into Kubernetes: no prefix, or one of kubernetes.io."""
    return "/" not in name or "kubernetes.io/" in name


def may_overcommit(name: str) -> bool:
    """Return whether a request may be below the limit, which GPUs, other devices and huge pages exclude."""
    return is_native(name) and not is_huge_page(name)


def is_resource_name(name: str) -> bool:
    """Return whether a container may request the resource."""
    if not names.is_qualified(name):
        return False
    if "/" not in name:
        return name in STANDARD or is_huge_page(name)
    return is_native(name) or (not name.startswith("requests.") and names.is_qualified(f"requests.{name}"))


@rule("kubernetes/huge-pages-alone", on="part")
def check_resources(
    resources: object, path: FieldPath, claims: frozenset[str] = frozenset()
) -> Iterator[Problem]:
    """Yield the problems with a container's `resources`; `claims` names the pod's resourceClaims."""
    limits = dict(quantities(mapping(resources).get("limits")))
    requests = dict(quantities(mapping(resources).get("requests")))
    yield from check_amounts(limits, (*path, "limits"))
    yield from check_amounts(requests, (*path, "requests"))
    for name in requests:
        yield from check_request(name, requests, limits, path)
    asked = {*limits, *requests}
    if any(is_huge_page(name) for name in asked) and not asked & {"cpu", "memory"}:
        yield problem("kubernetes/huge-pages-alone", path)
    yield from check_claims(mapping(resources), path, claims)


@rule("kubernetes/huge-pages-size", on="part")
@rule("kubernetes/resource-negative", "kubernetes/resource-fraction", on="shared")
def check_amounts(amounts: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the names and amounts of `limits` or `requests`."""
    for name, value in amounts.items():
        if not is_resource_name(name):
            yield resource_name(name, (*path, name))
        number = amount(value)
        if number is None:
            continue
        if number < 0:
            yield problem(
                "kubernetes/resource-negative", (*path, name), resource=shown(name), value=shown(value)
            )
        elif not is_native(name) and thousandths(number) % 1000:
            yield problem(
                "kubernetes/resource-fraction", (*path, name), resource=shown(name), value=shown(value)
            )
        elif is_huge_page(name) and not fits_pages(name, number):
            yield problem(
                "kubernetes/huge-pages-size", (*path, name), resource=shown(name), value=shown(value)
            )


def thousandths(number: Fraction | int) -> int:
    """Return the amount in thousandths, rounded up as in the API server's comparisons."""
    return -(-number.numerator * 1000 // number.denominator)


def fits_pages(name: str, number: Fraction | int) -> bool:
    """Return whether an amount of huge pages is a multiple of a readable page size."""
    page = amount(name.removeprefix("hugepages-"))
    return page is not None and page > 0 and number % page == 0


@rule("kubernetes/resource-name", on="part")
def resource_name(name: str, path: FieldPath) -> Problem:
    """Return the problem of a resource that no container may request, with the most similar name."""
    by_last = {"gpu": "nvidia.com/gpu", "nvidia-gpu": "nvidia.com/gpu", "storage": "ephemeral-storage"}
    guess = by_last.get(name.lower()) or likely(name, (*STANDARD, *KNOWN_EXTENDED))
    hint = f"Did you mean {guess}" if guess else "Use cpu, memory, or a device such as nvidia.com/gpu"
    return problem("kubernetes/resource-name", path, resource=shown(name), hint=hint)


@rule("kubernetes/limit-required", "kubernetes/request-differs", "kubernetes/request-above-limit", on="part")
def check_request(name: str, requests: Fields, limits: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with one request compared with its limit."""
    request_path = (*path, "requests", name)
    if name not in limits:
        if not may_overcommit(name):
            yield problem(
                "kubernetes/limit-required", request_path, resource=shown(name), value=shown(requests[name])
            )
        return
    request, limit = amount(requests[name]), amount(limits[name])
    if request is None or limit is None:
        return
    facts = {"resource": shown(name), "request": shown(requests[name]), "limit": shown(limits[name])}
    if request != limit and not may_overcommit(name):
        yield problem("kubernetes/request-differs", request_path, None, **facts)
    elif request > limit:
        yield problem("kubernetes/request-above-limit", request_path, None, **facts)


@rule("kubernetes/claim-absent", on="part")
@rule("kubernetes/label-format", "kubernetes/name-duplicate", on="shared")
def check_claims(resources: Fields, path: FieldPath, claims: frozenset[str]) -> Iterator[Problem]:
    """Yield the problems with the container's use of the pod's resourceClaims."""
    seen: set[tuple[str, str]] = set()
    for claim, claim_path in entries(resources.get("claims"), (*path, "claims")):
        yield from required(claim, ["name"], claim_path, "a resource claim")
        yield from named(claim, "request", names.is_dns_label, claim_path, "kubernetes/label-format")
        name = text(claim.get("name"))
        use = (name, text(claim.get("request")))
        if name and name not in claims:
            yield problem("kubernetes/claim-absent", (*claim_path, "name"), value=shown(name))
        if use in seen:
            yield problem("kubernetes/name-duplicate", claim_path, value=shown(name), what="resource claim")
        seen.add(use)


@rule("kubernetes/name-duplicate", on="shared")
def check_resize_policy(container: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the resize policies of a container."""
    seen: set[str] = set()
    for policy, policy_path in entries(container.get("resizePolicy"), (*path, "resizePolicy")):
        yield from required(policy, ["resourceName", "restartPolicy"], policy_path, "a resize policy")
        yield from one_of(policy, "resourceName", ("cpu", "memory"), policy_path)
        yield from one_of(policy, "restartPolicy", ("NotRequired", "RestartContainer"), policy_path)
        name = text(policy.get("resourceName"))
        if name in seen:
            yield problem("kubernetes/name-duplicate", policy_path, value=shown(name), what="resize policy")
        seen.add(name)
