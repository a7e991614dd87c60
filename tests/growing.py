"""Inputs that grow at one place: every list and every map of free keys that a schema describes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from kaito_pack.base.trees import Schema

ITEM, KEY = 0, "k0"  # the first item of a list, the first key of a map
DEEPEST = 12  # levels: the schemas of Kubernetes refer to themselves
MERGE_KEY = "x-kubernetes-patch-merge-key"


class Collection(NamedTuple):
    """A list, or a map whose keys are free, at `path` of an input; `schema` is that of its items."""

    path: tuple[Any, ...]
    schema: Schema
    is_map: bool
    key: str = ""  # by which items of a list are merged


class Shapes:
    """The collections of a schema, and inputs in which one of them is long."""

    def __init__(
        self, schema: Schema, named: Mapping[str, Schema] | None = None, is_alike: bool = False
    ) -> None:
        """`named` are the schemas that `$ref` names; `is_alike`: all items of a list are equal."""
        self._schema, self._named, self._is_alike = schema, named or {}, is_alike

    def _resolved(self, schema: Any) -> Schema:
        if not isinstance(schema, Mapping):
            return {}
        for word in ("allOf", "anyOf", "oneOf"):
            schema = {**next(iter(schema.get(word, ())), {}), **schema}
        return {**self._named.get(schema.get("$ref", ""), {}), **schema}

    def collections(self) -> Iterator[Collection]:
        """Yield every list and every map of free keys, each schema of items once."""
        waiting: list[tuple[tuple[Any, ...], Schema, frozenset[str]]] = [((), self._schema, frozenset())]
        while waiting:
            path, raw, around = waiting.pop()
            name = raw.get("$ref", "")
            if len(path) > DEEPEST or name in around:
                continue
            schema, inside = self._resolved(raw), around | {name} - {""}
            items, values = schema.get("items"), schema.get("additionalProperties")
            if isinstance(items, Mapping):
                yield Collection(path, items, False, schema.get(MERGE_KEY, ""))
                waiting.append(((*path, ITEM), items, inside))
            if isinstance(values, Mapping):
                yield Collection(path, values, True)
                waiting.append(((*path, KEY), values, inside))
            for field, part in sorted(schema.get("properties", {}).items()):
                waiting.append(((*path, field), part, inside))

    def example(self, raw: Any, number: int, depth: int = 0) -> Any:
        """Return a small value for a schema, another one for another number."""
        schema = self._resolved(raw)
        if "const" in schema or "enum" in schema:
            return schema.get("const", [*schema.get("enum", ()), None][0])
        kind = schema.get("type", "string")
        kind = kind if isinstance(kind, str) else kind[0]
        if kind == "object" or "properties" in schema:
            needed = schema.get("required", ()) if depth < DEEPEST else ()
            fields = schema.get("properties", {})
            return {name: self.example(fields.get(name), number, depth + 1) for name in needed}
        if kind == "array":
            return [self.example(schema.get("items"), number, depth + 1)] if schema.get("minItems") else []
        if schema.get("format") == "quantity":
            return str(number + 1)
        if kind in ("integer", "number"):
            return number + 101  # beyond the range of weights: all of them are wrong
        if kind == "boolean":
            return True
        examples = [each for each in schema.get("examples", ()) if isinstance(each, str)]
        return f"{examples[0] if examples else 'x'}{number}"

    def grown(self, base: Any, collection: Collection, size: int) -> Any:
        """Return `base` with `size` distinct items in one collection, and what is needed around it."""
        whole = deepcopy(base)
        owner, schema = whole, self._resolved(self._schema)
        for position, step in enumerate(collection.path):
            schema = self._resolved(_part(schema, step))
            last = position == len(collection.path) - 1
            part = self._items(collection, size) if last else self._beside(owner, step, schema)
            if isinstance(owner, list) and step >= len(owner):
                owner.append(part)
            else:
                owner[step] = part
            owner = part
        return whole

    def _beside(self, owner: Any, step: Any, schema: Schema) -> Any:
        """Return what is at a step already, with what its schema requires."""
        there = owner.get(step) if isinstance(owner, dict) else (owner[step] if step < len(owner) else None)
        if isinstance(there, dict | list) and there:
            return there
        if isinstance(schema.get("items"), Mapping):
            return []
        needed = self.example({**schema, "type": "object"}, 0)
        return needed if isinstance(needed, dict) else {}

    def _items(self, collection: Collection, size: int) -> Any:
        numbers = [0] * size if self._is_alike and not collection.is_map else range(size)
        items = [self.example(collection.schema, number) for number in numbers]
        if collection.is_map:
            return {f"k{number}": item for number, item in enumerate(items)}
        if collection.key:
            fields = self._resolved(collection.schema).get("properties", {})
            for number, item in zip(numbers, items, strict=True):
                item[collection.key] = self.example(fields.get(collection.key), number)
        return items


def _part(schema: Schema, step: Any) -> Any:
    if step in schema.get("properties", {}):
        return schema["properties"][step]
    return schema.get("items") if isinstance(step, int) else schema.get("additionalProperties")


Make = Callable[[int], Any]


def growing(shapes: Shapes, base: Any) -> Iterator[tuple[str, Make]]:
    """Yield the inputs that grow at one collection of `shapes`, each with the name of the place."""
    for collection in shapes.collections():
        name = ".".join(
            "[]" if step == ITEM else "*" if step == KEY else str(step) for step in collection.path
        )

        def make(size: int, collection: Collection = collection) -> Any:
            return shapes.grown(base, collection, size)

        yield name, make
