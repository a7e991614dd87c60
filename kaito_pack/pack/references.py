"""Resolves each schema file into one mapping: every `$ref` is inlined, across files and packs."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from kaito_pack.base import pack_files
from kaito_pack.base.derived import depends_on, derived
from kaito_pack.base.display import shown
from kaito_pack.base.problems import PackError
from kaito_pack.base.root import SCHEMAS
from kaito_pack.base.trees import Schema
from kaito_pack.facts.tables import is_foreign, parsed_json

BELOW = "pack:below"  # value of a `$ref`
MOST_PARTS = 20_000  # schemas inside one schema; the built-in ones have some hundred
UNSUPPORTED = frozenset(("$dynamicRef", "$recursiveRef", "patternProperties"))
# The keywords that contain schemas. The value of any other keyword, such as `default` or `enum`, is data.
_SCHEMA = frozenset(
    (
        "items additionalProperties unevaluatedProperties unevaluatedItems propertyNames contains"
        " not if then else"
    ).split()
)
_SCHEMA_LISTS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_SCHEMA_MAPS = frozenset(("properties", "dependentSchemas"))


def resolve(name: str, folders: Sequence[Path]) -> dict[str, Any]:
    """Return the schema file `name` (of the first of `folders` that has it) with every `$ref` inlined.

    A `$ref` and the keywords beside it become one schema, and the keywords take precedence.
    `unevaluatedProperties` becomes `additionalProperties`, which then covers all properties. Raises PackError
    if a file or a reference is missing, is not JSON, leads out of the schema folders, or makes the schema too
    large.
    """
    if not is_foreign() and list(folders) == [SCHEMAS]:
        own: dict[str, Any] = derived(f"resolved {name}", lambda: _resolved(name, folders))
        return own
    return _resolved(name, folders)


def _resolved(name: str, folders: Sequence[Path]) -> dict[str, Any]:
    try:
        schema = _Resolution(tuple(folders)).resolved(_read(name, tuple(folders)), name, tuple(folders))
    except RecursionError:
        raise PackError(f"schemas/{name}: a $ref leads back to itself") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise PackError(f"schemas/{name}: not a JSON Schema: {error}") from None
    if not isinstance(schema, dict):
        raise PackError(f"schemas/{name}: not a JSON object")
    return schema


def _read(name: str, folders: tuple[Path, ...]) -> Any:
    folder, schema = _read_once(name, folders)
    depends_on(folder / name)  # also if it was read before, for another schema
    return schema


@cache
def _read_once(name: str, folders: tuple[Path, ...]) -> tuple[Path, Any]:
    for folder in folders:
        if (folder / name).is_file():
            return folder, parsed_json(pack_files.read_text(folder, name), str(folder / name))
    raise PackError(f"schema {shown(name)}: not found in {', '.join(map(str, folders))}")


class _Resolution:
    """The resolution of one schema; it counts parts, because references can double a schema."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._all_folders = folders
        self._parts = 0

    def resolved(self, schema: Any, name: str, folders: tuple[Path, ...]) -> Any:
        """Return `schema`, a part of the file `name`, with its references inlined. Data is left unchanged."""
        if not isinstance(schema, dict):
            return schema
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise PackError(f"schemas/{name}: has more than {MOST_PARTS} parts after every $ref is resolved")
        for keyword in UNSUPPORTED & schema.keys():
            raise PackError(f"schemas/{name}: {keyword} is not supported. Use $ref or propertyNames")
        own = {
            keyword: self._keyword(keyword, part, name, folders)
            for keyword, part in schema.items()
            if keyword not in ("$ref", "$defs", "definitions")
        }
        if "$ref" in schema:
            own = merged(self._target(schema["$ref"], name, folders), own)
        if "unevaluatedProperties" in own:
            own["additionalProperties"] = own.pop("unevaluatedProperties")
        return own

    def _keyword(self, keyword: str, part: Any, name: str, folders: tuple[Path, ...]) -> Any:
        """Return the value of a keyword; only keywords that contain schemas can have references."""
        if keyword in _SCHEMA:
            return self.resolved(part, name, folders)
        if keyword in _SCHEMA_LISTS and isinstance(part, list):
            return [self.resolved(item, name, folders) for item in part]
        if keyword in _SCHEMA_MAPS and isinstance(part, dict):
            return {key: self.resolved(item, name, folders) for key, item in part.items()}
        return part

    def _target(self, reference: str, name: str, folders: tuple[Path, ...]) -> Any:
        file, _, pointer = reference.partition("#")
        if file == BELOW:
            # Use the same file of the packs behind this one, so that a pack can extend a built-in schema.
            target, folders = name, folders[_home(name, folders) + 1 :]
        else:
            target = _within_schemas(file, name) if file else name
        part = _read(target, folders)
        for step in pointer.split("/")[1:]:
            try:
                part = part[step]
            except (KeyError, TypeError):
                raise PackError(f"schema {name}: {shown(reference)} does not exist") from None
        return self.resolved(part, target, folders)


def _within_schemas(file: str, name: str) -> str:
    """Return the file, relative to the schema folder, that a reference in the schema `name` leads to.

    Raises PackError for a URL, an absolute path, and a path that leads out of the folder.
    """
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), file))
    if ":" in file or "\\" in file or "\0" in file or path.startswith(("/", "..")):
        raise PackError(f"schemas/{name}: $ref {shown(file)} points outside schemas/. Use a file in schemas/")
    return path


def _home(name: str, folders: tuple[Path, ...]) -> int:
    return next((index for index, folder in enumerate(folders) if (folder / name).is_file()), len(folders))


def merged(base: Schema, over: Schema) -> dict[str, Any]:
    """Return two schemas as one: merge properties and hints, add `required` and `allOf`, else use `over`."""
    result = dict(base)
    for key, part in over.items():
        if key == "properties" and key in base:
            alone = {name: _as_map(schema) for name, schema in {**base[key], **part}.items()}
            both = base[key].keys() & part.keys()
            result[key] = alone | {name: merged(_as_map(base[key][name]), alone[name]) for name in both}
        elif key == "x-elsewhere" and key in base:
            result[key] = {**base[key], **part}
        elif key == "items" and key in base and "type" not in part:  # a branch that narrows the items
            result[key] = merged(_as_map(base[key]), _as_map(part))
        elif key in ("required", "allOf") and key in base:
            result[key] = [*base[key], *part]
        else:
            result[key] = part
    return result


def _as_map(schema: Schema | bool) -> Schema:
    """Return a schema as a map: true allows everything, false nothing."""
    return ({} if schema else {"not": {}}) if isinstance(schema, bool) else schema
