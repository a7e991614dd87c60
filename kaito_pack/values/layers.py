"""Layers of values: later layers win, maps merge, lists are replaced, null removes a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kaito_pack.base.display import escaped
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Place, UsageError
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import ABSENT, Schema, ValuesMap, get
from kaito_pack.documents import Document


class Indexed(dict[int, Any]):
    """Items of a list by index, such as `--set preferredNodes[0]=a`, to replace those of a lower layer."""


class Layer(NamedTuple):
    """One values document, and its title in messages ("values", "layer base.yaml", "--set")."""

    document: Document
    title: str = "values"


def merge(layers: Sequence[Layer]) -> dict[str, Any]:
    """Return the values of `layers` merged, the last layer taking precedence; keep nulls."""
    merged: dict[str, Any] = {}
    for layer in layers:
        try:
            merged = _laid_over(merged, layer.document.value)
        except _Gap as gap:
            file = next(
                (layer_above.document.file for layer_above in layers if layer_above.title == "values"),
                "the values",
            )
            raise UsageError(f"{escaped(layer.document.file)}: {gap} in {escaped(file)}") from None
    return merged


class _Gap(Exception):
    """An index that would leave a gap after the last item."""


def _laid_over(base: ValuesMap, over: ValuesMap) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        result[key] = _one_over(result.get(key), value)
    return result


def _one_over(below: Any, value: Any) -> Any:
    if isinstance(value, Indexed):
        items = list(below) if isinstance(below, list) else []
        for index, item in value.items():
            if index > len(items):
                there = f"{len(items)} item{'' if len(items) == 1 else 's'}"
                raise _Gap(f"index [{index}] is out of range; the list has {there}")
            items[index : index + 1] = [_one_over(items[index] if index < len(items) else None, item)]
        return items
    if isinstance(value, dict):
        return _laid_over(below if isinstance(below, dict) else {}, value)
    return value


def without_nulls(values: ValuesMap, schema: Schema) -> dict[str, Any]:
    """Return `values` without nulls, which mean absent, except in parts that the schema calls opaque."""
    parts = schema.get("properties", {})
    result: dict[str, Any] = {}
    for key, value in values.items():
        part = parts.get(key, {})
        if isinstance(value, dict) and not part.get("x-opaque"):
            result[key] = without_nulls(value, part)
        elif value is not None:
            result[key] = value
    return result


def origin(layers: Sequence[Layer], path: FieldPath) -> Layer:
    """Return the layer that the value at `path` comes from; the first layer if none has it."""
    for layer in reversed(layers):
        if get(layer.document.value, path, ABSENT) is not ABSENT:
            return layer
    return origin(layers, path[:-1]) if path else layers[0]


def place(layers: Sequence[Layer], path: FieldPath, key: bool = False) -> Place:
    """Return the place of the value at `path` (or of its key): file, line and column of its layer."""
    return origin(layers, path).document.place(path, key)
