"""The API server's checks of the limits of a namespace: limit ranges and quotas.

Source: Kubernetes 1.35, pkg/apis/core/validation and pkg/apis/core/helper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, quantities, sequence, text, texts
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.amounts import amount
from kaito_pack.kubernetes.decoding.asking import likely, one_of, required
from kaito_pack.kubernetes.pods.resources import is_native, is_resource_name, resource_name, thousandths

LIMIT_TYPES = ("Pod", "Container", "PersistentVolumeClaim")
CLAIM = "PersistentVolumeClaim"
LEVELS = ("min", "defaultRequest", "default", "max")  # each at most the next one that is set
COUNTED = (
    "pods services replicationcontrollers resourcequotas secrets configmaps persistentvolumeclaims"
    " services.nodeports services.loadbalancers"
).split()
MEASURED = (
    "cpu memory ephemeral-storage requests.cpu requests.memory requests.storage requests.ephemeral-storage"
    " limits.cpu limits.memory limits.ephemeral-storage"
).split()
COMPUTE = frozenset("pods cpu memory limits.cpu limits.memory requests.cpu requests.memory".split())
# The standard resources that a quota with each scope may limit.
SCOPES: dict[str, frozenset[str]] = {
    **dict.fromkeys(("Terminating", "NotTerminating", "NotBestEffort", "PriorityClass"), COMPUTE),
    "CrossNamespacePodAffinity": COMPUTE,
    "BestEffort": frozenset({"pods"}),
    "VolumeAttributesClass": frozenset({"persistentvolumeclaims", "requests.storage"}),
}
OPPOSITES = {"NotTerminating": "Terminating", "NotBestEffort": "BestEffort"}
OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


@rule("kubernetes/limit-type-field", on="part")
@rule("kubernetes/field-required", "kubernetes/name-duplicate", on="shared")
def check_limit_range(manifest: Fields, kubernetes: str) -> Iterator[Problem]:
    """Yield the problems with a LimitRange."""
    seen: set[str] = set()
    for limit, path in entries(mapping(manifest.get("spec")).get("limits"), ("spec", "limits")):
        kind = text(limit.get("type"))
        yield from required(limit, ["type"], path, "a limit")
        if "/" not in kind or not names.is_qualified(kind):
            yield from one_of(limit, "type", LIMIT_TYPES, path)
        if kind in seen:
            yield problem("kubernetes/name-duplicate", (*path, "type"), value=shown(kind), what="limit")
        seen.add(kind)
        if kind == "Pod":
            for field in ("default", "defaultRequest"):
                if limit.get(field):
                    yield problem("kubernetes/limit-type-field", (*path, field), field=field, type=kind)
        if kind == CLAIM and not any("storage" in mapping(limit.get(field)) for field in ("min", "max")):
            yield problem(
                "kubernetes/field-required", (*path, "max"), field="storage in min or max", what=CLAIM
            )
        yield from _check_levels(limit, kind, path)


@rule("kubernetes/limit-order", on="part")
def _check_levels(limit: Fields, kind: str, path: FieldPath) -> Iterator[Problem]:
    """Yield names that no limit can apply to, and contradictory amounts."""
    amounts = {level: dict(quantities(limit.get(level))) for level in LEVELS}
    for level, given in amounts.items():
        for name in given:
            if kind in ("Pod", "Container") and not is_resource_name(name):
                yield resource_name(name, (*path, level, name))
    for name in dict.fromkeys(name for given in amounts.values() for name in given):
        given_levels = [level for level in LEVELS if amount(amounts[level].get(name)) is not None]
        for lower, upper in pairwise(given_levels):
            low, high = amounts[lower][name], amounts[upper][name]
            if (amount(low) or 0) > (amount(high) or 0):
                facts = {"resource": shown(name), "lower": lower, "upper": upper}
                yield problem(
                    "kubernetes/limit-order", (*path, lower, name), low=shown(low), high=shown(high), **facts
                )


@rule("kubernetes/quota-resource", on="part")
@rule("kubernetes/resource-negative", "kubernetes/resource-fraction", on="shared")
def check_quota(manifest: Fields, kubernetes: str) -> Iterator[Problem]:
    """Yield the problems with a ResourceQuota."""
    spec = mapping(manifest.get("spec"))
    for name, value in quantities(spec.get("hard")):
        path: FieldPath = ("spec", "hard", name)
        if not is_quota_resource(name):
            guess = likely(name, (*COUNTED, *MEASURED, "requests.nvidia.com/gpu"))
            guess = "requests.nvidia.com/gpu" if "gpu" in name.lower() else guess
            hint = f"Did you mean {guess}" if guess else "Use pods, requests.cpu, or requests.nvidia.com/gpu"
            yield problem("kubernetes/quota-resource", path, value=shown(name), hint=hint)
        number = amount(value)
        facts = {"resource": shown(name), "value": shown(value)}
        if number is not None and number < 0:
            yield problem("kubernetes/resource-negative", path, **facts)
        elif number is not None and _is_counted(name) and thousandths(number) % 1000:
            yield problem("kubernetes/resource-fraction", path, **facts)
    yield from _check_scopes(spec, ("spec",))


@rule("kubernetes/quota-scope", on="part")
def _check_scopes(spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield scopes that do not exist, exclude each other, or match none of the resources."""
    scopes = [*texts(sequence(spec.get("scopes")), (*path, "scopes"))]
    expressions = (*path, "scopeSelector", "matchExpressions")
    for entry, place in entries(mapping(spec.get("scopeSelector")).get("matchExpressions"), expressions):
        scopes.append((text(entry.get("scopeName")), (*place, "scopeName")))
        yield from one_of(entry, "operator", OPERATORS, place, empty=False)
        if entry.get("operator") in ("In", "NotIn"):
            yield from required(entry, ["values"], place, "a scope with operator In or NotIn")
    given = {scope for scope, _ in scopes}
    for scope, place in scopes:
        yield from (
            unsupported._replace(path=place)
            for unsupported in one_of({"scopes": scope}, "scopes", tuple(SCOPES), (), empty=False)
        )
        other = OPPOSITES.get(scope)
        if other in given and scope.startswith("Not"):
            yield problem("kubernetes/quota-scope", place, scope=scope, what=f"scope {other}")
        for name, _ in quantities(spec.get("hard")):
            if scope in SCOPES and _is_standard(name) and name not in SCOPES[scope]:
                yield problem("kubernetes/quota-scope", place, scope=scope, what=f"a limit on {name}")


def _is_standard(name: str) -> bool:
    return is_quota_resource(name) and "/" not in name


def is_quota_resource(name: str) -> bool:
    """Return whether a quota may limit the resource: a standard one, or one with a prefix and `/`."""
    if not names.is_qualified(name):
        return False
    pages = name.removeprefix("requests.").startswith("hugepages-")
    return "/" in name or pages or name in COUNTED or name in MEASURED


def _is_counted(name: str) -> bool:
    """Return whether the resource exists only in whole numbers."""
    return name in COUNTED or ("/" in name and not is_native(name) and not name.startswith("requests."))


CHECKS: dict[str, Callable[[Fields, str], Iterator[Problem]]] = {
    "LimitRange": check_limit_range,
    "ResourceQuota": check_quota,
}
