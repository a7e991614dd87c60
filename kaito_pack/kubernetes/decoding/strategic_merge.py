"""Kubernetes' strategic merge: lays a partial object over a whole one and merges lists by merge keys.

The merge keys and strategies are those of the Kubernetes schema (x-kubernetes-patch-*). Directives:
`$patch: delete`, `$patch: replace`, `$retainKeys`, `$setElementOrder/<list>` and
`$deleteFromPrimitiveList/<list>`; null deletes a key.

The result equals that of `kubectl patch --type strategic` (compared at v1.36), including the order of lists:
additions of the patch come first. It differs if kubectl's behavior is an accident: a map with
`$patch: delete` is removed completely, and one with `$patch: replace` stays if there was none before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.trees import ABSENT, Fields, Schema, children, lookup_key
from kaito_pack.kubernetes.decoding.definitions import Definitions

DIRECTIVE = "$patch"
RETAIN = "$retainKeys"
DELETE_FROM = "$deleteFromPrimitiveList/"
ORDER_OF = "$setElementOrder/"
MERGE_KEY = "x-kubernetes-patch-merge-key"


class MergeError(ValueError):
    """A patch that cannot be merged; `path` is in the patch."""

    def __init__(self, path: FieldPath, reason: str) -> None:
        super().__init__(reason)
        self.path, self.reason = path, reason


@dataclass
class Merged:
    """The merged object, and the path in the patch of each part that the patch determined."""

    value: Any
    origins: dict[FieldPath, FieldPath]


def merge(base: Any, patch: Any, definitions: Definitions) -> Merged:
    """Return `base`, an object of the definition's root, merged with `patch`; neither is changed.

    Raises MergeError for an unknown directive or an item without its merge key.
    """
    work = _Merge(definitions)
    schema = {"$ref": definitions.root}
    value = work.laid_over(base, patch, schema, ())
    origins: dict[FieldPath, FieldPath] = {}
    work.collect(value, (), origins)
    return Merged(value, origins)


@dataclass
class _Merge:
    definitions: Definitions
    # The origin in the patch of each item of a resulting container: (id of the container, key) -> path.
    touched: dict[tuple[int, Any], FieldPath] = field(default_factory=dict)
    keep: list[Any] = field(default_factory=list)  # keeps containers alive, so that their ids are not reused

    def _schema(self, schema: Schema) -> Schema:
        definition = self.definitions.schemas.get(schema.get("$ref", ""), {})
        return {**definition, **{key: part for key, part in schema.items() if key != "$ref"}}

    def laid_over(self, base: Any, patch: Any, schema: Schema, path: FieldPath) -> Any:
        """Return `base` after merging with `patch` at `path`; ABSENT if the patch deletes it."""
        schema = self._schema(schema)
        if isinstance(patch, dict):
            return self._maps(base if isinstance(base, dict) else {}, patch, schema, path)
        if isinstance(patch, list):
            return self._lists(base if isinstance(base, list) else [], patch, schema, path)
        return ABSENT if patch is None else patch

    def _maps(self, base: Fields, patch: Fields, schema: Schema, path: FieldPath) -> Any:
        directive = patch.get(DIRECTIVE, "merge")
        if directive == "delete":
            return ABSENT
        if directive not in ("merge", "replace"):
            raise MergeError((*path, DIRECTIVE), "is not merge, replace or delete")
        result: dict[str, Any] = {} if directive == "replace" else dict(base)
        if RETAIN in patch:
            result = _retained(result, patch, (*path, RETAIN))
        self.keep.append(result)
        for key, part in patch.items():
            where = (*path, key)
            if not isinstance(key, str) or not key.startswith("$"):
                value = self.laid_over(result.get(key), part, _field(schema, key), where)
                if value is ABSENT:
                    result.pop(key, None)
                else:
                    result[key] = value
                    self.touched[id(result), key] = where
            elif key.startswith(DELETE_FROM):
                self._delete_from(result, key.removeprefix(DELETE_FROM), part, where)
            elif not key.startswith(ORDER_OF) and key not in (DIRECTIVE, RETAIN):
                raise MergeError(where, "is not a strategic merge directive")
        for key, part in patch.items():
            if isinstance(key, str) and key.startswith(ORDER_OF):
                name = key.removeprefix(ORDER_OF)
                merge_key = self._schema(_field(schema, name)).get(MERGE_KEY)
                self._order(result, base.get(name), name, merge_key, part, (*path, key))
        return result

    def _order(
        self, result: dict[str, Any], before: Any, name: str, merge_key: Any, order: Any, path: FieldPath
    ) -> None:
        if not isinstance(order, list) or not isinstance(merge_key, str):
            raise MergeError(path, "must order a list whose items have a key")
        wanted = [item.get(merge_key) if isinstance(item, dict) else None for item in order]
        if None in wanted:
            raise MergeError(path, f"has an item without `{merge_key}`, which identifies items of this list")
        if isinstance(items := result.get(name), list):
            items[:] = in_order(items, merge_key, wanted, before if isinstance(before, list) else [])

    def _delete_from(self, result: dict[str, Any], name: str, part: Any, path: FieldPath) -> None:
        if not isinstance(part, list):
            raise MergeError(path, "is not a list of items to delete")
        if isinstance(result.get(name), list):
            deleted = set(map(lookup_key, part))
            result[name] = [item for item in result[name] if lookup_key(item) not in deleted]

    def _lists(self, base: list[Any], patch: list[Any], schema: Schema, path: FieldPath) -> Any:
        key = schema.get(MERGE_KEY)
        if "merge" not in schema.get("x-kubernetes-patch-strategy", "") or not key:
            return self._replaced(patch, path)
        indexed = [(index, item) for index, item in enumerate(patch) if item != {DIRECTIVE: "replace"}]
        # An item that is only the directive replaces the list with the other items.
        result = list(base) if len(indexed) == len(patch) else []
        self.keep.append(result)
        positions = _positions(result, str(key))
        for index, item in indexed:
            self._item(result, positions, item, str(key), schema.get("items", {}), (*path, index))
        result[:] = [item for item in result if item is not ABSENT]
        if len(indexed) == len(patch):
            result[:] = in_order(result, str(key), [item[str(key)] for item in patch], base)
        return result

    def _item(
        self,
        result: list[Any],
        positions: dict[Any, list[int]],
        item: Any,
        key: str,
        schema: Schema,
        path: FieldPath,
    ) -> None:
        """Merge `item` into the items of `result` with the same key; a deleted item becomes ABSENT."""
        if not isinstance(item, dict):
            raise MergeError(path, "is not a map")
        if item.get(DIRECTIVE) == "replace":
            raise MergeError(
                path, "has `$patch: replace` beside other fields, but it replaces the whole list"
            )
        if item.get(key) is None:
            raise MergeError(path, f"has no `{key}`, which identifies items of this list")
        name = lookup_key(item[key])
        equal = positions.get(name, [])
        value = self.laid_over(result[equal[0]] if equal else {}, item, schema, path)
        if value is ABSENT:
            for position in positions.pop(name, []):
                result[position] = ABSENT
            return
        if equal:
            result[equal[0]] = value
        else:
            positions[name] = [len(result)]
            result.append(value)
        self.touched[id(value), None] = path

    def _replaced(self, patch: list[Any], path: FieldPath) -> list[Any]:
        copy = list(patch)
        self.keep.append(copy)
        self.touched[id(copy), None] = path
        return copy

    def collect(self, value: Any, path: FieldPath, origins: dict[FieldPath, FieldPath]) -> None:
        """Fill `origins`: path in the result -> path in the patch."""
        if (whole := self.touched.get((id(value), None))) is not None:
            origins[path] = whole
        for key, part in children(value):
            if (from_patch := self.touched.get((id(value), key))) is not None:
                origins[(*path, key)] = from_patch
            if isinstance(part, dict | list):
                self.collect(part, (*path, key), origins)


def _field(schema: Schema, name: Any) -> Schema:
    other = schema.get("additionalProperties")
    part: Schema = schema.get("properties", {}).get(name) or (other if isinstance(other, Mapping) else {})
    return part


def _retained(base: Fields, patch: Fields, path: FieldPath) -> dict[str, Any]:
    """Return `base` without the keys that `$retainKeys` does not list."""
    names = patch[RETAIN]
    if not isinstance(names, list):
        raise MergeError(path, "is not a list of keys to retain")
    for key, value in patch.items():
        if value is not None and key not in names and not str(key).startswith("$"):
            raise MergeError(path, f"does not list `{key}`, which is set beside it")
    return {key: value for key, value in base.items() if key in names}


def _positions(items: list[Any], key: str) -> dict[Any, list[int]]:
    """Return the indexes of the items with each value of `key`."""
    positions: dict[Any, list[int]] = {}
    for position, item in enumerate(items):
        if isinstance(item, dict):
            positions.setdefault(lookup_key(item.get(key)), []).append(position)
    return positions


def _ranks(names: list[Any]) -> dict[Any, int]:
    """Return the first index of each name."""
    return {lookup_key(name): len(names) - 1 - index for index, name in enumerate(reversed(names))}


def in_order(items: list[Any], key: str, wanted: list[Any], before: list[Any]) -> list[Any]:
    """Return `items` with the keys `wanted` in that order, the others at their places in `before`.

    Of two neighbors that were not both in `before`, the one that the patch lists comes first.
    """

    def key_of(item: Any) -> Any:
        return lookup_key(item.get(key)) if isinstance(item, dict) else None

    was = _ranks([item.get(key) if isinstance(item, dict) else None for item in before])
    ranks = _ranks(wanted)
    named = [item for item in items if key_of(item) in ranks]
    named.sort(key=lambda item: ranks[key_of(item)])
    others = [item for item in items if key_of(item) not in ranks]
    result: list[Any] = []
    mine, other = 0, 0  # the next index of each
    while mine < len(named) and other < len(others):
        before_mine, before_other = was.get(key_of(named[mine])), was.get(key_of(others[other]))
        if before_mine is not None and before_other is not None and before_other < before_mine:
            result.append(others[other])
            other += 1
        else:
            result.append(named[mine])
            mine += 1
    return result + named[mine:] + others[other:]
