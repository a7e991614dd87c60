"""Functions for JSON trees: the nested maps, lists and scalars of parsed YAML and JSON.

The reading functions accept any value and never raise. They treat a value of the wrong type as absent,
because the schema and the decoder report wrong types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.records import NamedTuple

Fields = Mapping[str, Any]  # fields of a part of a manifest, such as a container
Manifest = Mapping[str, Any]  # a Kubernetes object, as read or rendered
Schema = Mapping[str, Any]  # a JSON Schema or a part of one
ValuesMap = Mapping[str, Any]  # values by name, as written or with defaults
ModeFacts = Mapping[str, Any]  # facts of a mode from mode.yaml and its engine file
Context = Mapping[str, Any]  # variables of a template by name: values, facts of the mode and links

MAPS = (dict, Mapping)
ABSENT: Any = object()  # marks a value that is not in the tree
DEEPEST = 100  # levels of nesting of a document; comparing trees stops at the same depth


def mapping(value: object) -> Fields:
    """Return the map, or an empty one for anything else."""
    # Readers create dicts. `isinstance` with Mapping takes 0.2 µs, and this runs 200 times per file.
    return value if isinstance(value, dict) else {}


def get(value: Any, path: FieldPath, absent: Any = None) -> Any:
    """Return the value at `path` inside `value`, or `absent` if there is none."""
    for step in path:
        # dict first: readers create dicts, and the check takes a tenth of the time of a Mapping's.
        if isinstance(value, MAPS) and step in value:
            value = value[step]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return absent
    return value


def put(tree: Any, path: FieldPath, value: Any) -> None:
    """Set the value at `path` in place. The map or list that contains it must exist."""
    get(tree, path[:-1])[path[-1]] = value


def with_value(tree: ValuesMap, path: Sequence[str], value: Any) -> dict[str, Any]:
    """Return `tree` with `value` at `path`; None removes the value and a map that it leaves empty."""
    step, *rest = path
    result = dict(tree)
    if rest:
        below = tree.get(step)
        value = with_value(below if isinstance(below, Mapping) else {}, rest, value) or None
    if value is None:
        result.pop(step, None)
    else:
        result[step] = value
    return result


def lookup_key(value: Any) -> Any:
    """Return a hashable key that is equal for equal values: a scalar itself, else its JSON text."""
    if not isinstance(value, dict | list):
        return value
    import json

    return (type(value), json.dumps(value, sort_keys=True, default=str))


def children(value: object) -> Iterator[tuple[Any, Any]]:
    """Return the direct children of a map or list with their keys or indexes; a scalar has none."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def walk(value: Any, path: FieldPath = ()) -> Iterator[tuple[FieldPath, Any]]:
    """Return `value` and every part inside it with their paths, each map or list before its children."""
    waiting = [(path, value)]  # the next is last; nested generators would cost one call per level
    while waiting:
        path, value = waiting.pop()
        yield path, value
        if isinstance(value, dict):
            waiting += [((*path, key), part) for key, part in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [((*path, index), value[index]) for index in range(len(value) - 1, -1, -1)]


class Difference(NamedTuple):
    """A part in which two trees differ; `old` or `new` is ABSENT if only the other tree has it."""

    path: FieldPath
    old: Any
    new: Any


Pairing = Callable[[list[Any], list[Any], FieldPath], tuple[Mapping[Any, Any], Mapping[Any, Any]]]


def by_place(old: list[Any], new: list[Any], path: FieldPath) -> tuple[Mapping[Any, Any], Mapping[Any, Any]]:
    """Pair the items of two lists by index."""
    return dict(enumerate(old)), dict(enumerate(new))


def by_key(items: list[Any], key: str, kinds: type | UnionType = str) -> dict[Any, Any] | None:
    """Return the items of a list by their field `key`; None if it is missing, has another type or repeats."""
    keyed: dict[Any, Any] = {}
    for item in items:
        name = item.get(key) if isinstance(item, Mapping) else None
        if not isinstance(name, kinds) or name in keyed:
            return None
        keyed[name] = item
    return keyed


def differences(
    old: Any, new: Any, path: FieldPath = (), pairing: Pairing = by_place
) -> Iterator[Difference]:
    """Return the leaves in which `new` differs from `old`.

    `pairing` matches the items of two lists. A list with the same items in another order or spelling is one
    leaf. The order of keys in a map does not matter; 1 and 1.0 are equal, 1 and true are not.
    """
    is_deep = len(path) >= DEEPEST
    if isinstance(old, list) and isinstance(new, list) and not is_deep:
        inside = list(_of_maps(*pairing(old, new, path), path, pairing))
        yield from inside or ([Difference(path, old, new)] if old != new else [])
    elif isinstance(old, dict) and isinstance(new, dict) and not is_deep:
        yield from _of_maps(old, new, path, pairing)
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield Difference(path, old, new)


def _of_maps(
    old: Mapping[Any, Any], new: Mapping[Any, Any], path: FieldPath, pairing: Pairing
) -> Iterator[Difference]:
    for key in [*old, *(key for key in new if key not in old)]:
        yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), (*path, key), pairing)


def sequence(value: object) -> list[Any]:
    """Return the list, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def entries(value: object, path: FieldPath) -> Iterator[tuple[Fields, FieldPath]]:
    """Yield the maps of a list with their paths; null counts as an empty map, as in the API server."""
    for index, entry in enumerate(sequence(value)):
        if entry is None or isinstance(entry, dict):
            yield mapping(entry), (*path, index)


def texts(value: object, path: FieldPath) -> Iterator[tuple[str, FieldPath]]:
    """Yield the texts of a list with their paths; null counts as an empty text, as in the API server."""
    for index, entry in enumerate(sequence(value)):
        if entry is None or isinstance(entry, str):
            yield text(entry), (*path, index)


def strings(value: object) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a map, their keys converted to the texts that kubectl sends."""
    for key, entry in mapping(value).items():
        if isinstance(key, bool):
            yield str(key).lower(), entry
        else:
            yield str(key), entry


def quantities(value: object) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a map of quantities with their keys; null counts as 0, as in the API server."""
    for key, entry in strings(value):
        yield key, 0 if entry is None else entry


def text(value: object) -> str:
    """Return the text, or an empty one for anything else."""
    return value if isinstance(value, str) else ""


def whole(value: object) -> int | None:
    """Return the whole number, else None. 1.0 counts because JSON has only one number type."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


def unset(value: object) -> bool:
    """Return whether a required text or number is missing: absent, null, empty or zero."""
    return value is None or value == "" or (whole(value) == 0)
