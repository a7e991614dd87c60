"""The API server's checks of a pod's name resolution.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, sequence, texts
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import at_most, one_of, required

POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
STRICT_ADDRESSES = (1, 36)  # the first version that accepts only the standard form of an address
MOST_NAMESERVERS = 3
MOST_SEARCHES = 32


@rule("kubernetes/field-required", "kubernetes/name-format", on="shared")
def check_dns(spec: Fields, path: FieldPath, kubernetes: tuple[int, ...]) -> Iterator[Problem]:
    """Yield the problems with `dnsPolicy`, `dnsConfig` and `hostAliases`."""
    yield from one_of(spec, "dnsPolicy", POLICIES, path)
    config, config_path = mapping(spec.get("dnsConfig")), (*path, "dnsConfig")
    servers, searches = sequence(config.get("nameservers")), sequence(config.get("searches"))
    if spec.get("dnsPolicy") == "None" and not servers:
        what = "a pod with dnsPolicy None"
        yield problem(
            "kubernetes/field-required", (*config_path, "nameservers"), field="nameservers", what=what
        )
    for field, entries_given, most in (
        ("nameservers", servers, MOST_NAMESERVERS),
        ("searches", searches, MOST_SEARCHES),
    ):
        yield from at_most(entries_given, most, (*config_path, field))
    for server, server_path in texts(servers, (*config_path, "nameservers")):
        yield from address(server, server_path, kubernetes)
    for search, search_path in texts(searches, (*config_path, "searches")):
        domain = search.removesuffix(".").replace("_", "-")
        if search != "." and not names.is_subdomain(domain):
            yield problem("kubernetes/name-format", search_path, field="searches", value=shown(search))
    for option, option_path in entries(config.get("options"), (*config_path, "options")):
        yield from required(option, ["name"], option_path, "an option of dnsConfig")
    yield from check_aliases(spec, path, kubernetes)


@rule("kubernetes/name-format", on="shared")
def check_aliases(spec: Fields, path: FieldPath, kubernetes: tuple[int, ...]) -> Iterator[Problem]:
    """Yield the problems with `hostAliases`."""
    for alias, alias_path in entries(spec.get("hostAliases"), (*path, "hostAliases")):
        yield from address("" if alias.get("ip") is None else alias["ip"], (*alias_path, "ip"), kubernetes)
        for host, host_path in texts(alias.get("hostnames"), (*alias_path, "hostnames")):
            if not names.is_subdomain(host):
                yield problem("kubernetes/name-format", host_path, field="hostname", value=shown(host))


@rule("kubernetes/ip-address", on="part")
def address(value: object, path: FieldPath, kubernetes: tuple[int, ...]) -> Iterator[Problem]:
    """Yield a problem if a text is not an IP address."""
    if isinstance(value, str) and not names.is_ip(value, strict=kubernetes >= STRICT_ADDRESSES):
        yield problem("kubernetes/ip-address", path, value=shown(value))
