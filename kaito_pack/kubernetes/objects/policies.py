"""The API server's checks of kinds used with a model: disruption budgets, network policies, ingresses.

Source: Kubernetes 1.35, pkg/apis/policy/validation and pkg/apis/networking/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, sequence, text, texts, unset, whole
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import at_most, in_range, named, one_of, port, required
from kaito_pack.kubernetes.decoding.selectors import check_selector

DIRECTIONS = ("Ingress", "Egress")


@rule("kubernetes/budget-twice", "kubernetes/share", on="part")
def check_budget(manifest: Fields, kubernetes: str) -> Iterator[Problem]:
    """Yield the problems with a PodDisruptionBudget."""
    spec, path = mapping(manifest.get("spec")), ("spec",)
    given = [name for name in ("minAvailable", "maxUnavailable") if spec.get(name) is not None]
    if len(given) == 2:
        yield problem("kubernetes/budget-twice", (*path, "maxUnavailable"))
    for name in given:
        if not _is_share(spec[name]):
            yield problem("kubernetes/share", (*path, name), field=name, value=shown(spec[name]))
    yield from check_selector(spec.get("selector"), (*path, "selector"))
    policies = ("IfHealthyBudget", "AlwaysAllow")
    yield from one_of(spec, "unhealthyPodEvictionPolicy", policies, path, empty=False)


def _is_share(value: object) -> bool:
    """Return whether it is a number of at least 0 or at most 100 %; the decoder reports other types."""
    if isinstance(value, str):
        digits = value.removesuffix("%")
        return value.endswith("%") and digits.isascii() and digits.isdigit() and int(digits[:9]) <= 100
    number = whole(value)
    return number is None or number >= 0


def check_network_policy(manifest: Fields, kubernetes: str) -> Iterator[Problem]:
    """Yield the problems with a NetworkPolicy."""
    spec, path = mapping(manifest.get("spec")), ("spec",)
    yield from check_selector(spec.get("podSelector"), (*path, "podSelector"))
    for direction, ends in (("ingress", "from"), ("egress", "to")):
        for allowed, rule_path in entries(spec.get(direction), (*path, direction)):
            for entry, place in entries(allowed.get("ports"), (*rule_path, "ports")):
                yield from _check_policy_port(entry, place)
            for peer, place in entries(allowed.get(ends), (*rule_path, ends)):
                yield from _check_peer(peer, place)
    yield from at_most(sequence(spec.get("policyTypes")), len(DIRECTIONS), (*path, "policyTypes"))
    for index, kind in enumerate(sequence(spec.get("policyTypes"))):
        for unsupported in one_of({"policyTypes": kind}, "policyTypes", DIRECTIONS, path, empty=False):
            yield unsupported._replace(path=(*path, "policyTypes", index))


@rule("kubernetes/end-port", on="part")
def _check_policy_port(entry: Fields, path: FieldPath) -> Iterator[Problem]:
    yield from one_of(entry, "protocol", names.PROTOCOLS, path, empty=False)
    if entry.get("port") is not None:
        yield from port(entry["port"], (*path, "port"))
    first, last = whole(entry.get("port")), whole(entry.get("endPort"))
    if last is None:
        return
    if first is None:
        yield problem("kubernetes/end-port", (*path, "endPort"), value=last)
    else:
        yield from in_range(entry, "endPort", first, 65535, path)


@rule("kubernetes/one-source", on="shared")
def _check_peer(peer: Fields, path: FieldPath) -> Iterator[Problem]:
    block = peer.get("ipBlock")
    others = [name for name in ("podSelector", "namespaceSelector") if peer.get(name) is not None]
    if (block is None) is (not others):
        yield problem(
            "kubernetes/one-source",
            path,
            what="a peer",
            choices="ipBlock, or podSelector and namespaceSelector",
        )
    for name in others:
        yield from check_selector(peer[name], (*path, name))
    if block is not None:
        yield from _check_block(mapping(block), (*path, "ipBlock"))


@rule("kubernetes/address-outside", on="part")
@rule("kubernetes/address-range", on="shared")
def _check_block(block: Fields, path: FieldPath) -> Iterator[Problem]:
    from ipaddress import ip_network

    yield from required(block, ["cidr"], path, "an ipBlock")
    ranges = [(block.get("cidr"), (*path, "cidr"))]
    ranges += [
        (excluded, (*path, "except", index)) for index, excluded in enumerate(sequence(block.get("except")))
    ]
    outer = None
    for value, range_path in ranges:
        if not isinstance(value, str) or not value:
            continue
        try:
            network = ip_network(value, strict=False) if "/" in value else None
        except ValueError:
            network = None
        if network is None:
            yield problem("kubernetes/address-range", range_path, value=shown(value))
        elif len(range_path) == len(path) + 1:
            outer = network
        elif outer is not None and not (
            network.version == outer.version
            and outer.prefixlen < network.prefixlen
            and network.network_address in outer
        ):
            yield problem(
                "kubernetes/address-outside", range_path, value=shown(value), cidr=shown(block.get("cidr"))
            )


@rule("kubernetes/field-required", on="shared")
def check_ingress(manifest: Fields, kubernetes: str) -> Iterator[Problem]:
    """Yield the problems with an Ingress."""
    spec, path = mapping(manifest.get("spec")), ("spec",)
    if spec.get("defaultBackend") is None and not sequence(spec.get("rules")):
        yield problem("kubernetes/field-required", (*path, "rules"), field="rules", what="an Ingress")
    yield from named(spec, "ingressClassName", names.is_subdomain, path, empty=False)
    if spec.get("defaultBackend") is not None:
        yield from _check_backend(mapping(spec["defaultBackend"]), (*path, "defaultBackend"))
    for tls, tls_path in entries(spec.get("tls"), (*path, "tls")):
        yield from named(tls, "secretName", names.is_subdomain, tls_path)
        for host, host_path in texts(tls.get("hosts"), (*tls_path, "hosts")):
            for wrong in named({"host": host}, "host", _is_host, (), empty=False):
                yield wrong._replace(path=host_path)
    for host_rule, rule_path in entries(spec.get("rules"), (*path, "rules")):
        yield from named(host_rule, "host", _is_host, rule_path)
        if host_rule.get("http") is None:
            continue
        http = mapping(host_rule["http"])
        yield from required(http, ["paths"], (*rule_path, "http"), "a rule")
        for entry, place in entries(http.get("paths"), (*rule_path, "http", "paths")):
            yield from _check_path(entry, place)


def _is_host(host: str) -> bool:
    return names.is_subdomain(host.removeprefix("*.")) and not names.is_ip(host)


@rule("kubernetes/url-path", on="part")
@rule("kubernetes/path-relative", on="shared")
def _check_path(entry: Fields, path: FieldPath) -> Iterator[Problem]:
    yield from one_of(entry, "pathType", ("Exact", "Prefix", "ImplementationSpecific"), path, empty=False)
    way, kind = text(entry.get("path")), text(entry.get("pathType"))
    needs_root = kind in ("Exact", "Prefix") or (kind == "ImplementationSpecific" and way)
    if needs_root and not way.startswith("/"):
        yield problem("kubernetes/path-relative", (*path, "path"), value=shown(way))
    elif kind in ("Exact", "Prefix") and _has_odd_step(way):
        yield problem("kubernetes/url-path", (*path, "path"), value=shown(way))
    yield from _check_backend(mapping(entry.get("backend")), (*path, "backend"))


def _has_odd_step(way: str) -> bool:
    odd = ("//", "/./", "/../", "%2f", "%2F")
    return any(part in way for part in odd) or way.endswith(("/.", "/.."))


@rule("kubernetes/label-format", "kubernetes/port-name", "kubernetes/one-source", on="shared")
def _check_backend(backend: Fields, path: FieldPath) -> Iterator[Problem]:
    service, service_path = backend.get("service"), (*path, "service")
    if (service is None) is (backend.get("resource") is None):
        yield problem("kubernetes/one-source", path, what="a backend", choices="service, resource")
    if service is None:
        return
    yield from required(mapping(service), ["name"], service_path, "a backend")
    yield from named(mapping(service), "name", names.is_service_name, service_path, "kubernetes/label-format")
    target = mapping(mapping(service).get("port"))
    given = [name for name in ("name", "number") if not unset(target.get(name))]
    if len(given) != 1:
        yield problem(
            "kubernetes/one-source", (*service_path, "port"), what="the port", choices="name, number"
        )
    elif given == ["number"]:
        yield from in_range(target, "number", 1, 65535, (*service_path, "port"))
    else:
        yield from named(target, "name", names.is_port_name, (*service_path, "port"), "kubernetes/port-name")


CHECKS = {
    "Ingress": check_ingress,
    "NetworkPolicy": check_network_policy,
    "PodDisruptionBudget": check_budget,
}
