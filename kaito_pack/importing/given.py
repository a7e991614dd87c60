"""Adds and removes values by path during a search. Nothing is changed in place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kaito_pack.base.trees import Schema
from kaito_pack.values.secrets import SecretPlaces

Given = dict[str, Any]
ValuePath = tuple[str, ...]


def example_of(part: Schema) -> Any:
    """Return a value that a schema accepts: its constant, first choice or example, else one of its type."""
    if "const" in part:
        return part["const"]
    for choices in (part.get("enum"), part.get("examples")):
        if choices:
            return choices[0]
    return {"integer": 1, "object": {}, "array": [], "boolean": True}.get(str(part.get("type")), "example")


def with_value(given: Given, path: Sequence[str], value: Any) -> Given:
    """Return `given` with `value` at `path`; missing maps are created."""
    name, *below = path
    inside = given.get(name)
    return {
        **given,
        name: with_value(inside if isinstance(inside, dict) else {}, below, value) if below else value,
    }


def without_value(given: Given, path: Sequence[str], required: Given) -> Given:
    """Return `given` without one value and maps that become empty; a required value gets its example."""
    name, *below = path
    rest = {key: value for key, value in given.items() if key != name}
    inside = given.get(name)
    if below and isinstance(inside, dict) and (left := without_value(inside, below, {})):
        return {key: left if key == name else value for key, value in given.items()}
    return {**rest, name: required[name]} if name in required else rest


def value_paths(given: Given, schema: Schema, path: ValuePath = ()) -> Iterator[ValuePath]:
    """Yield the paths of values; a map with free keys counts as one value."""
    for name, value in given.items():
        part = schema.get("properties", {}).get(name, {})
        if isinstance(value, dict) and "properties" in part and not part.get("x-opaque"):
            yield from value_paths(value, part, (*path, name))
        else:
            yield (*path, name)


def schema_paths(schema: Schema, path: ValuePath = ()) -> Iterator[ValuePath]:
    """Yield the paths of all values that a schema has and does not reject."""
    for name, part in schema.get("properties", {}).items():
        if "not" in part:
            continue
        if "properties" in part and not part.get("x-opaque"):
            yield from schema_paths(part, (*path, name))
        else:
            yield (*path, name)


def holds_token(value: Any) -> bool:
    """Return whether a value contains a secret anywhere, including its keys."""
    return SecretPlaces(value).covers(())
