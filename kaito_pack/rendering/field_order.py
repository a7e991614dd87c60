"""The order of keys in what a user adds to manifests: the same whatever order they were written in.

A cluster returns the keys of every map sorted. Values that are imported from it render to the same bytes only
if the order of keys in the values makes no difference.
"""

from __future__ import annotations

from typing import Any

# Keys that identify a thing come first, as people write them; all others follow by the alphabet.
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
    """Return a copy of a tree with the keys of all its maps in order; items of lists stay where they are."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (RANKS.get(key, len(FIRST)), str(key)))
        return {key: in_field_order(value[key]) for key in keys}
    if isinstance(value, list):
        return [in_field_order(item) for item in value]
    return value
