"""Removes what KAITO, the API server and GitOps tools add to manifests, and compares the results.

The table `facts/kaito/added.json` has the additions (observed with KAITO v0.8.1 and v0.12.0).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from kaito_pack.base.trees import ABSENT, Difference, Manifest, children, differences, get
from kaito_pack.facts.tables import table
from kaito_pack.rendering.extending import to_canonical_form
from kaito_pack.workspace.inference_sets import is_inference_set
from kaito_pack.workspace.workloads import api_version


def comparable(body: Manifest) -> dict[str, Any]:
    """Return a Workspace as its owner wrote it, without additions and with quantities in canonical form."""
    added = table("kaito/added.json")
    result = without_additions(body)
    to_canonical_form(result)
    if is_inference_set(result):
        result["apiVersion"] = api_version(
            str(result["kind"]), None
        )  # all versions are the same stored object
    for path in added["emptyMaps"]:
        _drop_empty(result, path.split("."))
    for path, default in added["defaults"].items():
        _fill(result, path.split("."), default)
    return result


def without_additions(body: Manifest) -> dict[str, Any]:
    """Return a copy of an object without status and without others' additions to its metadata."""
    added = table("kaito/added.json")
    result = deepcopy({key: value for key, value in body.items() if key != "status"})
    metadata = result.get("metadata")
    if isinstance(metadata, dict):
        for name in added["metadata"]:
            metadata.pop(name, None)
        _without(metadata, "annotations", [*added["annotations"], *added["objectAnnotations"]])
        _without(metadata, "labels", added["labels"])
        _without(metadata, "finalizers", [*added["finalizers"], *added["objectFinalizers"]])
    return result


def _without(owner: dict[str, Any], name: str, names: Sequence[str]) -> None:
    part = owner.get(name)
    if isinstance(part, dict):
        owner[name] = {key: value for key, value in part.items() if key not in names}
    elif isinstance(part, list):
        owner[name] = [item for item in part if item not in names]
    if name in owner and owner[name] in ({}, [], None):
        del owner[name]


def _drop_empty(body: Any, path: Sequence[str]) -> None:
    *above, name = path
    owner = get(body, tuple(above))
    if isinstance(owner, dict) and (owner.get(name) == {} or owner.get(name) == {"creationTimestamp": None}):
        del owner[name]


def _fill(body: Any, path: Sequence[str], default: Any) -> None:
    *above, name = path
    owner = get(body, tuple(above))
    if isinstance(owner, dict) and owner.get(name) is None:
        owner[name] = default


def missing_from(given: Any, rendered: Any) -> Iterator[Difference]:
    """Yield the differences from an object of a cluster, which has more fields than were applied."""
    return (
        leaf
        for leaf in differences(given, rendered)
        if leaf.new is not ABSENT or leaf.path[:2] == ("metadata", "labels")
    )


def weight(difference: Difference) -> int:
    """Return the number of scalars that differ."""
    return max(_leaves(difference.old), _leaves(difference.new))


def _leaves(value: Any) -> int:
    if isinstance(value, dict | list) and value:
        return sum(_leaves(part) for _, part in children(value))
    return 0 if value is ABSENT else 1
