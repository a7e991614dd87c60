"""The API server's checks of a HorizontalPodAutoscaler.

Source: Kubernetes 1.35, pkg/apis/autoscaling/validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, sequence, text, whole
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, minor, problem
from kaito_pack.kubernetes.decoding import definitions, names
from kaito_pack.kubernetes.decoding.amounts import amount
from kaito_pack.kubernetes.decoding.asking import in_range, named, one_of, required
from kaito_pack.kubernetes.decoding.selectors import check_selector

LARGEST_COUNT = 2**31 - 1
LONGEST_PERIOD, LONGEST_WINDOW = 1800, 3600  # seconds
METRICS = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
TARGETS = ("Utilization", "Value", "AverageValue")
WITHOUT_GROUP = ("", "ReplicationController")  # kinds that can be scaled without an API group
# The targets that a metric of each kind may have, and whether it accepts only one of them.
GOALS_OF: dict[str, tuple[tuple[str, ...], bool]] = {
    "containerResource": (("averageUtilization", "averageValue"), True),
    "external": (("value", "averageValue"), True),
    "object": (("value", "averageValue"), False),
    "pods": (("averageValue",), False),
    "resource": (("averageUtilization", "averageValue"), True),
}


@rule("kubernetes/replicas-order", on="part")
def check_scaler(manifest: Fields, kubernetes: str) -> Iterator[Problem]:
    """Yield the problems with a HorizontalPodAutoscaler."""
    spec, path = mapping(manifest.get("spec")), ("spec",)
    target, target_path = mapping(spec.get("scaleTargetRef")), ("spec", "scaleTargetRef")
    yield from _check_reference(target, target_path, "a scaler")
    if text(target.get("kind")) not in WITHOUT_GROUP:
        yield from _check_group(target, target_path, kubernetes)
    for name in ("minReplicas", "maxReplicas"):
        yield from in_range(spec, name, 1, LARGEST_COUNT, path)
    least, most = whole(spec.get("minReplicas")), whole(spec.get("maxReplicas"))
    if least is not None and most is not None and 1 <= most < least:
        yield problem("kubernetes/replicas-order", (*path, "maxReplicas"), most=most, least=least)
    for metric, place in entries(spec.get("metrics"), (*path, "metrics")):
        yield from _check_metric(metric, place)
    for direction in ("scaleUp", "scaleDown"):
        rules = mapping(spec.get("behavior")).get(direction)
        if rules is not None:
            yield from _check_behavior(mapping(rules), (*path, "behavior", direction))


def _check_reference(target: Fields, path: FieldPath, what: str) -> Iterator[Problem]:
    """Yield the problems with a reference to an object by version, kind and name."""
    yield from required(target, ["kind", "name"], path, what)
    for name in ("kind", "name"):
        yield from named(target, name, names.is_path_segment, path)


@rule("kubernetes/scaled-group", on="part")
def _check_group(target: Fields, path: FieldPath, kubernetes: str) -> Iterator[Problem]:
    """Yield a problem if the API group of the scaled object is missing or cannot exist."""
    given = text(target.get("apiVersion"))
    group, _, version = given.rpartition("/")
    is_right = bool(version) and names.is_subdomain(group)
    if not is_right and minor(kubernetes) >= minor(get_rule("kubernetes/scaled-group").parameters["since"]):
        kind = target.get("kind")
        right = definitions.api_versions_of(kubernetes, kind) if isinstance(kind, str) else []
        expected = right[0] if right else "apps/v1"
        yield problem("kubernetes/scaled-group", (*path, "apiVersion"), value=shown(given), expected=expected)


def _check_behavior(rules: Fields, path: FieldPath) -> Iterator[Problem]:
    yield from in_range(rules, "stabilizationWindowSeconds", 0, LONGEST_WINDOW, path)
    yield from one_of(rules, "selectPolicy", ("Max", "Min", "Disabled"), path, empty=False)
    if isinstance(rules.get("policies"), list):
        yield from required(rules, ["policies"], path, "a scaling direction")
    for policy, place in entries(sequence(rules.get("policies")), (*path, "policies")):
        yield from required(policy, ["type", "value", "periodSeconds"], place, "a scaling policy")
        yield from one_of(policy, "type", ("Pods", "Percent"), place)
        yield from in_range(policy, "value", 0, LARGEST_COUNT, place)
        yield from in_range(policy, "periodSeconds", 0, LONGEST_PERIOD, place)


@rule("kubernetes/handler-second", on="shared")
def _check_metric(metric: Fields, path: FieldPath) -> Iterator[Problem]:
    yield from required(metric, ["type"], path, "a metric")
    yield from one_of(metric, "type", sorted(METRICS), path)
    kind = text(metric.get("type"))
    if kind not in METRICS:
        return
    source = METRICS[kind]
    yield from required(metric, [source], path, f"a metric of type {kind}")
    for other in METRICS.values():
        if other != source and metric.get(other) is not None and metric.get(source) is not None:
            yield problem("kubernetes/handler-second", (*path, other), first=source, second=other)
    if metric.get(source):
        yield from _check_source(mapping(metric[source]), (*path, source))


@rule("kubernetes/goal-amount", on="part")
@rule("kubernetes/one-source", on="shared")
def _check_source(source: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the source of a metric and its target."""
    if path[-1] in ("resource", "containerResource"):
        wanted = ["name", "container"] if path[-1] == "containerResource" else ["name"]
        yield from required(source, wanted, path, "a metric of a resource")
    elif source.get("metric") is not None:
        yield from required(mapping(source["metric"]), ["name"], (*path, "metric"), "a metric")
        yield from named(mapping(source["metric"]), "name", names.is_path_segment, (*path, "metric"))
        yield from check_selector(mapping(source["metric"]).get("selector"), (*path, "metric", "selector"))
    if path[-1] == "object":
        described = mapping(source.get("describedObject"))
        yield from _check_reference(described, (*path, "describedObject"), "a metric of an object")
    goal, goal_path = mapping(source.get("target")), (*path, "target")
    yield from required(goal, ["type"], goal_path, "a metric")
    yield from one_of(goal, "type", TARGETS, goal_path)
    yield from in_range(goal, "averageUtilization", 1, LARGEST_COUNT, goal_path)
    goals, is_exclusive = GOALS_OF[str(path[-1])]
    count = sum(goal.get(name) is not None for name in goals)
    if count == 0 or (count > 1 and is_exclusive):
        yield problem("kubernetes/one-source", goal_path, what="a metric", choices=", ".join(goals))
    for name in ("averageValue", "value"):
        number = amount(goal.get(name)) if goal.get(name) is not None else None
        if number is not None and number <= 0:
            yield problem("kubernetes/goal-amount", (*goal_path, name), field=name, value=shown(goal[name]))


CHECKS: dict[str, Callable[[Fields, str], Iterator[Problem]]] = {"HorizontalPodAutoscaler": check_scaler}
