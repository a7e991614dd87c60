"""The URLs that KAITO downloads from, and the hosts that its webhook rejects."""

from __future__ import annotations

from collections.abc import Sequence

LOCAL_HOST = "localhost"


def reason_to_reject(url: str, networks: Sequence[str]) -> str | None:
    """Return why the webhook rejects a URL: "scheme", or "address" for a host in one of `networks`.

    None if the webhook accepts it. Names are not resolved: KAITO v0.12.0 compares literal addresses.
    """
    from ipaddress import ip_address, ip_network
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return "scheme"
    if parts.scheme not in ("http", "https"):
        return "scheme"
    if host == LOCAL_HOST:
        return "address"
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    return "address" if any(address in ip_network(network) for network in networks) else None
