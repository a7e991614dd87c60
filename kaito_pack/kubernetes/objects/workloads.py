"""The API server's checks of objects that create pods, such as Deployments, StatefulSets and Jobs.

Source: Kubernetes 1.35, pkg/apis/apps/validation, pkg/apis/batch/validation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, sequence, text, unset, whole
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import minor, problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import named, not_negative, one_of, required
from kaito_pack.kubernetes.decoding.findings import Reported
from kaito_pack.kubernetes.decoding.selectors import check_selector, unmatched
from kaito_pack.kubernetes.pods.claims import check_claim
from kaito_pack.kubernetes.pods.pod import check_hostnames, check_pod_template

SPEC: FieldPath = ("spec",)
WORKLOAD_NUMBERS = ("replicas", "minReadySeconds")
DEPLOYMENT_NUMBERS = ("revisionHistoryLimit", "progressDeadlineSeconds")
JOB_NUMBERS = (
    "activeDeadlineSeconds",
    "backoffLimit",
    "backoffLimitPerIndex",
    "completions",
    "maxFailedIndexes",
    "parallelism",
    "ttlSecondsAfterFinished",
)
CRON_NUMBERS = ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
DEADLINE = 600  # seconds, the default of a Deployment's progressDeadlineSeconds
CLAIMS_JUDGED = (1, 35)  # the first version that checks claims and maxUnavailable of a StatefulSet
LONGEST_CRON_NAME = 52


@rule("kubernetes/selector-mismatch", on="part")
@rule("kubernetes/field-required", on="shared")
def check_workload(manifest: Fields, kubernetes: str) -> Iterator[Reported]:
    """Yield the problems with a StatefulSet, Deployment, DaemonSet or ReplicaSet."""
    spec, kind = mapping(manifest.get("spec")), text(manifest.get("kind"))
    yield from not_negative(spec, WORKLOAD_NUMBERS, SPEC)
    selector, selector_path = spec.get("selector"), (*SPEC, "selector")
    template = mapping(spec.get("template"))
    if not mapping(selector).get("matchLabels") and not mapping(selector).get("matchExpressions"):
        yield problem("kubernetes/field-required", selector_path, field="selector", what=f"a {kind}")
    yield from check_selector(selector, selector_path)
    labels = mapping(mapping(template.get("metadata")).get("labels"))
    for path, key, value in unmatched(selector, labels, selector_path):
        yield problem("kubernetes/selector-mismatch", path, key=shown(key), value=shown(value))
    if kind == "StatefulSet":
        template = {**template, "spec": with_claims(mapping(template.get("spec")), spec)}
    else:
        yield from check_hostnames(mapping(template.get("spec")), (*SPEC, "template", "spec"))
    yield from check_pod_template(template, (*SPEC, "template"), kubernetes)


def with_claims(pod: Fields, spec: Fields) -> dict[str, Any]:
    """Return the pod's spec with a StatefulSet's claims as volumes, replacing those of the same name."""
    claims = {text(mapping(mapping(claim).get("metadata")).get("name")) for claim in claims_of(spec)} - {""}
    claimed_volumes = [
        {"name": name, "persistentVolumeClaim": {"claimName": name}} for name in sorted(claims)
    ]
    # A replaced volume leaves a gap, so that the paths of the others stay valid.
    own_volumes = [
        {"name": f"replaced-{index}"} if text(mapping(volume).get("name")) in claims else volume
        for index, volume in enumerate(sequence(pod.get("volumes")))
    ]
    return {**pod, "volumes": own_volumes + claimed_volumes} if claimed_volumes else dict(pod)


def claims_of(spec: Fields) -> list[Any]:
    """Return the claim templates of a StatefulSet."""
    return sequence(spec.get("volumeClaimTemplates"))


@rule("kubernetes/label-format", "kubernetes/percent", on="shared")
def check_stateful_set(manifest: Fields, kubernetes: str) -> Iterator[Reported]:
    """Yield the problems with a StatefulSet."""
    spec = mapping(manifest.get("spec"))
    yield from check_workload(manifest, kubernetes)
    yield from named(spec, "serviceName", names.is_dns_label, SPEC, "kubernetes/label-format")
    yield from one_of(spec, "podManagementPolicy", ("OrderedReady", "Parallel"), SPEC)
    retention = "persistentVolumeClaimRetentionPolicy"
    for field in ("whenDeleted", "whenScaled"):
        yield from one_of(mapping(spec.get(retention)), field, ("Retain", "Delete"), (*SPEC, retention))
    yield from not_negative(mapping(spec.get("ordinals")), ["start"], (*SPEC, "ordinals"))
    strategy, path = mapping(spec.get("updateStrategy")), (*SPEC, "updateStrategy")
    yield from check_strategy(strategy, ("RollingUpdate", "OnDelete"), path)
    rolling, rolling_path = mapping(strategy.get("rollingUpdate")), (*path, "rollingUpdate")
    yield from not_negative(rolling, ["partition"], rolling_path)
    if minor(kubernetes) < CLAIMS_JUDGED:
        return
    if not is_amount(rolling.get("maxUnavailable")) or is_nothing(rolling.get("maxUnavailable")):
        yield problem(
            "kubernetes/percent", (*rolling_path, "maxUnavailable"), value=shown(rolling["maxUnavailable"])
        )
    for claim, claim_path in entries(claims_of(spec), (*SPEC, "volumeClaimTemplates")):
        metadata, metadata_path = mapping(claim.get("metadata")), (*claim_path, "metadata")
        yield from required(metadata, ["name"], metadata_path, "a claim of a StatefulSet")
        yield from named(metadata, "name", names.is_dns_label, metadata_path, "kubernetes/label-format")
        yield from check_claim(mapping(claim.get("spec")), (*claim_path, "spec"))


@rule("kubernetes/rollout-stuck", "kubernetes/deadline-order", on="part")
@rule("kubernetes/percent", on="shared")
def check_deployment(manifest: Fields, kubernetes: str) -> Iterator[Reported]:
    """Yield the problems with a Deployment."""
    spec = mapping(manifest.get("spec"))
    yield from check_workload(manifest, kubernetes)
    yield from not_negative(spec, DEPLOYMENT_NUMBERS, SPEC)
    strategy, path = mapping(spec.get("strategy")), (*SPEC, "strategy")
    yield from check_strategy(strategy, ("RollingUpdate", "Recreate"), path)
    rolling, rolling_path = mapping(strategy.get("rollingUpdate")), (*path, "rollingUpdate")
    for field in ("maxSurge", "maxUnavailable"):
        if not is_amount(rolling.get(field)):
            yield problem("kubernetes/percent", (*rolling_path, field), value=shown(rolling[field]))
    if all(is_nothing(rolling.get(field)) for field in ("maxSurge", "maxUnavailable")):
        yield problem("kubernetes/rollout-stuck", rolling_path)
    deadline, ready = whole(spec.get("progressDeadlineSeconds")), whole(spec.get("minReadySeconds")) or 0
    if (DEADLINE if deadline is None else deadline) <= ready:
        yield problem("kubernetes/deadline-order", (*SPEC, "progressDeadlineSeconds"), ready=ready)


@rule("kubernetes/strategy-twice", on="part")
def check_strategy(strategy: Fields, types: tuple[str, str], path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the update strategy; the first of the types is the default."""
    yield from one_of(strategy, "type", types, path)
    if text(strategy.get("type")) == types[1] and strategy.get("rollingUpdate") is not None:
        yield problem("kubernetes/strategy-twice", (*path, "rollingUpdate"), type=types[1])


