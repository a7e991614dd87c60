"""Finds the correct place of a misplaced field by searching the schema for its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Manifest, Schema, mapping

ITEM = "[]"  # the step from a list to its items
DEEPEST = 14  # maximum number of steps in a searched path
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int, float),
    "number": (int, float),
}


class SchemaField(NamedTuple):
    """A field of a schema: its path, with ITEM for the items of a list, and its type."""

    path: tuple[str, ...]
    type: str | None


def fields_of(
    schema: Schema, resolve: Callable[[Schema], Schema] = lambda schema: schema, path: tuple[str, ...] = ()
) -> Iterator[SchemaField]:
    """Yield every field below a schema; `resolve` follows references."""
    schema = resolve(mapping(schema))
    if len(path) >= DEEPEST:
        return
    for name, part in mapping(schema.get("properties")).items():
        part = resolve(mapping(part))
        yield SchemaField((*path, name), part.get("type"))
        yield from fields_of(part, resolve, (*path, name))
    if isinstance(items := schema.get("items"), dict):
        yield from fields_of(items, resolve, (*path, ITEM))


def by_name(fields: Iterable[SchemaField]) -> dict[str, list[SchemaField]]:
    """Return the fields by name."""
    index: dict[str, list[SchemaField]] = {}
    for field in fields:
        index.setdefault(field.path[-1], []).append(field)
    return index


def place_of(path: FieldPath, value: object, fields: Iterable[SchemaField], manifest: Manifest) -> str | None:
    """Return the path of the field that is meant by the one at `path`; None if it is unknown or ambiguous.

    A field that shares more of the path is nearer, then one that is less deep, then one with existing
    parents.
    """
    parent = tuple(ITEM if isinstance(step, int) else str(step) for step in path[:-1])
    fitting = [field for field in fields if field.path[:-1] != parent and _fits(value, field.type)]
    ranked = sorted(
        ((-_shared(parent, field.path), len(field.path), -_existing(field.path, manifest)), field.path)
        for field in fitting
    )
    if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return None
    return _written(ranked[0][1], path)


def is_wrapper(name: str, value: object, siblings: Iterable[str], wrappers: Iterable[str]) -> bool:
    """Return whether a field only wraps fields that belong beside it.

    `wrappers` are wrapping fields of other kinds; for these, one field that belongs beside them is enough.
    """
    names = set(siblings)
    if not isinstance(value, dict) or not value:
        return False
    belonging = [key for key in value if str(key) in names]
    return bool(belonging) if name in wrappers else len(belonging) == len(value) > 1


def _fits(value: object, kind: str | None) -> bool:
    allowed = _TYPES.get(kind or "")
    return allowed is None or value is None or isinstance(value, allowed)


def _shared(parent: tuple[str, ...], path: tuple[str, ...]) -> int:
    pairs = zip(parent, path, strict=False)
    return next(
        (index for index, (step, other) in enumerate(pairs) if step != other), min(len(parent), len(path))
    )


def _existing(path: tuple[str, ...], manifest: Any) -> int:
    """Return the number of steps of a path that exist in the manifest, up to the first list."""
    for index, step in enumerate(path):
        if not isinstance(manifest, dict) or step not in manifest:
            return index
        manifest = manifest[step]
    return len(path)


def _written(steps: tuple[str, ...], path: FieldPath) -> str:
    """Return the path as a person writes it, with the indexes of the misplaced field if both match."""
    text, is_same = "", True
    for index, step in enumerate(steps):
        given = path[index] if is_same and index < len(path) else None
        is_same = given == step or (step == ITEM and isinstance(given, int))
        if step == ITEM:
            text += f"[{given}]" if isinstance(given, int) and is_same else ITEM
        else:
            text += f".{step}" if text else step
    return text
