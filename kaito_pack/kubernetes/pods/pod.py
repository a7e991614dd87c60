"""Checks a pod template of a StatefulSet, a Deployment, a Job or similar kinds as the API server does.

Source: Kubernetes 1.35, pkg/apis/core/validation and pkg/apis/apps/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.sentences import either
from kaito_pack.base.trees import Fields, entries, mapping, strings, text, whole
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import minor, problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import in_range, named, one_of
from kaito_pack.kubernetes.decoding.findings import Reported
from kaito_pack.kubernetes.decoding.metadata import check_annotations, check_labels
from kaito_pack.kubernetes.pods.containers import check_containers
from kaito_pack.kubernetes.pods.dns import check_dns
from kaito_pack.kubernetes.pods.operating_system import check_os
from kaito_pack.kubernetes.pods.pod_annotations import check_pod_annotations
from kaito_pack.kubernetes.pods.pod_resources import check_pod_claims, check_pod_resources
from kaito_pack.kubernetes.pods.resources import check_amounts
from kaito_pack.kubernetes.pods.scheduling import check_affinity, check_spreading, check_tolerations
from kaito_pack.kubernetes.pods.security import check_pod_security
from kaito_pack.kubernetes.pods.volumes import check_volumes

ALWAYS = ("Always",)


@rule("kubernetes/ephemeral-containers", "kubernetes/active-deadline", on="part")
def check_pod_template(
    template: Fields, path: FieldPath, kubernetes: str, restart: tuple[str, ...] = ALWAYS
) -> Iterator[Reported]:
    """Yield the API server's problems with a pod template whose fields can all be decoded.

    `kubernetes` is a minor version ("1.35"). `restart` has the restart policies that the kind of workload
    allows: only `Always`, the default, for a StatefulSet, the others for a Job.
    """
    metadata = mapping(mapping(template).get("metadata"))
    yield from check_labels(metadata.get("labels"), (*path, "metadata", "labels"))
    yield from check_annotations(metadata.get("annotations"), (*path, "metadata", "annotations"))
    spec, spec_path = mapping(mapping(template).get("spec")), (*path, "spec")
    yield from check_pod_annotations(metadata.get("annotations"), spec, (*path, "metadata", "annotations"))
    if spec.get("ephemeralContainers"):
        yield problem("kubernetes/ephemeral-containers", (*spec_path, "ephemeralContainers"))
    yield from check_restart_policy(spec, spec_path, restart)
    if restart == ALWAYS and whole(spec.get("activeDeadlineSeconds")) is not None:
        yield problem("kubernetes/active-deadline", (*spec_path, "activeDeadlineSeconds"))
    yield from check_pod_spec(spec, spec_path, kubernetes)


@rule("kubernetes/restart-policy", on="part")
def check_restart_policy(spec: Fields, path: FieldPath, allowed: tuple[str, ...]) -> Iterator[Problem]:
    """Yield a problem if the workload does not allow the pod's restart policy."""
    policy = spec.get("restartPolicy")
    policy = "Always" if policy in (None, "") else policy
    if isinstance(policy, str) and policy not in allowed:
        facts = {"value": shown(policy), "choices": either(allowed)}
        yield problem("kubernetes/restart-policy", (*path, "restartPolicy"), None, **facts)


@rule("kubernetes/grace-negative", on="part")
def check_pod_spec(spec: Fields, path: FieldPath, kubernetes: str) -> Iterator[Reported]:
    """Yield the API server's problems with the `spec` of a pod or a template, in any kind."""
    version = minor(kubernetes)
    yield from check_volumes(spec, path, version)
    yield from check_containers(spec, path, version)
    yield from check_pod_claims(spec, path)
    yield from check_pod_resources(spec, path, version)
    yield from check_pod_security(spec, path, version)
    yield from check_labels(spec.get("nodeSelector"), (*path, "nodeSelector"))
    yield from check_tolerations(spec, path)
    yield from check_affinity(spec, path)
    yield from check_spreading(spec, path)
    yield from check_dns(spec, path, version)
    yield from check_gates(spec, path)
    yield from check_names(spec, path)
    yield from in_range(spec, "activeDeadlineSeconds", 1, 2**31 - 1, path)
    yield from one_of(spec, "preemptionPolicy", ("PreemptLowerPriority", "Never"), path, empty=False)
    yield from check_os(spec, path, version)
    yield from check_amounts(dict(strings(spec.get("overhead"))), (*path, "overhead"))
    if (whole(spec.get("terminationGracePeriodSeconds")) or 0) < 0:
        value = shown(spec["terminationGracePeriodSeconds"])
        yield problem("kubernetes/grace-negative", (*path, "terminationGracePeriodSeconds"), value=value)


@rule("kubernetes/hostname-override", on="part")
def check_names(spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the names that a pod has or refers to."""
    for field in ("serviceAccountName", "nodeName", "priorityClassName"):
        yield from named(spec, field, names.is_subdomain, path)
    yield from named(spec, "runtimeClassName", names.is_subdomain, path, empty=False)
    override = text(spec.get("hostnameOverride"))
    yield from named(spec, "hostnameOverride", names.is_node_hostname, path, empty=False)
    for field in ("setHostnameAsFQDN", "hostNetwork"):
        if override and spec.get(field) is True:
            yield problem("kubernetes/hostname-override", (*path, "hostnameOverride"), field=field)


@rule("kubernetes/label-format", on="shared")
def check_hostnames(spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a pod's own hostname; a StatefulSet ignores it."""
    for field in ("hostname", "subdomain"):
        yield from named(spec, field, names.is_dns_label, path, "kubernetes/label-format")


@rule("kubernetes/name-duplicate", "kubernetes/label-key", on="shared")
def check_gates(spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the readiness and scheduling gates."""
    for gate, gate_path in entries(spec.get("readinessGates"), (*path, "readinessGates")):
        condition = gate.get("conditionType")
        if (condition is None or isinstance(condition, str)) and not names.is_qualified(text(condition)):
            yield problem("kubernetes/label-key", (*gate_path, "conditionType"), key=shown(text(condition)))
    seen: set[str] = set()
    for gate, gate_path in entries(spec.get("schedulingGates"), (*path, "schedulingGates")):
        name = gate.get("name")
        if (name is None or isinstance(name, str)) and not names.is_qualified(text(name)):
            yield problem("kubernetes/label-key", (*gate_path, "name"), key=shown(text(name)))
        if text(name) and text(name) in seen:
            yield problem(
                "kubernetes/name-duplicate", (*gate_path, "name"), value=shown(name), what="scheduling gate"
            )
        seen.add(text(name))