def is_amount(value: object) -> bool:
    """Return whether a number of pods is not negative, or is a percentage in whole per cent."""
    if isinstance(value, str):
        return bool(re.fullmatch("[0-9]+%", value))
    number = whole(value)
    return number is None or number >= 0


def is_nothing(value: object) -> bool:
    """Return whether a number or percentage of pods is 0."""
    return whole(value) == 0 or (isinstance(value, str) and bool(re.fullmatch("0+%", value)))


def check_job(manifest: Fields, kubernetes: str) -> Iterator[Reported]:
    """Yield the problems with a Job."""
    yield from check_job_spec(mapping(manifest.get("spec")), SPEC, kubernetes)


@rule("kubernetes/schedule", on="part")
@rule("kubernetes/number-range", on="shared")
def check_cron_job(manifest: Fields, kubernetes: str) -> Iterator[Reported]:
    """Yield the problems with a CronJob."""
    spec = mapping(manifest.get("spec"))
    yield from required(spec, ["schedule"], SPEC, "a CronJob")
    yield from named(spec, "schedule", is_schedule, SPEC, "kubernetes/schedule")
    yield from one_of(spec, "concurrencyPolicy", ("Allow", "Forbid", "Replace"), SPEC)
    yield from not_negative(spec, CRON_NUMBERS, SPEC)
    if spec.get("timeZone") is not None and unset(spec["timeZone"]):
        yield from required(spec, ["timeZone"], SPEC, "a CronJob with a time zone")
    name = text(mapping(manifest.get("metadata")).get("name"))
    if len(name) > LONGEST_CRON_NAME:
        facts = {"field": "the length of a CronJob's name", "low": 1, "high": LONGEST_CRON_NAME}
        yield problem("kubernetes/number-range", ("metadata", "name"), None, value=len(name), **facts)
    job = mapping(mapping(spec.get("jobTemplate")).get("spec"))
    yield from check_job_spec(job, ("spec", "jobTemplate", "spec"), kubernetes)


def is_schedule(schedule: str) -> bool:
    """Return whether a text is a cron schedule: five fields, or a word such as @daily; no time zone."""
    if schedule.startswith("@every "):
        return bool(re.fullmatch(r"@every ([0-9.]+(h|m|s|ms|us|µs|ns))+", schedule))
    if schedule.startswith("@"):
        return schedule in {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
    parts = schedule.split()
    return len(parts) == 5 and all(re.fullmatch("[-*?,/0-9A-Za-z]+", part) for part in parts)


def check_job_spec(spec: Fields, path: FieldPath, kubernetes: str) -> Iterator[Reported]:
    """Yield the problems with the `spec` of a Job."""
    yield from not_negative(spec, JOB_NUMBERS, path)
    yield from one_of(spec, "completionMode", ("NonIndexed", "Indexed"), path, empty=False)
    if spec.get("completionMode") == "Indexed" and spec.get("completions") is None:
        yield from required(spec, ["completions"], path, "a Job of completionMode Indexed")
    template, template_path = mapping(spec.get("template")), (*path, "template")
    yield from check_pod_template(template, template_path, kubernetes, restart=("OnFailure", "Never"))
    yield from check_hostnames(mapping(template.get("spec")), (*template_path, "spec"))


CHECKS: Mapping[str, Callable[[Fields, str], Iterator[Reported]]] = {
    "CronJob": check_cron_job,
    "DaemonSet": check_workload,
    "Deployment": check_deployment,
    "Job": check_job,
    "ReplicaSet": check_workload,
    "StatefulSet": check_stateful_set,
}
