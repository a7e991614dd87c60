"""The order of keys in the user's additions to manifests, independent of the order in the values.

A cluster returns the keys of every map sorted. Values imported from it render to the same bytes only if the
order of keys in the values has no effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Keys that identify a thing come first, as people write them; all others follow alphabetically.
FIRST = (
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "namespace",
    "labels",
    "annotations",
    "key",
    "operator",
    "value",
)
RANKS = {key: rank for rank, key in enumerate(FIRST)}


def in_field_order(value: Any) -> Any:
    """Return a copy of a tree with the keys of all its maps in order; lists keep their order."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (RANKS.get(key, len(FIRST)), str(key)))
        return {key: in_field_order(value[key]) for key in keys}
    if isinstance(value, list):
        return [in_field_order(item) for item in value]
    return value


# The order in which templates write a pod template: the first keys, all others, then the last keys.
SPEC = ("enableServiceLinks", "hostIPC", "imagePullSecrets", "securityContext", "tolerations")
SPEC_END = ("initContainers", "containers", "volumes")
CONTAINER = ("name", "image", "command", "args", "ports", "env", "resources", "startupProbe", "livenessProbe")
CONTAINER_END = ("readinessProbe", "securityContext", "volumeMounts")
RESOURCES = ("requests", "limits")
AMOUNTS = ("cpu", "memory", "ephemeral-storage")
PROBE = ("exec", "grpc", "httpGet", "tcpSocket", "initialDelaySeconds", "periodSeconds", "failureThreshold")


def in_template_order(template: dict[str, Any]) -> dict[str, Any]:
    """Return a pod template with its keys in the order of the templates, whoever added them.

    A toleration has the same place whether it comes from `tolerations` or `podTemplate`. Only maps whose keys
    are ordered are copied.
    """
    ordered = _by(template, ("metadata", "spec"))
    if not isinstance(spec := ordered.get("spec"), dict):
        return ordered
    ordered["spec"] = spec = _by(spec, SPEC, SPEC_END)
    for key in ("initContainers", "containers"):
        if isinstance(spec.get(key), list):
            spec[key] = [_container(item) if isinstance(item, dict) else item for item in spec[key]]
    return ordered


def _container(container: dict[str, Any]) -> dict[str, Any]:
    ordered = _by(container, CONTAINER, CONTAINER_END)
    for key, value in ordered.items():
        if key.endswith("Probe") and isinstance(value, dict):
            ordered[key] = _by(value, PROBE)
        elif key == "resources" and isinstance(value, dict):
            amounts = _by(value, RESOURCES)
            ordered[key] = {
                name: _by(part, AMOUNTS) if isinstance(part, dict) else part for name, part in amounts.items()
            }
    return ordered


def _by(value: dict[str, Any], first: Sequence[str], last: Sequence[str] = ()) -> dict[str, Any]:
    """Return a map with some keys first and some last, and the others between them alphabetically."""
    between = sorted(str(key) for key in value if key not in first and key not in last)
    return {key: value[key] for key in (*first, *between, *last) if key in value}
