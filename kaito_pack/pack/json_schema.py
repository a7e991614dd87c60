"""The values schemas: resolved into one mapping a mode, a fast check that accepts, and defaults.

`accepts` is the quick half; what it does not accept goes to `schema_problems`, where the jsonschema
library decides and explains. A schema with a keyword that `accepts` does not know (`is_quick`) goes
there at once. A test on mutated documents holds the two together.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kaito_pack.base import pack_files
from kaito_pack.base.display import shown
from kaito_pack.base.problems import PackError
from kaito_pack.base.trees import Schema, ValuesMap
from kaito_pack.facts import patterns
from kaito_pack.facts.tables import parsed_json

BELOW = "pack:below"  # as a `$ref`
MOST_PARTS = 20_000  # schemas in one schema; ours have some hundred
UNSUPPORTED = frozenset(("$dynamicRef", "$recursiveRef", "patternProperties"))
# The keywords that hold schemas. What any other keyword holds, such as `default` or `enum`, is data.
_SCHEMA = frozenset(
    (
        "items additionalProperties unevaluatedProperties unevaluatedItems propertyNames contains"
        " not if then else"
    ).split()
)
_SCHEMA_LISTS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_SCHEMA_MAPS = frozenset(("properties", "dependentSchemas"))

_TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}
_ANNOTATIONS = frozenset(
    ("$schema", "$id", "$comment", "$defs", "title", "description", "default", "examples", "deprecated")
)


def resolve(name: str, folders: Sequence[Path]) -> dict[str, Any]:
    """Return the schema file `name` (of the first of `folders` that has it) with every `$ref` laid in.

    A `$ref` and the keywords beside it become one schema, the latter winning; `unevaluatedProperties`
    becomes `additionalProperties`, which then knows all properties. Raises PackError if a file or
    a reference is missing, is not JSON, leads out of the schema folders, or makes the schema too large.
    """
    try:
        schema = _Resolution(tuple(folders)).resolved(_read(name, tuple(folders)), name, tuple(folders))
    except RecursionError:
        raise PackError(f"schemas/{name}: a $ref leads back to itself") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise PackError(f"schemas/{name}: not a JSON Schema: {error}") from None
    if not isinstance(schema, dict):
        raise PackError(f"schemas/{name}: not a JSON object")
    return schema


@cache
def _read(name: str, folders: tuple[Path, ...]) -> Any:
    for folder in folders:
        if (folder / name).is_file():
            return parsed_json(pack_files.read_text(folder, name), str(folder / name))
    raise PackError(f"schema {shown(name)}: no such file in {', '.join(map(str, folders))}")


class _Resolution:
    """One schema on the way to having every `$ref` laid in; counts its parts, as references can double."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._all_folders = folders
        self._parts = 0

    def resolved(self, schema: Any, name: str, folders: tuple[Path, ...]) -> Any:
        """Return `schema`, a part of the file `name`, with its references laid in. Data stays as it is."""
        if not isinstance(schema, dict):
            return schema
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise PackError(f"schemas/{name}: has more than {MOST_PARTS} parts once each $ref is laid in")
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
        """Return the value of a keyword; only that of a keyword that holds schemas can have references."""
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
            # The same file in the packs behind this one: how a pack adds to a schema of ours.
            target, folders = name, folders[_home(name, folders) + 1 :]
        else:
            target = _within_schemas(file, name) if file else name
        part = _read(target, folders)
        for step in pointer.split("/")[1:]:
            try:
                part = part[step]
            except (KeyError, TypeError):
                raise PackError(f"schema {name}: nothing is at {shown(reference)}") from None
        return self.resolved(part, target, folders)


def _within_schemas(file: str, name: str) -> str:
    """Return the file that a reference in the schema `name` leads to, from the schema folder on.

    Raises PackError for a URL, an absolute path, and a path that leads out of the folder.
    """
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), file))
    if ":" in file or "\\" in file or "\0" in file or path.startswith(("/", "..")):
        raise PackError(f"schemas/{name}: $ref {shown(file)} leads out of schemas/. Refer to a file in it")
    return path


def _home(name: str, folders: tuple[Path, ...]) -> int:
    return next((index for index, folder in enumerate(folders) if (folder / name).is_file()), len(folders))


def merged(base: Schema, over: Schema) -> dict[str, Any]:
    """Two schemas as one: properties merge, `required` and `allOf` add up, else `over` wins."""
    result = dict(base)
    for key, part in over.items():
        if key == "properties" and key in base:
            names = {**base[key], **part}
            result[key] = {n: merged(_of(base[key].get(n, {})), _of(part.get(n, {}))) for n in names}
        elif key in ("required", "allOf") and key in base:
            result[key] = [*base[key], *part]
        else:
            result[key] = part
    return result


def _of(schema: Schema | bool) -> Schema:
    """A schema as a map: true allows all, false nothing."""
    return ({} if schema else {"not": {}}) if isinstance(schema, bool) else schema


def accepts(schema: Schema | bool, value: Any) -> bool:
    """Whether `schema`, a quick one, accepts `value`."""
    if isinstance(schema, bool):
        return schema
    for keyword, expected in schema.items():
        check = _KEYWORDS.get(keyword)
        if check is not None and not check(expected, value, schema):
            return False
    return True


