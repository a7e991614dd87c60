"""Finds what the API server rejects in a custom resource by its CRD's structural schema.

The order is that of apiextensions-apiserver v0.35: report unknown fields, drop a null that is neither
nullable nor defaulted, fill in defaults, validate the rest. In a list, null stays and has no type. CEL rules
are not evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kaito_pack.base.display import shown, shown_typed
from kaito_pack.base.problems import PackError
from kaito_pack.base.trees import Schema
from kaito_pack.facts.patterns import search
from kaito_pack.kubernetes.decoding.decoding import (
    Finding,
    Findings,
    Trail,
    ValueCheck,
    is_whole,
    path_of,
    unknown,
    wrong_type,
)
from kaito_pack.kubernetes.decoding.formats import is_time

OPEN: Schema = {"x-kubernetes-preserve-unknown-fields": True}
EXPECTED = {
    "string": "a string",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a map",
}


def compiled(schema: Schema) -> ValueCheck:
    """Return the check of a structural schema. Raises PackError for a type that OpenAPI does not have."""
    kind = schema.get("type")
    if kind is not None and kind not in list(EXPECTED):
        raise PackError(f"a schema of objects has the type {shown(kind)}. Use one of OpenAPI's types")
    steps: list[ValueCheck] = [*_values(schema)]
    if kind == "object" or "properties" in schema or "additionalProperties" in schema:
        steps.append(_fields(schema))
    elif kind == "array":
        steps.append(_items(schema))
    elif not schema.get("x-kubernetes-preserve-unknown-fields"):
        # The API server checks for unknown fields before it checks types.
        steps.append(_no_fields)
    if not steps:
        return lambda value, trail, findings: None

    def check(value: Any, trail: Trail, findings: Findings) -> None:
        if value is None:
            if not schema.get("nullable") and kind:
                findings.append(Finding("type", path_of(trail), shown_typed(value), EXPECTED[kind]))
            return
        if kind and not has_type(value, kind):
            wrong_type(value, trail, findings, EXPECTED[kind])
        else:
            for step in steps:
                step(value, trail, findings)

    return check


def custom_resource(schema: Schema) -> ValueCheck:
    """Return the check of a whole custom resource by the schema of its CRD.

    `metadata` has its own rules, and a status is dropped before validation.
    """
    fields = schema["properties"]
    spec = compiled({**schema, "properties": {**fields, "metadata": OPEN, "status": OPEN}})

    def check(value: Any, trail: Trail, findings: Findings) -> None:
        spec(value, trail, findings)
        unknown_only(value.get("status"), fields.get("status"), (trail, "status"), findings)

    return check


def unknown_only(value: Any, schema: Schema | None, trail: Trail, findings: Findings) -> None:
    """Find only the unknown fields, whatever the types: a part that a create drops needs no other check."""
    if schema and schema.get("x-kubernetes-preserve-unknown-fields") and "properties" not in schema:
        return
    schema = schema or {}
    if isinstance(value, list):
        for index, item in enumerate(value):
            unknown_only(item, schema.get("items"), (trail, index), findings)
    elif isinstance(value, dict):
        fields: Mapping[str, Schema] = schema.get("properties", {})
        free, _ = _other_fields(schema)
        for key, child in value.items():
            if key in fields or free:
                other = schema.get("additionalProperties")
                unknown_only(
                    child,
                    fields.get(key) or (other if isinstance(other, dict) else None),
                    (trail, key),
                    findings,
                )
            else:
                findings.append(unknown(key, fields, trail, findings))


def has_type(value: Any, kind: str) -> bool:
    """Return whether a JSON value has an OpenAPI type."""
    if kind == "integer":
        # A number beyond int64 is read as a float, and such a large float does not count as whole.
        return is_whole(value) and bool(-(2**63) <= value < 2**63)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
    return isinstance(value, TYPES[kind])


TYPES: Mapping[str, type] = {"string": str, "boolean": bool, "array": list, "object": dict}


def _no_fields(value: Any, trail: Trail, findings: Findings) -> None:
    for key in value if isinstance(value, dict) else ():
        findings.append(Finding("unknown", path_of((trail, key)), shown(key), ""))


def _fields(schema: Schema) -> ValueCheck:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    fields = {name: compiled(field) for name, field in properties.items()}
    needed = [name for name in schema.get("required", ()) if "default" not in properties.get(name, {})]
    nullable = {name for name, field in properties.items() if field.get("nullable")}
    free, other = _other_fields(schema)

    def check(value: Any, trail: Trail, findings: Findings) -> None:
        for name in needed:
            if value.get(name) is None and not (name in nullable and name in value):
                findings.append(Finding("missing", path_of((trail, name)), name, name))
        for key, child in value.items():
            field = fields.get(key)
            if field is not None:
                if child is not None:
                    field(child, (trail, key), findings)
            elif other is not None:
                if child is not None:
                    other(child, (trail, key), findings)
            elif not free:
                findings.append(unknown(key, fields, trail, findings))

    return check


def _other_fields(schema: Schema) -> tuple[bool, ValueCheck | None]:
    """Return whether unlisted fields are allowed unchecked, and the check of additional fields."""
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        return True, compiled(others)
    return bool(others or schema.get("x-kubernetes-preserve-unknown-fields")), None


def _items(schema: Schema) -> ValueCheck:
    item = compiled(schema.get("items", {}))
    keys = schema.get("x-kubernetes-list-map-keys", ())
    form = schema.get("x-kubernetes-list-type")

    def check(value: Any, trail: Trail, findings: Findings) -> None:
        seen = set()
        for index, child in enumerate(value):
            item(child, (trail, index), findings)
            if form in ("set", "map"):
                identity = repr([child.get(key) for key in keys] if isinstance(child, dict) else child)
                if identity in seen:
                    findings.append(Finding("items", path_of((trail, index)), shown(child), "written once"))
                seen.add(identity)

    return check


def _values(schema: Schema) -> list[ValueCheck]:
    """Return the checks for the value validations of a schema."""
    schema = {**FORMATS.get(schema.get("format", ""), {}), **schema}
    checks: list[ValueCheck] = [_enum(schema["enum"])] if "enum" in schema else []
    if "pattern" in schema:
        checks.append(_pattern(schema["pattern"]))
    if schema.get("format") == "date-time":
        checks.append(_date_time)
    if schema.get("x-kubernetes-int-or-string"):
        checks.append(_int_or_string)
    for words, measure, kind in LIMITS:
        low, high = (schema.get(word) for word in words)
        if low is not None or high is not None:
            checks.append(_limit(low, high, measure, kind))
    if "allOf" in schema:
        checks.extend(check for part in schema["allOf"] for check in _values(part))
    for word in ("anyOf", "oneOf"):
        if word in schema:
            checks.append(_some(schema[word], only_one=word == "oneOf"))
    return checks


FORMATS = {"int32": {"minimum": -(2**31), "maximum": 2**31 - 1}}
LIMITS: tuple[tuple[tuple[str, str], Callable[[Any], Any], str], ...] = (
    (("minimum", "maximum"), lambda value: value if has_type(value, "number") else None, "range"),
    (("minLength", "maxLength"), lambda value: len(value) if isinstance(value, str) else None, "text"),
    (("minItems", "maxItems"), lambda value: len(value) if isinstance(value, list) else None, "items"),
    (
        ("minProperties", "maxProperties"),
        lambda value: len(value) if isinstance(value, dict) else None,
        "items",
    ),
)


def _limit(low: Any, high: Any, measure: Callable[[Any], Any], kind: str) -> ValueCheck:
    words = (
        f"{low} to {high}"
        if None not in (low, high)
        else f"at least {low}"
        if high is None
        else f"at most {high}"
    )
    unit = {"text": " characters", "items": " entries"}.get(kind, "")

    def check(value: Any, trail: Trail, findings: Findings) -> None:
        size = measure(value)
        if size is not None and not ((low is None or low <= size) and (high is None or size <= high)):
            findings.append(Finding(kind, path_of(trail), shown(value), words + unit))

    return check


def _enum(choices: list[Any]) -> ValueCheck:
    def check(value: Any, trail: Trail, findings: Findings) -> None:
        if not any(
            value == choice and isinstance(value, bool) == isinstance(choice, bool) for choice in choices
        ):
            findings.append(Finding("enum", path_of(trail), shown(value), ", ".join(map(str, choices))))

    return check


def _pattern(pattern: str) -> ValueCheck:
    def check(value: Any, trail: Trail, findings: Findings) -> None:
        # Unlike Python's, Go's `$` does not match before a line end at the end of the text.
        if isinstance(value, str) and not search(pattern.removesuffix("$") + r"\Z", value):
            findings.append(Finding("text", path_of(trail), shown(value), f"a string that matches {pattern}"))

    return check


def _date_time(value: Any, trail: Trail, findings: Findings) -> None:
    if isinstance(value, str) and not is_time(value):
        findings.append(Finding("time", path_of(trail), shown(value), "2026-01-31T12:00:00Z"))


def _int_or_string(value: Any, trail: Trail, findings: Findings) -> None:
    if not (isinstance(value, str) or has_type(value, "integer")):
        wrong_type(value, trail, findings, "a whole number or a string")


def _some(parts: list[Schema], only_one: bool) -> ValueCheck:
    alternatives = [_fields_and_values(part) for part in parts]

    def check(value: Any, trail: Trail, findings: Findings) -> None:
        matches = 0
        for alternative in alternatives:
            misses: Findings = []
            for step in alternative:
                step(value, trail, misses)
            matches += not misses
        if matches == 0 or (only_one and matches > 1):
            wanted = "exactly one" if only_one else "one"
            findings.append(Finding("schema", path_of(trail), shown(value), wanted))

    return check


def _fields_and_values(schema: Schema) -> list[ValueCheck]:
    checks = _values(schema)
    for name in schema.get("required", ()):
        checks.append(_required(name))
    for name, part in schema.get("properties", {}).items():
        checks.extend(_within(name, step) for step in _fields_and_values(part))
    return checks


def _required(name: str) -> ValueCheck:
    def check(value: Any, trail: Trail, findings: Findings) -> None:
        if isinstance(value, dict) and value.get(name) is None:
            findings.append(Finding("missing", path_of((trail, name)), name, name))

    return check


def _within(name: str, step: ValueCheck) -> ValueCheck:
    def check(value: Any, trail: Trail, findings: Findings) -> None:
        if isinstance(value, dict) and value.get(name) is not None:
            step(value[name], (trail, name), findings)

    return check
