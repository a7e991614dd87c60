"""Errors of jsonschema in the words of both dialects: values and the pack's own files."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.base.problems import Problem
from kaito_pack.pack import json_schema
from kaito_pack.pack.schema_problems import FORMATS, PACK_FILES, Dialect, explained
from kaito_pack.values.schema_problems import VALUES

# By the keyword that refuses: a schema, and a value that it refuses.
CASES: dict[str, tuple[Any, Any]] = {
    "type": ({"type": "integer"}, "x"),
    "types": ({"type": ["integer", "null"]}, "x"),
    "an unusual type": ({"type": "number"}, "x"),
    "enum": ({"enum": ["a", "b"]}, "aa"),
    "const": ({"const": 1}, 2),
    "required": ({"required": ["a"], "properties": {"a": {"examples": [1]}}}, {}),
    "dependentRequired": ({"dependentRequired": {"a": ["b"]}}, {"a": 1}),
    "additionalProperties": ({"properties": {"abc": {}}, "additionalProperties": False}, {"abd": 1}),
    "properties that may be true": ({"properties": {"a": True}, "additionalProperties": False}, {"b": 1}),
    "format": ({"format": "quantity"}, "x"),
    "minimum": ({"minimum": 2}, 1),
    "maxLength": ({"maxLength": 1}, "ab"),
    "uniqueItems": ({"uniqueItems": True}, [1, 1]),
    "propertyNames": ({"propertyNames": {"maxLength": 1}}, {"ab": 1}),
    "a bare false": ({"properties": {"a": False}}, {"a": 1}),
    "pattern": ({"pattern": "^a", "description": "Begins with a. Always."}, "b"),
}


def problems(schema: Any, value: Any, dialect: Dialect) -> list[Problem]:
    errors = json_schema.validator(schema, FORMATS).iter_errors(value)
    return [result.problem for error in errors for result in explained(error, dialect)]


@pytest.mark.parametrize("dialect", [VALUES, PACK_FILES], ids=["values", "pack files"])
@pytest.mark.parametrize("case", CASES)
def test_every_keyword_has_words_without_gaps(case: str, dialect: Dialect) -> None:
    (problem,) = problems(*CASES[case], dialect)
    assert "{" not in problem.message + problem.fix, problem
    assert problem.message


def test_values_report_the_absent_field_and_files_its_owner() -> None:
    schema, value = CASES["required"]
    assert [each.path for each in problems(schema, value, VALUES)] == [("a",)]
    assert [each.path for each in problems(schema, value, PACK_FILES)] == [()]


def test_a_schema_can_name_a_nearer_rule() -> None:
    schema = {"pattern": "^a", "x-rules": {"pattern": "values/too-long"}}
    (problem,) = problems(schema, "b", VALUES)
    assert problem.rule == "values/too-long"


def test_words_for_several_types_are_joined() -> None:
    (problem,) = problems(*CASES["types"], VALUES)
    assert "a whole number or null" in problem.message
