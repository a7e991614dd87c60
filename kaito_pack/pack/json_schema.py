"""The values schemas: a fast check, the parts that apply to given values, and defaults.

`accepts` is the fast check. For values that it rejects, `schema_problems` decides and explains with the
jsonschema library. A schema with a keyword that `accepts` does not support (`is_quick`) always uses the
library. A test on mutated documents verifies that both agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.problems import PackError
from kaito_pack.base.trees import Schema, ValuesMap
from kaito_pack.facts import patterns
from kaito_pack.pack.references import merged

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


def accepts(schema: Schema | bool, value: Any) -> bool:
    """Return whether `schema`, which must be quick, accepts `value`."""
    if isinstance(schema, bool):
        return schema
    for keyword, expected in schema.items():
        check = _KEYWORDS.get(keyword)
        if check is not None and not check(expected, value, schema):
            return False
    return True


def validator(schema: Schema, formats: Any = None) -> Any:
    """Return a validator of the jsonschema library that fetches nothing and limits patterns of packs."""
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


def errors_of(schema: Schema, value: Any, formats: Any, where: str) -> list[Any]:
    """Return the jsonschema library's errors for a value.

    Raises PackError, which names the schema by `where`, if the library cannot use the schema. A user's pack
    may have such a schema.
    """
    from jsonschema.exceptions import UnknownType

    try:
        return list(validator(schema, formats).iter_errors(value))
    except UnknownType as error:
        raise PackError(f"{where}: the type {shown(error.type)} does not exist in JSON Schema") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise PackError(f"{where}: not a JSON Schema: {error}") from None


def is_quick(schema: Any) -> bool:
    """Return whether `accepts` supports every keyword of `schema`, so that it agrees with the library."""
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
    """Return `schema` merged with the branches of its `if`s and `allOf`s that apply to `value`.

    Only the properties and `required` of a branch are merged.
    """
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
    """Return a copy of `values` with every property of `schema`: as given, else its default, else None.

    Properties marked `x-opaque` belong to Kubernetes and are copied unchanged.

    `${name}` in a default is the value called `name`. Objects with their own properties are filled in the
    same way; a default that is a map is used as a whole or not at all.
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
    from kaito_pack.kubernetes.decoding.quantity import is_positive_quantity

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
