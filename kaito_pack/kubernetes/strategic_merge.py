"""Kubernetes' strategic merge: a partial object laid over a whole one, lists merged by their merge keys.

The merge keys and strategies are those of the Kubernetes schema (x-kubernetes-patch-*). Directives:
`$patch: delete`, `$patch: replace`, `$retainKeys`, `$deleteFromPrimitiveList/<field>`; null deletes a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kaito_pack.kubernetes.definitions import Definitions
from kaito_pack.problems import Path

DIRECTIVE = "$patch"
DELETE_FROM = "$deleteFromPrimitiveList/"
_GONE = object()


class MergeError(ValueError):
    """A patch that cannot be laid over; `path` is in the patch."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path, self.reason = path, reason


@dataclass
class Merged:
    """The merged object, and where in the patch each part that the patch decided stands."""

    value: Any
    origins: dict[Path, Path]


def merge(base: Any, patch: Any, definitions: Definitions) -> Merged:
    """`patch` laid over `base`, an object of the definition's root; neither is changed.

    Raises MergeError for an unknown directive or an item without its merge key.
    """
    work = _Merge(definitions)
    schema = {"$ref": definitions.root}
    value = work.laid_over(base, patch, schema, ())
    origins: dict[Path, Path] = {}
    work.collect(value, (), origins)
    return Merged(value, origins)


@dataclass
class _Merge:
    definitions: Definitions
    # Where in the patch an item of a container of the result came from: (id of the container, key) -> path.
    touched: dict[tuple[int, Any], Path] = field(default_factory=dict)
    keep: list[Any] = field(default_factory=list)  # containers stay alive, so that their ids stay theirs

    def _schema(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        found = self.definitions.schemas.get(schema.get("$ref", ""), {})
        return {**found, **{key: part for key, part in schema.items() if key != "$ref"}}

    def laid_over(self, base: Any, patch: Any, schema: Mapping[str, Any], path: Path) -> Any:
        """The value that `patch` at `path` makes of `base`; _GONE where it deletes it."""
        schema = self._schema(schema)
        if isinstance(patch, dict):
            return self._maps(base if isinstance(base, dict) else {}, patch, schema, path)
        if isinstance(patch, list):
            return self._lists(base if isinstance(base, list) else [], patch, schema, path)
        return _GONE if patch is None else patch

    def _maps(
        self, base: Mapping[str, Any], patch: Mapping[str, Any], schema: Mapping[str, Any], path: Path
    ) -> Any:
        directive = patch.get(DIRECTIVE, "merge")
        if directive == "delete":
            return _GONE
        if directive not in ("merge", "replace"):
            raise MergeError((*path, DIRECTIVE), "is none of merge, replace and delete")
        result: dict[str, Any] = {} if directive == "replace" else dict(base)
        if isinstance(retained := patch.get("$retainKeys"), list):
            result = {key: value for key, value in result.items() if key in retained}
        self.keep.append(result)
        fields, other = schema.get("properties", {}), schema.get("additionalProperties")
        for key, part in patch.items():
            where = (*path, key)
            if str(key).startswith(DELETE_FROM):
                self._delete_from(result, str(key).removeprefix(DELETE_FROM), part, where)
            elif str(key).startswith("$"):
                if key not in (DIRECTIVE, "$retainKeys"):
                    raise MergeError(where, "is no directive of a strategic merge here")
            else:
                of = fields.get(key) or (other if isinstance(other, Mapping) else {})
                value = self.laid_over(result.get(key), part, of, where)
                if value is _GONE:
                    result.pop(key, None)
                else:
                    result[key] = value
                    self.touched[id(result), key] = where
        return result

    def _delete_from(self, result: dict[str, Any], name: str, part: Any, path: Path) -> None:
        if not isinstance(part, list):
            raise MergeError(path, "is not a list of what to delete")
        if isinstance(result.get(name), list):
            result[name] = [item for item in result[name] if item not in part]

    def _lists(self, base: list[Any], patch: list[Any], schema: Mapping[str, Any], path: Path) -> Any:
        merge_key = schema.get("x-kubernetes-patch-merge-key")
        if "merge" not in schema.get("x-kubernetes-patch-strategy", "") or not merge_key:
            return self._replaced(patch, path)
        if any(isinstance(item, dict) and item.get(DIRECTIVE) == "replace" for item in patch):
            # An item that is nothing but the directive replaces the list by the other items.
            rest = [(index, item) for index, item in enumerate(patch) if item != {DIRECTIVE: "replace"}]
            base, indexed = [], rest
        else:
            base, indexed = list(base), list(enumerate(patch))
        self.keep.append(base)
        for index, item in indexed:
            self._item(base, item, str(merge_key), schema.get("items", {}), (*path, index))
        return base

    def _item(self, result: list[Any], item: Any, key: str, schema: Mapping[str, Any], path: Path) -> None:
        if not isinstance(item, dict):
            raise MergeError(path, "is not a map")
        if item.get(key) is None:
            raise MergeError(path, f"has no `{key}`, by which items of this list are told apart")
        there = [at for at, one in enumerate(result) if isinstance(one, dict) and one.get(key) == item[key]]
        value = self.laid_over(result[there[0]] if there else {}, item, schema, path)
        if value is _GONE:
            for at in reversed(there):
                del result[at]
        elif there:
            result[there[0]] = value
        else:
            result.append(value)
        if value is not _GONE:
            self.touched[id(value), None] = path

    def _replaced(self, patch: list[Any], path: Path) -> list[Any]:
        copy = list(patch)
        self.keep.append(copy)
        self.touched[id(copy), None] = path
        return copy

    def collect(self, value: Any, path: Path, origins: dict[Path, Path]) -> None:
        """Fill `origins`: path in the result -> path in the patch."""
        if (whole := self.touched.get((id(value), None))) is not None:
            origins[path] = whole
        for key, part in (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        ):
            if (from_patch := self.touched.get((id(value), key))) is not None:
                origins[(*path, key)] = from_patch
            if isinstance(part, dict | list):
                self.collect(part, (*path, key), origins)
