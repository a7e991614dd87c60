"""The formats of names in Kubernetes; each function returns whether a text has the format.

Source: k8s.io/apimachinery, pkg/util/validation, Kubernetes 1.35.
"""

from __future__ import annotations

import re
from functools import lru_cache

RECENT = 2048  # number of short texts with cached results: the manifests of a team reuse a few names
LABEL_LENGTH = 63
SUBDOMAIN_LENGTH = 253
HOSTNAME_LENGTH = 64
SIGNER_PATH_LENGTH = 317
PORT_NAME_LENGTH = 15
LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
LABEL_VALUE = "([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?"
PROTOCOLS = ("TCP", "UDP", "SCTP")  # protocols of ports


def is_dns_label(name: str) -> bool:
    """Return whether it is a DNS label (RFC 1123): lower-case letters, digits and `-`, at most 63."""
    return len(name) <= LABEL_LENGTH and _has_form(LABEL, name)


@lru_cache(RECENT)
def _has_form(pattern: str, short_text: str) -> bool:
    return re.fullmatch(pattern, short_text) is not None


def is_service_name(name: str) -> bool:
    """Return whether it is a DNS label that starts with a letter (RFC 1035)."""
    return is_dns_label(name) and not name[0].isdigit()


def is_subdomain(name: str) -> bool:
    """Return whether it is DNS labels joined by dots, at most 253 characters in total."""
    return len(name) <= SUBDOMAIN_LENGTH and _has_form(SUBDOMAIN, name)


def is_subdomain_of_any_length(name: str) -> bool:
    """Return whether it is DNS labels joined by dots."""
    return re.fullmatch(SUBDOMAIN, name) is not None


def is_node_hostname(name: str) -> bool:
    """Return whether it is a subdomain within the kernel's limit of 64 characters."""
    return len(name) <= HOSTNAME_LENGTH and is_subdomain(name)


def begun(prefix: str) -> str:
    """Return the prefix of a generated name in the form that the API server checks.

    A hyphen at its end is allowed: the last two characters then count as one letter.
    """
    return prefix[:-2] + "a" if len(prefix) > 1 and prefix.endswith("-") else prefix


def may_begin_subdomain(name: str) -> bool:
    """Return whether it is a subdomain after a suffix is added."""
    return is_subdomain(begun(name))


def is_signer(name: str) -> bool:
    """Return whether it is a signer of certificates: `domain/path`, the domain with at least two labels."""
    domain, slash, path = name.partition("/")
    labels = domain.split(".")
    if not slash or len(labels) < 2 or not is_subdomain(domain) or not all(map(is_dns_label, labels)):
        return False
    return len(path) <= SIGNER_PATH_LENGTH and is_subdomain_of_any_length(path)


def is_trust_bundle(name: str) -> bool:
    """Return whether it is a ClusterTrustBundle name: a subdomain, after `signer:` if it has one."""
    return is_subdomain(name.rpartition(":")[2])


def is_path_segment(name: str) -> bool:
    """Return whether it can be the name of a role or binding: no `/` or `%`, and not `.` or `..`."""
    return name not in {"", ".", ".."} and not set("/%") & set(name)


def is_qualified(name: str) -> bool:
    """Return whether it is `name` or `prefix/name`: a subdomain, and at most 63 letters, digits, `-_.`."""
    prefix, slash, last = name.rpartition("/")
    return bool(last) and is_label_value(last) and (not slash or is_subdomain(prefix))


def is_label_value(value: str) -> bool:
    """Return whether it is empty, or 1 to 63 letters, digits, `-_.`, a letter or digit at both ends."""
    return len(value) <= LABEL_LENGTH and _has_form(LABEL_VALUE, value)


def is_config_key(key: str) -> bool:
    """Return whether it is a key of a ConfigMap: at most 253 letters, digits, `-_.`, no leading `..`."""
    if len(key) > SUBDOMAIN_LENGTH or key == "." or key.startswith(".."):
        return False
    return bool(re.fullmatch("[-._a-zA-Z0-9]+", key))


def is_env_name(name: str, relaxed: bool) -> bool:
    """Return whether it is a variable name; `relaxed` (Kubernetes 1.32+): printable ASCII except `=`."""
    if relaxed:
        return bool(re.fullmatch("[ -<>-~]+", name))
    if name == "." or name.startswith(".."):
        return False
    return bool(re.fullmatch("[-._a-zA-Z][-._a-zA-Z0-9]*", name))


def is_port_name(name: str) -> bool:
    """Return whether it is a port name: 1 to 15 of a-z, 0-9 and single inner `-`, with a letter."""
    if len(name) > PORT_NAME_LENGTH or "--" in name:
        return False
    return bool(re.fullmatch("[a-z0-9]([-a-z0-9]*[a-z0-9])?", name)) and bool(re.search("[a-z]", name))


def is_header_name(name: str) -> bool:
    """Return whether it is the name of an HTTP header: letters, digits, `-`."""
    return bool(re.fullmatch("[-A-Za-z0-9]+", name))


def is_sysctl_name(name: str) -> bool:
    """Return whether it is the name of a sysctl: lower-case parts joined by `.` or `/`, at most 253."""
    part = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
    return len(name) <= SUBDOMAIN_LENGTH and bool(re.fullmatch(rf"({part}[./])*{part}", name))


def is_ip(address: str, strict: bool = True) -> bool:
    """Return whether it is an IPv4 or IPv6 address.

    Without `strict` (before Kubernetes 1.36), numbers may have leading zeros, and IPv6 may contain IPv4.
    """
    from ipaddress import ip_address

    try:
        parsed = ip_address(address if strict or ":" in address else re.sub(r"\b0+(?=\d)", "", address))
    except ValueError:
        return False
    return "%" not in address and not (strict and getattr(parsed, "ipv4_mapped", None))


def is_range(addresses: str, strict: bool = True) -> bool:
    """Return whether it is a range of addresses: an address, `/` and a prefix length of its family.

    With `strict` (Kubernetes 1.36 and later), the address must be the first of the range.
    """
    from ipaddress import ip_network

    address, slash, length = addresses.partition("/")
    if not slash or not re.fullmatch("0|[1-9][0-9]{0,2}" if strict else "[0-9]{1,5}", length):
        return False
    if not is_ip(address, strict):
        return False
    plain = address if ":" in address else re.sub(r"\b0+(?=\d)", "", address)
    try:
        ip_network(f"{plain}/{int(length)}", strict=strict)
    except ValueError:
        return False
    return True


def is_port_number(number: int) -> bool:
    """Return whether it is a port, 1 to 65535."""
    return 1 <= number <= 65535