def validator(schema: Schema, formats: Any = None) -> Any:
    """Return a validator of the jsonschema library that fetches nothing and bounds patterns of packs."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend
    from referencing import Registry

    def pattern(_: Any, expected: str, value: Any, __: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and not patterns.search(expected, value):
            yield ValidationError(f"{value!r} does not match {expected!r}")

    extended: Any = extend
    bounded = extended(Draft202012Validator, {"pattern": pattern})
    return bounded(schema, registry=Registry(), format_checker=formats)


def is_quick(schema: Any) -> bool:
    """Whether `accepts` knows every keyword of `schema`, so that its answer is the library's."""
    if not isinstance(schema, Mapping):
        return True
    for keyword, part in schema.items():
        if keyword == "properties":
            if not all(map(is_quick, part.values())):
                return False
        elif keyword == "allOf":
            if not all(map(is_quick, part)):
                return False
        elif keyword in _KEYWORDS:
            if not is_quick(part) or (keyword == "format" and part != "quantity"):
                return False
        elif keyword not in _ANNOTATIONS and not keyword.startswith("x-"):
            return False
    return True


def part_at(schema: Schema, path: Iterable[str | int], unknown: Schema = MappingProxyType({})) -> Schema:
    """Return the schema of the value at `path`; `unknown` for each step that the schema does not define."""
    for step in path:
        schema = schema.get("properties", {}).get(step, unknown)
    return schema


def applicable(schema: Schema, value: Any) -> Schema:
    """`schema` with the branches of its `if`s and `allOf`s that fit `value` merged into it: what they say of
    properties, and which of them they require."""
    if "if" not in schema and "allOf" not in schema:
        return schema
    result = dict(schema)
    branches = list(result.pop("allOf", ()))
    if "if" in result:
        branch = "then" if accepts(result["if"], value) else "else"
        branches.append(result.get(branch, {}))
        result = {key: part for key, part in result.items() if key not in ("if", "then", "else")}
    for branch in branches:
        if isinstance(branch, Mapping):
            fits = applicable(branch, value)
            result = merged(result, {key: fits[key] for key in ("properties", "required") if key in fits})
    return result


def with_defaults(schema: Schema, values: ValuesMap) -> dict[str, Any]:
    """A copy of `values` where every property of `schema` is there: as given, its default, or None.

    What the schema calls `x-opaque` is Kubernetes' own, and taken as it is.

    `${name}` in a default stands for the value called `name`. Objects with properties of their own are
    filled in the same way; a default that is a map is taken as a whole or not at all.
    """
    return _filled(schema, values, values)


def _filled(schema: Schema, values: ValuesMap, top: ValuesMap) -> dict[str, Any]:
    filled = dict(values)
    for name, part in applicable(schema, values).get("properties", {}).items():
        if name in values and not (isinstance(values[name], Mapping) and "properties" in part):
            continue
        if name in values and part.get("x-opaque"):
            continue
        if "properties" in part and not part.get("x-opaque"):
            filled[name] = _filled(part, values.get(name, {}), top)
        else:
            filled[name] = _substituted(part.get("default"), top)
    return filled


def _substituted(default: Any, top: ValuesMap) -> Any:
    if isinstance(default, str) and "${" in default:
        return re.sub(r"\$\{(\w+)\}", lambda match: str(top.get(match[1], match[0])), default)
    if isinstance(default, Mapping):
        return {key: _substituted(part, top) for key, part in default.items()}
    return default


def _is_type(name: str, value: Any) -> bool:
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, _TYPES[name])


def _equal(first: Any, second: Any) -> bool:
    return bool(first == second) and isinstance(first, bool) == isinstance(second, bool)


def _additional(expected: Schema | bool, value: Any, schema: Schema) -> bool:
    if not isinstance(value, dict):
        return True
    known = schema.get("properties", {})
    return all(key in known or accepts(expected, part) for key, part in value.items())


def _format(expected: str, value: Any, _: Schema) -> bool:
    from kaito_pack.kubernetes.decoding.quantity import is_positive_quantity  # only where a quantity is given

    return is_positive_quantity(value)


_KEYWORDS: Mapping[str, Any] = {
    "type": lambda e, v, s: _is_type(e, v) if isinstance(e, str) else any(_is_type(t, v) for t in e),
    "enum": lambda e, v, s: any(_equal(choice, v) for choice in e),
    "const": lambda e, v, s: _equal(e, v),
    "pattern": lambda e, v, s: not isinstance(v, str) or patterns.search(e, v),
    "minLength": lambda e, v, s: not isinstance(v, str) or len(v) >= e,
    "maxLength": lambda e, v, s: not isinstance(v, str) or len(v) <= e,
    "minimum": lambda e, v, s: not _is_type("number", v) or v >= e,
    "maximum": lambda e, v, s: not _is_type("number", v) or v <= e,
    "required": lambda e, v, s: not isinstance(v, dict) or all(name in v for name in e),
    "minProperties": lambda e, v, s: not isinstance(v, dict) or len(v) >= e,
    "properties": lambda e, v, s: (
        not isinstance(v, dict) or all(accepts(part, v[name]) for name, part in e.items() if name in v)
    ),
    "propertyNames": lambda e, v, s: not isinstance(v, dict) or all(accepts(e, name) for name in v),
    "additionalProperties": _additional,
    "items": lambda e, v, s: not isinstance(v, list) or all(accepts(e, item) for item in v),
    "minItems": lambda e, v, s: not isinstance(v, list) or len(v) >= e,
    "uniqueItems": lambda e, v, s: not isinstance(v, list) or len({repr(item) for item in v}) == len(v),
    "format": _format,
    "allOf": lambda e, v, s: all(accepts(part, v) for part in e),
    "if": lambda e, v, s: accepts(s.get("then" if accepts(e, v) else "else", True), v),
    "then": lambda e, v, s: True,
    "else": lambda e, v, s: True,
    "not": lambda e, v, s: not accepts(e, v),
}
