"""Computes the strategic merge patch that turns one object into another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack.base.trees import ABSENT, Schema, by_key
from kaito_pack.kubernetes.decoding.definitions import Definitions
from kaito_pack.kubernetes.decoding.strategic_merge import DIRECTIVE, MERGE_KEY, ORDER_OF, in_order


def patch_between(base: Any, wanted: Any, definitions: Definitions) -> Any:
    """Return the patch that turns `base` into `wanted`; ABSENT if they are equal."""
    return _between(base, wanted, {"$ref": definitions.root}, definitions)


def _between(base: Any, wanted: Any, schema: Schema, definitions: Definitions) -> Any:
    schema = {**definitions.schemas.get(schema.get("$ref", ""), {}), **schema}
    if base == wanted and isinstance(base, bool) == isinstance(wanted, bool):
        return ABSENT
    if isinstance(base, dict) and isinstance(wanted, dict):
        return _maps(base, wanted, schema, definitions)
    if isinstance(base, list) and isinstance(wanted, list):
        return _lists(base, wanted, schema, definitions)
    return wanted


def _maps(base: Schema, wanted: Schema, schema: Schema, definitions: Definitions) -> Any:
    fields, other = schema.get("properties", {}), schema.get("additionalProperties")
    patch: dict[str, Any] = {}
    for key, part in wanted.items():
        if key not in base:
            patch[key] = part
            continue
        field_schema = fields.get(key) or (other if isinstance(other, Mapping) else {})
        below = _between(base[key], part, field_schema, definitions)
        if below is not ABSENT:
            patch[key] = below
        if (order := _order(base[key], part, field_schema.get(MERGE_KEY), below)) is not None:
            patch[f"{ORDER_OF}{key}"] = order
    patch.update({key: None for key in base if key not in wanted})
    return patch or ABSENT


def _lists(base: list[Any], wanted: list[Any], schema: Schema, definitions: Definitions) -> Any:
    key = schema.get(MERGE_KEY)
    if "merge" not in schema.get("x-kubernetes-patch-strategy", "") or not key:
        return wanted
    before, after = by_key(base, key, str | int), by_key(wanted, key, str | int)
    if before is None or after is None:
        return [{DIRECTIVE: "replace"}, *wanted] if after is not None else wanted
    patch: list[Any] = [{key: name, DIRECTIVE: "delete"} for name in before if name not in after]
    for name, item in after.items():
        if name not in before:
            patch.append(item)
        elif (below := _between(before[name], item, schema.get("items", {}), definitions)) is not ABSENT:
            patch.append({key: name, **below})
    return patch or ABSENT


def _order(base: Any, wanted: Any, key: Any, patch: Any) -> list[Any] | None:
    """Return the order that the patch must set for a list; None if the merge results in it anyway."""
    if not key or not isinstance(base, list) or not isinstance(wanted, list):
        return None
    before, after = by_key(base, key, str | int), by_key(wanted, key, str | int)
    if before is None or after is None:
        return None
    named = [item[key] for item in patch if DIRECTIVE not in item] if patch is not ABSENT else []
    items = [item for name, item in before.items() if name in after]
    items += [item for name, item in after.items() if name not in before]
    merged = [item[key] for item in in_order(items, key, named, base)]
    return None if merged == list(after) else [{key: name} for name in after]


def parts_of(patch: Any) -> Iterator[Any]:
    """Yield patches of one field each that together are `patch`; in a list of named items, one item's field.

    Only maps, and lists whose items all have a name, are split: `spec.containers[name=model].args`.
    """
    if not isinstance(patch, dict):
        return
    for key, value in patch.items():
        if isinstance(value, dict):
            yield from ({key: part} for part in parts_of(value))
        elif isinstance(value, list) and (items := by_key(value, "name")) and len(items) == 1:
            for name, item in items.items():
                fields = {field: part for field, part in item.items() if field != "name"}
                yield from ({key: [{"name": name, field: part}]} for field, part in fields.items())
        else:
            yield {key: value}


def joined(patch: Any, part: Any) -> Any:
    """Return `patch` combined with a part from `parts_of`; None means no patch."""
    if isinstance(patch, dict) and isinstance(part, dict):
        whole = dict(patch)
        for key, value in part.items():
            whole[key] = joined(whole[key], value) if key in whole else value
        return whole
    if isinstance(patch, list) and isinstance(part, list) and len(patch) == len(part) == 1:
        return [joined(patch[0], part[0])]
    return part
