"""Manifests without what KAITO, the API server and GitOps tools add, and how two of them differ.

What is added is a table, `facts/kaito/added.json` (KAITO v0.8.1 and v0.12.0 seen writing back).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.trees import Manifest
from kaito_pack.facts.tables import table
from kaito_pack.importing.paths import ABSENT
from kaito_pack.rendering.extending import to_canonical_form

DEEPEST = 100


@dataclass(frozen=True)
class Difference:
    """One part that a manifest has otherwise than the rendering; ABSENT where one of them has none."""

    path: FieldPath
    given: Any
    rendered: Any

    @property
    def weight(self) -> int:
        """How many scalars differ."""
        return max(_leaves(self.given), _leaves(self.rendered))


def comparable(body: Manifest) -> dict[str, Any]:
    """A Workspace as its owner means it: nothing added by others, quantities as Kubernetes prints them."""
    added = table("kaito/added.json")
    kept = deepcopy({key: value for key, value in body.items() if key != "status"})
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        for name in added["metadata"]:
            metadata.pop(name, None)
        _without(metadata, "annotations", added["annotations"])
        _without(metadata, "labels", added["labels"])
        _without(metadata, "finalizers", added["finalizers"])
    to_canonical_form(kept)
    for path in added["emptyMaps"]:
        _drop_empty(kept, path.split("."))
    for path, default in added["defaults"].items():
        _fill(kept, path.split("."), default)
    return kept


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
    owner = _owner(body, above)
    if owner is not None and (owner.get(name) == {} or owner.get(name) == {"creationTimestamp": None}):
        del owner[name]


def _fill(body: Any, path: Sequence[str], default: Any) -> None:
    *above, name = path
    owner = _owner(body, above)
    if owner is not None and owner.get(name) is None:
        owner[name] = default


def _owner(body: Any, path: Sequence[str]) -> dict[str, Any] | None:
    for step in path:
        body = body.get(step) if isinstance(body, dict) else None
    return body if isinstance(body, dict) else None


def differences(given: Any, rendered: Any, path: FieldPath = ()) -> Iterator[Difference]:
    """Where two manifests differ, by path of `given`; the order of keys plays no part."""
    if isinstance(given, dict) and isinstance(rendered, dict) and len(path) < DEEPEST:
        for key in [*given, *(key for key in rendered if key not in given)]:
            yield from differences(given.get(key, ABSENT), rendered.get(key, ABSENT), (*path, key))
    elif isinstance(given, list) and isinstance(rendered, list) and len(path) < DEEPEST:
        for index in range(max(len(given), len(rendered))):
            yield from differences(_item(given, index), _item(rendered, index), (*path, index))
    elif given is ABSENT or rendered is ABSENT or given != rendered or _kind(given) != _kind(rendered):
        yield Difference(path, given, rendered)


def missing_from(given: Any, rendered: Any, path: FieldPath = ()) -> Iterator[Difference]:
    """The same for an object of a cluster, which has more than was applied: what `rendered` has alone."""
    return (one for one in differences(given, rendered, path) if one.rendered is not ABSENT)


def _item(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else ABSENT


def _kind(value: Any) -> type:
    return bool if isinstance(value, bool) else float if isinstance(value, int) else type(value)


def _leaves(value: Any) -> int:
    if isinstance(value, dict | list) and value:
        return sum(map(_leaves, value.values() if isinstance(value, dict) else value))
    return 0 if value is ABSENT else 1
