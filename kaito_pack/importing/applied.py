"""The related objects of a Workspace as they were applied, without additions of the cluster."""

from __future__ import annotations

import json
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.trees import Manifest, get, mapping, walk
from kaito_pack.facts.tables import table
from kaito_pack.importing.comparable import without_additions
from kaito_pack.importing.stream import StreamObject
from kaito_pack.rendering.field_order import in_field_order
from kaito_pack.workspace.inference_sets import workspace_of

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# Fields that name another object, directly or in their field `name`.
NAMING_FIELDS = ("claimName", "secretName", "serviceAccountName", "config")
REFERENCES = ("configMap", "configMapKeyRef", "configMapRef", "secretKeyRef", "secretRef", "imagePullSecrets")


def as_applied(body: Manifest) -> dict[str, Any] | None:
    """Return the applied form of an object of a cluster; None if it is unknown.

    kubectl's annotation contains it. Without the annotation, it is known for kinds with few defaults.
    """
    if body.get("kind") == "Secret":
        return None  # its content must not be in a values file
    annotations = mapping(mapping(body.get("metadata")).get("annotations"))
    try:
        applied = json.loads(str(annotations.get(LAST_APPLIED)))
    except ValueError:
        applied = None
    if isinstance(applied, dict) and _identity(applied) == _identity(body):
        return without_additions(applied)
    added = table("kaito/added.json")
    fields = added["objectFields"].get(body.get("kind"))
    if fields is None:
        return None
    result = without_additions({key: value for key, value in body.items() if key != "status"})
    for field in fields:
        *above, name = field.split(".")
        owner = get(result, tuple(above))
        if isinstance(owner, dict):
            owner.pop(name, None)
    return result


def _identity(body: Manifest) -> object:
    metadata = mapping(body.get("metadata"))
    return body.get("apiVersion"), body.get("kind"), metadata.get("name")


def names_in(workspace: Manifest) -> frozenset[str]:
    """Return the names that a Workspace refers to: of volumes, variables, claims and its ConfigMap."""
    names = (value for path, value in walk(workspace_of(workspace).get("inference")) if _is_naming(path))
    return frozenset(name for name in names if isinstance(name, str))


def _is_naming(path: FieldPath) -> bool:
    if not path or path[-1] in NAMING_FIELDS:
        return bool(path)
    return path[-1] == "name" and not set(REFERENCES).isdisjoint(path[-3:-1])


def extra_objects(
    others: Iterable[StreamObject], namespace: Any, workspace: Manifest
) -> list[dict[str, Any]]:
    """Return objects that are not rendered as `extraObjects`, without the namespace that they get by default.

    From a cluster, only the objects that the Workspace names are included, as they were applied.
    """
    named = names_in(workspace)
    further = []
    for other in others:
        body: dict[str, Any] | None = deepcopy(dict(other.body))
        if other.is_live:
            is_named = mapping(other.body.get("metadata")).get("name") in named
            body = as_applied(other.body) if is_named else None
        if body is None:
            continue
        metadata = body.get("metadata")
        if isinstance(metadata, dict) and metadata.get("namespace") == namespace:
            del metadata["namespace"]
        further.append(in_field_order(body))
    return further
