"""What the API server says of a pod's name resolution.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.kubernetes import names
from kaito_pack.kubernetes.asking import one_of, required
from kaito_pack.kubernetes.shapes import Fields, entries, fields, sequence, text
from kaito_pack.problems import Path, Problem, shown
from kaito_pack.rules import problem

POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
MOST_NAMESERVERS = 3
MOST_SEARCHES = 32


def check_dns(spec: Fields, path: Path) -> Iterator[Problem]:
    """What is wrong with `dnsPolicy`, `dnsConfig` and `hostAliases`."""
    yield from one_of(spec, "dnsPolicy", POLICIES, path)
    config, at = fields(spec.get("dnsConfig")), (*path, "dnsConfig")
    servers, searches = sequence(config.get("nameservers")), sequence(config.get("searches"))
    if spec.get("dnsPolicy") == "None" and not servers:
        what = "a pod with dnsPolicy None"
        yield problem("kubernetes/field-required", (*at, "nameservers"), field="nameservers", what=what)
    for field, entries_given, most in (
        ("nameservers", servers, MOST_NAMESERVERS),
        ("searches", searches, MOST_SEARCHES),
    ):
        if len(entries_given) > most:
            yield problem(
                "kubernetes/too-many", (*at, field), field=field, count=len(entries_given), most=most
            )
    for index, server in enumerate(servers):
        yield from address(server, (*at, "nameservers", index))
    for index, search in enumerate(searches):
        domain = text(search).removesuffix(".").replace("_", "-")
        if isinstance(search, str) and search != "." and not names.is_subdomain(domain):
            yield problem(
                "kubernetes/name-format", (*at, "searches", index), field="searches", value=shown(search)
            )
    for option, option_at in entries(config.get("options"), (*at, "options")):
        yield from required(option, ["name"], option_at, "an option of dnsConfig")
    yield from check_aliases(spec, path)


def check_aliases(spec: Fields, path: Path) -> Iterator[Problem]:
    """What is wrong with the names that are added to the pod's hosts file."""
    for alias, at in entries(spec.get("hostAliases"), (*path, "hostAliases")):
        yield from address("" if alias.get("ip") is None else alias["ip"], (*at, "ip"))
        for index, host in enumerate(sequence(alias.get("hostnames"))):
            if isinstance(host, str) and not names.is_subdomain(host):
                yield problem(
                    "kubernetes/name-format", (*at, "hostnames", index), field="hostname", value=shown(host)
                )


def address(value: object, path: Path) -> Iterator[Problem]:
    """A problem where a text is no IP address."""
    if isinstance(value, str) and not names.is_ip(value):
        yield problem("kubernetes/ip-address", path, value=shown(value))
