"""The formats of names that Kubernetes knows; each function says whether a text has the format.

Source: k8s.io/apimachinery, pkg/util/validation, Kubernetes 1.35.
"""

from __future__ import annotations

import re

LABEL_LENGTH = 63
SUBDOMAIN_LENGTH = 253
PORT_NAME_LENGTH = 15


def is_dns_label(name: str) -> bool:
    """Lower-case letters, digits and `-`, at most 63, a letter or digit at both ends (RFC 1123)."""
    return len(name) <= LABEL_LENGTH and bool(re.fullmatch("[a-z0-9]([-a-z0-9]*[a-z0-9])?", name))


def is_service_name(name: str) -> bool:
    """A DNS label that starts with a letter (RFC 1035)."""
    return is_dns_label(name) and not name[0].isdigit()


def is_subdomain(name: str) -> bool:
    """DNS labels joined by dots, at most 253 characters in all."""
    part = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    return len(name) <= SUBDOMAIN_LENGTH and bool(re.fullmatch(rf"{part}(\.{part})*", name))


def is_path_segment(name: str) -> bool:
    """Anything without `/` and `%`, other than `.` and `..`: the names of roles and their bindings."""
    return name not in {"", ".", ".."} and not set("/%") & set(name)


def is_qualified(name: str) -> bool:
    """`name` or `prefix/name`: the prefix a subdomain, the name at most 63 letters, digits, `-_.`."""
    prefix, slash, last = name.rpartition("/")
    return bool(last) and is_label_value(last) and (not slash or is_subdomain(prefix))


def is_label_value(value: str) -> bool:
    """Empty, or at most 63 letters, digits, `-_.` that start and end with a letter or digit."""
    pattern = "([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?"
    return len(value) <= LABEL_LENGTH and bool(re.fullmatch(pattern, value))


def is_config_key(key: str) -> bool:
    """A key of a ConfigMap or Secret: at most 253 letters, digits, `-_.`, without `..` in front."""
    if len(key) > SUBDOMAIN_LENGTH or key == "." or key.startswith(".."):
        return False
    return bool(re.fullmatch("[-._a-zA-Z0-9]+", key))


def is_env_name(name: str, relaxed: bool) -> bool:
    """The name of a variable; `relaxed` (Kubernetes 1.32 and later): any printable ASCII but `=`."""
    if relaxed:
        return bool(re.fullmatch("[ -<>-~]+", name))
    if name == "." or name.startswith(".."):
        return False
    return bool(re.fullmatch("[-._a-zA-Z][-._a-zA-Z0-9]*", name))


def is_port_name(name: str) -> bool:
    """At most 15 lower-case letters, digits and single inner `-`, one of them a letter (IANA_SVC_NAME)."""
    if len(name) > PORT_NAME_LENGTH or "--" in name:
        return False
    return bool(re.fullmatch("[a-z0-9]([-a-z0-9]*[a-z0-9])?", name)) and bool(re.search("[a-z]", name))


def is_header_name(name: str) -> bool:
    """The name of an HTTP header: letters, digits, `-`."""
    return bool(re.fullmatch("[-A-Za-z0-9]+", name))


def is_sysctl_name(name: str) -> bool:
    """The name of a sysctl: lower-case parts joined by `.` or `/`, at most 253 characters."""
    part = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
    return len(name) <= SUBDOMAIN_LENGTH and bool(re.fullmatch(rf"({part}[./])*{part}", name))


def is_ip(address: str) -> bool:
    """An IPv4 or IPv6 address."""
    from ipaddress import ip_address

    try:
        ip_address(address)
    except ValueError:
        return False
    return "%" not in address


def is_port_number(number: int) -> bool:
    """1 to 65535."""
    return 1 <= number <= 65535
