"""The API server's checks of the placement of a pod: tolerations, affinity, spreading.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, sequence, text, texts, whole
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import in_range, one_of, required
from kaito_pack.kubernetes.decoding.selectors import check_node_term, check_selector

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
REQUIRED, PREFERRED = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)


@rule("kubernetes/toleration-value", "kubernetes/toleration-key", "kubernetes/toleration-seconds", on="part")
@rule("kubernetes/label-key", "kubernetes/label-value", on="shared")
def check_tolerations(spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with `tolerations`."""
    for toleration, toleration_path in entries(spec.get("tolerations"), (*path, "tolerations")):
        key, operator, value = (text(toleration.get(name)) for name in ("key", "operator", "value"))
        if key and not names.is_qualified(key):
            yield problem("kubernetes/label-key", (*toleration_path, "key"), key=shown(key))
        yield from one_of(toleration, "operator", ("Equal", "Exists"), toleration_path)
        yield from one_of(toleration, "effect", EFFECTS, toleration_path)
        if operator == "Exists" and value:
            yield problem("kubernetes/toleration-value", (*toleration_path, "value"), value=shown(value))
        if operator in {"", "Equal"} and not names.is_label_value(value):
            yield problem(
                "kubernetes/label-value", (*toleration_path, "value"), key=shown(key), value=shown(value)
            )
        if not key and toleration.get("key") in (None, "") and operator in {"", "Equal"}:
            yield problem("kubernetes/toleration-key", (*toleration_path, "operator"))
        seconds = whole(toleration.get("tolerationSeconds"))
        if seconds is not None and toleration.get("effect") != "NoExecute":
            yield problem("kubernetes/toleration-seconds", (*toleration_path, "tolerationSeconds"))


@rule("kubernetes/name-duplicate", on="shared")
def check_spreading(spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with `topologySpreadConstraints`."""
    seen: set[tuple[str, str]] = set()
    constraints = spec.get("topologySpreadConstraints")
    for constraint, constraint_path in entries(constraints, (*path, "topologySpreadConstraints")):
        yield from required(
            constraint,
            ["maxSkew", "topologyKey", "whenUnsatisfiable"],
            constraint_path,
            "a spread constraint",
        )
        yield from in_range(constraint, "maxSkew", 0, 2**31 - 1, constraint_path)
        yield from one_of(
            constraint, "whenUnsatisfiable", ("DoNotSchedule", "ScheduleAnyway"), constraint_path
        )
        key, when = text(constraint.get("topologyKey")), text(constraint.get("whenUnsatisfiable"))
        if (key, when) in seen:
            yield problem(
                "kubernetes/name-duplicate", constraint_path, value=shown(key), what="spread constraint"
            )
        seen.add((key, when))
        yield from check_domains(constraint, constraint_path)
        if constraint.get("labelSelector") is not None:
            yield from check_selector(constraint["labelSelector"], (*constraint_path, "labelSelector"))


@rule("kubernetes/min-domains", on="part")
def check_domains(constraint: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the detailed settings of a spread constraint."""
    domains = whole(constraint.get("minDomains"))
    if domains is not None and (domains < 1 or constraint.get("whenUnsatisfiable") != "DoNotSchedule"):
        yield problem("kubernetes/min-domains", (*path, "minDomains"), value=shown(domains))
    for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
        yield from one_of(constraint, field, ("Honor", "Ignore"), path, empty=False)
    yield from check_label_keys(constraint, "matchLabelKeys", path)


@rule("kubernetes/label-keys-alone", on="part")
@rule("kubernetes/label-key", on="shared")
def check_label_keys(owner: Fields, field: str, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with label keys whose values come from the pod."""
    keys = sequence(owner.get(field))
    if keys and owner.get("labelSelector") is None:
        yield problem("kubernetes/label-keys-alone", (*path, field), field=field)
    for key, key_path in texts(keys, (*path, field)):
        if not names.is_qualified(key):
            yield problem("kubernetes/label-key", key_path, key=shown(key))


def check_affinity(spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with `affinity`."""
    affinity, affinity_path = mapping(spec.get("affinity")), (*path, "affinity")
    node, node_path = mapping(affinity.get("nodeAffinity")), (*affinity_path, "nodeAffinity")
    if isinstance(node.get(REQUIRED), dict):
        selector = mapping(node[REQUIRED])
        yield from required(
            selector, ["nodeSelectorTerms"], (*node_path, REQUIRED), "a required node affinity"
        )
        for term, term_path in entries(
            selector.get("nodeSelectorTerms"), (*node_path, REQUIRED, "nodeSelectorTerms")
        ):
            yield from check_node_term(term, term_path)
    for wish, wish_path in entries(node.get(PREFERRED), (*node_path, PREFERRED)):
        yield from check_weight(wish, wish_path)
        yield from check_node_term(mapping(wish.get("preference")), (*wish_path, "preference"))
    for kind in ("podAffinity", "podAntiAffinity"):
        yield from check_pod_affinity(mapping(affinity.get(kind)), (*affinity_path, kind))


def check_pod_affinity(affinity: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with pod affinity or anti-affinity."""
    for term, term_path in entries(affinity.get(REQUIRED), (*path, REQUIRED)):
        yield from check_pod_term(term, term_path)
    for wish, wish_path in entries(affinity.get(PREFERRED), (*path, PREFERRED)):
        yield from check_weight(wish, wish_path)
        yield from check_pod_term(mapping(wish.get("podAffinityTerm")), (*wish_path, "podAffinityTerm"))


@rule("kubernetes/label-format", "kubernetes/label-key", on="shared")
def check_pod_term(term: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with one term that selects pods."""
    yield from required(term, ["topologyKey"], path, "a pod affinity term")
    key = text(term.get("topologyKey"))
    if key and not names.is_qualified(key):
        yield problem("kubernetes/label-key", (*path, "topologyKey"), key=shown(key))
    for field in ("labelSelector", "namespaceSelector"):
        if term.get(field) is not None:
            yield from check_selector(term[field], (*path, field))
    for namespace, namespace_path in texts(term.get("namespaces"), (*path, "namespaces")):
        if not names.is_dns_label(namespace):
            yield problem(
                "kubernetes/label-format", namespace_path, field="namespace", value=shown(namespace)
            )
    for field in ("matchLabelKeys", "mismatchLabelKeys"):
        yield from check_label_keys(term, field, path)


def check_weight(wish: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield a problem if the weight of a preference is outside 1 to 100."""
    yield from in_range({"weight": wish.get("weight") or 0}, "weight", 1, 100, path)
