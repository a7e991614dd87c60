"""The API server's checks of a Service.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, Manifest, entries, mapping, sequence, text, unset, whole
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import minor, problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import in_range, named, one_of, port, required
from kaito_pack.kubernetes.decoding.metadata import check_labels
from kaito_pack.kubernetes.objects.service_addresses import check_addresses, check_source_ranges

TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
REACHED_FROM_OUTSIDE = ("NodePort", "LoadBalancer")
NODE_PORTS = (30000, 32767)  # the API server's default range
KUBELET_PORT = 10250
KUBELET_GUARDED = (1, 32)  # the last version that keeps load balancers away from the kubelet
LONGEST_AFFINITY = 86400  # seconds
FIELDS_BY_TYPE = {
    "allocateLoadBalancerNodePorts": ("LoadBalancer",),
    "loadBalancerClass": ("LoadBalancer",),
    "loadBalancerSourceRanges": ("LoadBalancer",),
}
CHOICES = {
    "type": TYPES,
    "sessionAffinity": ("None", "ClientIP"),
    "externalTrafficPolicy": ("Cluster", "Local"),
}
DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
DISTRIBUTED, DISTRIBUTED_FINELY = (1, 31), (1, 34)  # the first versions with one of the values, with all


def check_service(manifest: Manifest, kubernetes: str) -> Iterator[Problem]:
    """Yield the API server's problems with a Service whose fields can all be decoded."""
    spec, path = mapping(manifest.get("spec")), ("spec",)
    kind, version = text(spec.get("type")) or "ClusterIP", minor(kubernetes)
    for field, choices in CHOICES.items():
        yield from one_of(spec, field, choices, path)
    yield from one_of(spec, "internalTrafficPolicy", ("Cluster", "Local"), path, empty=False)
    if version >= DISTRIBUTED:
        known = DISTRIBUTIONS if version >= DISTRIBUTED_FINELY else DISTRIBUTIONS[:1]
        yield from one_of(spec, "trafficDistribution", known, path, empty=False)
    yield from check_labels(spec.get("selector"), (*path, "selector"))
    yield from check_addresses(spec, kind, path, version)
    yield from check_source_ranges(manifest, spec, kind, version)
    yield from check_ports(spec, kind, path, version)
    yield from check_affinity(spec, path)
    yield from check_fields(spec, kind, path)


@rule("kubernetes/label-key", "kubernetes/service-field", on="shared")
def check_fields(spec: Fields, kind: str, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with fields that only some types of Services have."""
    for field, kinds in FIELDS_BY_TYPE.items():
        if spec.get(field) not in (None, []) and kind not in kinds:
            yield problem("kubernetes/service-field", (*path, field), field=field, types=" and ".join(kinds))
    balancer = spec.get("loadBalancerClass")
    if isinstance(balancer, str) and not names.is_qualified(balancer):
        yield problem("kubernetes/label-key", (*path, "loadBalancerClass"), key=shown(balancer))
    outside = kind in REACHED_FROM_OUTSIDE or (kind == "ClusterIP" and bool(spec.get("externalIPs")))
    if text(spec.get("externalTrafficPolicy")) and not outside:
        types = " and ".join(REACHED_FROM_OUTSIDE)
        yield problem(
            "kubernetes/service-field",
            (*path, "externalTrafficPolicy"),
            field="externalTrafficPolicy",
            types=types,
        )
    if whole(spec.get("healthCheckNodePort")):
        if kind == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local":
            yield from in_range(spec, "healthCheckNodePort", *NODE_PORTS, path)
        else:
            types = "LoadBalancer with externalTrafficPolicy Local"
            port_path = (*path, "healthCheckNodePort")
            yield problem("kubernetes/service-field", port_path, field="healthCheckNodePort", types=types)


@rule("kubernetes/kubelet-port", on="part")
@rule("kubernetes/field-required", "kubernetes/name-duplicate", on="shared")
def check_ports(spec: Fields, kind: str, path: FieldPath, kubernetes: tuple[int, ...]) -> Iterator[Problem]:
    """Yield the problems with the ports of the Service."""
    given = spec.get("ports")
    if given in (None, []) and kind != "ExternalName" and spec.get("clusterIP") != "None":
        yield problem("kubernetes/field-required", (*path, "ports"), field="ports", what="a Service")
    several = len(sequence(given)) > 1
    taken: set[tuple[str, ...]] = set()
    for entry, entry_path in entries(given, (*path, "ports")):
        yield from check_port(entry, kind, entry_path, several)
        guarded = kind == "LoadBalancer" and kubernetes <= KUBELET_GUARDED
        if guarded and whole(entry.get("port")) == KUBELET_PORT:
            yield problem("kubernetes/kubelet-port", (*entry_path, "port"), value=KUBELET_PORT)
        protocol = text(entry.get("protocol")) or "TCP"
        uses = [("name", text(entry.get("name"))), ("port", f"{protocol} {whole(entry.get('port'))}")]
        if whole(entry.get("nodePort")):
            uses.append(("nodePort", f"{protocol} {whole(entry.get('nodePort'))}"))
        for field, use in uses:
            if use and (field, use) in taken:
                yield problem(
                    "kubernetes/name-duplicate",
                    (*entry_path, field),
                    value=shown(use),
                    what=f"Service port's {field}",
                )
            taken.add((field, use))


@rule("kubernetes/service-port-name", on="part")
@rule("kubernetes/label-format", "kubernetes/port-range", "kubernetes/label-key", on="shared")
def check_port(entry: Fields, kind: str, path: FieldPath, several: bool) -> Iterator[Problem]:
    """Yield the problems with one port; `several` if there are other ports, so that a name is required."""
    if several and unset(entry.get("name")):
        yield problem("kubernetes/service-port-name", (*path, "name"))
    yield from named(entry, "name", names.is_dns_label, path, "kubernetes/label-format")
    yield from required(entry, ["port"], path, "a port of a Service") if entry.get("port") is None else ()
    number = whole(entry.get("port"))
    if number is not None and not names.is_port_number(number):
        yield problem("kubernetes/port-range", (*path, "port"), value=shown(number))
    if entry.get("targetPort") is not None:
        yield from port(entry["targetPort"], (*path, "targetPort"), service=True)
    yield from one_of(entry, "protocol", names.PROTOCOLS, path)
    protocol = entry.get("appProtocol")
    if isinstance(protocol, str) and not names.is_qualified(protocol):
        yield problem("kubernetes/label-key", (*path, "appProtocol"), key=shown(protocol))
    yield from check_node_port(entry, kind, path)


@rule("kubernetes/service-field", on="shared")
def check_node_port(entry: Fields, kind: str, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the node port."""
    if not whole(entry.get("nodePort")):
        return
    if kind == "ClusterIP":
        yield problem(
            "kubernetes/service-field",
            (*path, "nodePort"),
            field="nodePort",
            types="NodePort and LoadBalancer",
        )
        return
    yield from in_range(entry, "nodePort", *NODE_PORTS, path)


@rule("kubernetes/affinity-config", on="part")
def check_affinity(spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the session affinity."""
    config = spec.get("sessionAffinityConfig")
    if config is None:
        return
    config_path = (*path, "sessionAffinityConfig")
    if spec.get("sessionAffinity") != "ClientIP":
        # The API server drops it.
        yield problem("kubernetes/affinity-config", config_path)
        return
    client = mapping(mapping(config).get("clientIP"))
    yield from in_range(client, "timeoutSeconds", 1, LONGEST_AFFINITY, (*config_path, "clientIP"))
