"""The API server's checks of a Service's addresses: its own, external ones, and allowed sources.

Source: Kubernetes 1.35, pkg/apis/core/validation and pkg/registry/core/service/storage.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, mapping, sequence, strings, text, texts
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import at_most, one_of, required
from kaito_pack.kubernetes.pods.dns import STRICT_ADDRESSES, address

FAMILIES = ("IPv4", "IPv6")
POLICIES = ("SingleStack", "PreferDualStack", "RequireDualStack")
OF_A_NAME = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")  # not valid for ExternalName
SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
HEADLESS = "None"


@rule("kubernetes/address-special", on="part")
def check_addresses(
    spec: Fields, kind: str, path: FieldPath, kubernetes: tuple[int, ...]
) -> Iterator[Problem]:
    """Yield the problems with the addresses of a Service of that type."""
    if kind == "ExternalName":
        yield from check_external_name(spec, path)
    else:
        yield from check_cluster_addresses(spec, kind, path, kubernetes)
        yield from check_families(spec, path)
    for ip, ip_path in texts(spec.get("externalIPs"), (*path, "externalIPs")):
        yield from address(ip, ip_path, kubernetes)
        if is_special(ip):
            yield problem("kubernetes/address-special", ip_path, value=shown(ip))


@rule("kubernetes/name-format", "kubernetes/service-address", on="shared")
def check_external_name(spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a Service of type ExternalName."""
    yield from required(spec, ["externalName"], path, "a Service of type ExternalName")
    name = text(spec.get("externalName"))
    if name and not names.is_subdomain(name.removesuffix(".")):
        yield problem(
            "kubernetes/name-format", (*path, "externalName"), field="externalName", value=shown(name)
        )
    for field in OF_A_NAME:
        # Policies are pointers: an empty one counts as set.
        if spec.get(field) or (field == "ipFamilyPolicy" and spec.get(field) is not None):
            yield problem("kubernetes/service-address", (*path, field), field=field, type="ExternalName")


@rule("kubernetes/addresses-differ", on="part")
@rule("kubernetes/service-address", on="shared")
def check_cluster_addresses(
    spec: Fields, kind: str, path: FieldPath, kubernetes: tuple[int, ...]
) -> Iterator[Problem]:
    """Yield the problems with `clusterIP` and `clusterIPs`."""
    single, several_path = text(spec.get("clusterIP")), (*path, "clusterIPs")
    several = list(texts(spec.get("clusterIPs"), several_path))
    if single == HEADLESS and kind != "ClusterIP":
        yield problem("kubernetes/service-address", (*path, "clusterIP"), field="clusterIP: None", type=kind)
    if several and several[0][0] != single:
        yield problem("kubernetes/addresses-differ", (*several_path, 0), value=shown(several[0][0]))
    yield from at_most(several, 1 if single == HEADLESS else 2, several_path)
    if single == HEADLESS:
        return
    given = several or ([(single, (*path, "clusterIP"))] if single else [])
    for ip, ip_path in given:
        yield from address(ip, ip_path, kubernetes)
    yield from check_pairing(given, sequence(spec.get("ipFamilies")))


@rule("kubernetes/address-family", on="part")
def check_pairing(addresses: list[tuple[str, FieldPath]], families: list[object]) -> Iterator[Problem]:
    """Yield the problems with the families of addresses; an invalid address has none."""
    own_families = [family_of(ip) for ip, _ in addresses]
    for index, (ip, ip_path) in enumerate(addresses):
        wanted = families[index] if index < len(families) else None
        if own_families[index] and wanted in FAMILIES and wanted != own_families[index]:
            yield problem("kubernetes/address-family", ip_path, value=shown(ip), family=wanted)
        if index and own_families[index] and own_families[index] == own_families[0]:
            yield problem("kubernetes/address-family", ip_path, value=shown(ip), family="the other family")


def family_of(ip: str) -> str | None:
    """Return the family of an address; None for an invalid one."""
    if not names.is_ip(ip, strict=False):
        return None
    return FAMILIES[1] if ":" in ip else FAMILIES[0]


@rule("kubernetes/family-policy", on="part")
@rule("kubernetes/name-duplicate", on="shared")
def check_families(spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with `ipFamilies` and `ipFamilyPolicy`."""
    seen: set[str] = set()
    families, policy = spec.get("ipFamilies"), spec.get("ipFamilyPolicy")
    for family, family_path in texts(families, (*path, "ipFamilies")):
        yield from one_of({"ipFamily": family}, "ipFamily", FAMILIES, family_path[:-1], empty=False)
        if family in seen:
            yield problem("kubernetes/name-duplicate", family_path, value=shown(family), what="family")
        seen.add(family)
    yield from one_of(spec, "ipFamilyPolicy", POLICIES, path, empty=False)
    if policy is None:
        # Without a policy, a Service has one family, unless it has neither an address nor a selector.
        headless = spec.get("clusterIP") == HEADLESS and not spec.get("selector")
        policy = POLICIES[2] if headless else POLICIES[0]
    both = max(len(sequence(families)), len(sequence(spec.get("clusterIPs"))))
    if policy == POLICIES[0] and both == 2:
        yield problem("kubernetes/family-policy", (*path, "ipFamilyPolicy"))


def is_special(address: str) -> bool:
    """Return whether an address cannot be another host: unspecified, loopback, link-local."""
    from ipaddress import ip_address

    if not names.is_ip(address):
        return False
    host = ip_address(address)
    local = host.is_multicast and host.exploded.startswith(("224.0.0.", "ff02:"))
    return host.is_unspecified or host.is_loopback or host.is_link_local or local


@rule("kubernetes/address-range", "kubernetes/service-field", on="shared")
def check_source_ranges(
    manifest: Fields, spec: Fields, kind: str, kubernetes: tuple[int, ...]
) -> Iterator[Problem]:
    """Yield the problems with a load balancer's source ranges, in the field or the annotation."""
    annotations = dict(strings(mapping(manifest.get("metadata")).get("annotations")))
    given = list(texts(spec.get("loadBalancerSourceRanges"), ("spec", "loadBalancerSourceRanges")))
    path: FieldPath = ("spec", "loadBalancerSourceRanges")
    if not given and SOURCE_RANGES in annotations:
        path = ("metadata", "annotations", SOURCE_RANGES)
        annotation = text(annotations[SOURCE_RANGES]).strip()
        given = [(addresses, path) for addresses in annotation.split(",")] if annotation else []
        if kind != "LoadBalancer":
            yield problem("kubernetes/service-field", path, field="this annotation", types="LoadBalancer")
    for addresses, range_path in given:
        if not names.is_range(addresses.strip(), strict=kubernetes >= STRICT_ADDRESSES):
            yield problem("kubernetes/address-range", range_path, value=shown(addresses))
