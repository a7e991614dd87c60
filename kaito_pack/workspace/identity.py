"""The identity of an object, which distinguishes it from all others in a cluster."""

from __future__ import annotations

from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Manifest, get

DEFAULT_NAMESPACE = "default"


class Identity(NamedTuple):
    """The identity of an object in a cluster, equal for manifests of one object in any version of its API."""

    group: str
    kind: str
    namespace: str
    name: str


def identity(body: Manifest, namespace: str = DEFAULT_NAMESPACE) -> Identity:
    """Return the identity of an object; `namespace` is the default for an object without one."""
    group = str(body.get("apiVersion")).rpartition("/")[0]
    named = metadata_text(body, "namespace") or namespace
    return Identity(group, str(body.get("kind")), named, metadata_text(body, "name"))


def metadata_text(body: Manifest, name: str) -> str:
    """Return a field of an object's metadata as text, "" if it is missing."""
    value = get(body, ("metadata", name))
    return "" if value is None else str(value)


def namespace_of(body: Manifest) -> str:
    """Return the namespace of a manifest; "default" if it has none."""
    named = get(body, ("metadata", "namespace"))
    return named if isinstance(named, str) and named else DEFAULT_NAMESPACE
