"""Checks a ScaledObject beyond its schema, as KEDA's admission webhook and scalers do.

Source: KEDA 2.15, ScaledObject specification, cron and prometheus scalers.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, Manifest, entries, mapping, text, whole
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.facts.tables import first
from kaito_pack.kaito import crd
from kaito_pack.kaito.fields import GROUP
from kaito_pack.kubernetes.decoding import cron
from kaito_pack.workspace.inference_sets import KIND as INFERENCE_SET

SPEC: FieldPath = ("spec",)
TARGET: FieldPath = ("spec", "scaleTargetRef")
MOST = 100  # default of maxReplicaCount


def check(body: Manifest, kaito: str) -> Iterator[Problem]:
    """Yield what KEDA rejects, or accepts but cannot act on; `kaito` is the KAITO minor of the cluster."""
    spec = mapping(body.get("spec"))
    yield from _check_counts(spec)
    yield from _check_target(mapping(spec.get("scaleTargetRef")), kaito)
    required = get_rule("controller/scaled-metadata-missing").parameters["required"]
    for trigger, path in entries(spec.get("triggers"), (*SPEC, "triggers")):
        kind = text(trigger.get("type"))
        yield from _check_required(mapping(trigger.get("metadata")), kind, required.get(kind, ()), path)
        if kind == "cron":
            yield from _check_schedule(mapping(trigger.get("metadata")), (*path, "metadata"), spec)


@rule("kubernetes/scaled-replicas-order", "kubernetes/scaled-idle-order", on="part")
def _check_counts(spec: Fields) -> Iterator[Problem]:
    """Yield contradictory numbers of replicas, which KEDA's webhook rejects."""
    least, most = whole(spec.get("minReplicaCount")) or 0, whole(spec.get("maxReplicaCount"))
    if (MOST if most is None else most) < least:
        facts = {"least": least, "most": MOST if most is None else most}
        yield problem("kubernetes/scaled-replicas-order", (*SPEC, "maxReplicaCount"), None, **facts)
    idle = whole(spec.get("idleReplicaCount"))
    if idle is not None and idle >= least:
        path = (*SPEC, "idleReplicaCount")
        yield problem("kubernetes/scaled-idle-order", path, None, idle=idle, least=least)


@rule("controller/scaled-target-kind", "controller/scaled-target-version", on="part")
def _check_target(target: Fields, kaito: str) -> Iterator[Problem]:
    """Yield a target of KAITO without a scale subresource, or of a version that this KAITO does not have."""
    group, _, api = text(target.get("apiVersion")).rpartition("/")
    kind = text(target.get("kind"))
    if group != GROUP:
        return
    served = crd.schemas(kaito, INFERENCE_SET)
    if kind != INFERENCE_SET:
        yield problem("controller/scaled-target-kind", (*TARGET, "kind"), None, kind=shown(kind))
    elif served and api not in served:
        facts = {"value": shown(api), "kaito": kaito, "expected": f"{GROUP}/{max(served)}"}
        yield problem("controller/scaled-target-version", (*TARGET, "apiVersion"), None, **facts)


@rule("controller/scaled-metadata-missing", on="part")
def _check_required(metadata: Fields, kind: str, required: list[str], path: FieldPath) -> Iterator[Problem]:
    for name in required:
        if not text(metadata.get(name)):
            facts = {"kind": kind, "name": name}
            yield problem("controller/scaled-metadata-missing", (*path, "metadata", name), None, **facts)


@rule(
    "controller/scaled-schedule",
    "controller/scaled-time-zone",
    "controller/scaled-window-empty",
    "controller/scaled-replicas-above",
    on="part",
)
def _check_schedule(metadata: Fields, path: FieldPath, spec: Fields) -> Iterator[Problem]:
    """Yield the problems of a cron trigger, which KEDA accepts but never uses for scaling."""
    start, end, zone = (text(metadata.get(name)) for name in ("start", "end", "timezone"))
    for name, value in (("start", start), ("end", end)):
        if value and (reason := cron.error_of(value)):
            yield problem(
                "controller/scaled-schedule", (*path, name), None, value=shown(value), reason=reason
            )
    if start and start.split() == end.split():
        yield problem("controller/scaled-window-empty", (*path, "end"), None, value=shown(end))
    if zone and zone not in time_zones():
        near = did_you_mean(zone, time_zones())
        fix = f"did you mean {shown(near)}" if near else "Write a name such as Europe/Berlin or UTC"
        yield problem("controller/scaled-time-zone", (*path, "timezone"), None, value=shown(zone), fix=fix)
    replicas, most = text(metadata.get("desiredReplicas")), whole(spec.get("maxReplicaCount")) or MOST
    if replicas.isascii() and replicas.isdigit() and len(replicas) < 10 and int(replicas) > most:
        facts = {"value": replicas, "most": most}
        yield problem("controller/scaled-replicas-above", (*path, "desiredReplicas"), None, **facts)


@cache
def time_zones() -> frozenset[str]:
    """Return the names of the IANA time zone database."""
    return frozenset(first("time-zones.json")["names"])
