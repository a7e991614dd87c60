"""Reading hostile YAML: each of these answers for any value, and never raises.

A value of the wrong type reads as absent: the decoder's checks speak of wrong types, these of wrong values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack.base.paths import FieldPath

Fields = Mapping[str, Any]  # the fields of a part of a manifest, such as a container
Manifest = Mapping[str, Any]  # an object of Kubernetes, as it is read or rendered
Schema = Mapping[str, Any]  # a JSON Schema, or a part of one
ValuesMap = Mapping[str, Any]  # values by name, as a person writes them or filled with defaults
ModeFacts = Mapping[str, Any]  # what mode.yaml and the file of its engine say of a mode


def mapping(value: object) -> Fields:
    """The map, or an empty one for anything else."""
    # dict, as readers make it: `isinstance` of a Mapping takes 0.2 µs, and a file is asked 200 times.
    return value if isinstance(value, dict) else {}


def get(value: Any, path: FieldPath, absent: Any = None) -> Any:
    """What stands at `path` inside `value`, or `absent` where nothing does."""
    for step in path:
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return absent
    return value


def sequence(value: object) -> list[Any]:
    """The list, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def entries(value: object, path: FieldPath) -> Iterator[tuple[Fields, FieldPath]]:
    """The maps of a list with their paths; a null counts as an empty map, as the API server reads it."""
    for index, entry in enumerate(sequence(value)):
        if entry is None or isinstance(entry, dict):
            yield mapping(entry), (*path, index)


def texts(value: object, path: FieldPath) -> Iterator[tuple[str, FieldPath]]:
    """The texts of a list with their paths; a null counts as an empty text, as the API server reads it."""
    for index, entry in enumerate(sequence(value)):
        if entry is None or isinstance(entry, str):
            yield text(entry), (*path, index)


def strings(value: object) -> Iterator[tuple[str, Any]]:
    """The entries of a map with their keys as the texts that kubectl sends."""
    for key, entry in mapping(value).items():
        if isinstance(key, bool):
            yield str(key).lower(), entry
        else:
            yield str(key), entry


def quantities(value: object) -> Iterator[tuple[str, Any]]:
    """The entries of a map of quantities with their keys; a null counts as 0, as the API server reads it."""
    for key, entry in strings(value):
        yield key, 0 if entry is None else entry


def text(value: object) -> str:
    """The text, or an empty one for anything else."""
    return value if isinstance(value, str) else ""


def whole(value: object) -> int | None:
    """The whole number (1.0 counts, as JSON has one kind of number), or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


def unset(value: object) -> bool:
    """Whether a required text or number is not given: absent, null, empty or zero."""
    return value is None or value == "" or (whole(value) == 0)
