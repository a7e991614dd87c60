"""The quick half of the values check: it agrees with the jsonschema library, and fills in defaults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from jsonschema import Draft202012Validator, FormatChecker

from kaito_pack.base.problems import PackError
from kaito_pack.kubernetes.decoding.quantity import is_positive_quantity
from kaito_pack.pack import json_schema
from kaito_pack.pack.json_schema import accepts, applicable, is_quick, with_defaults
from kaito_pack.pack.references import merged, resolve
from tests.strategies import PACK, mutated
from tests.tiers import often

formats = FormatChecker(formats=())
formats.checks("quantity")(is_positive_quantity)
VALIDATORS = {
    mode: Draft202012Validator(PACK.mode(mode).schema, format_checker=formats) for mode in PACK.mode_names
}


@often(300, *HealthCheck)
@given(drawn=mutated())
def test_both_validators_agree_on_mutated_values(drawn: tuple[str, Any]) -> None:
    mode, document = drawn
    quick, library = accepts(PACK.mode(mode).schema, document), VALIDATORS[mode].is_valid(document)
    assert quick == library or (library and has_float_integer(document)), (mode, document)


def has_float_integer(document: Any) -> bool:
    """Whether a 1.0 is in it, which the library takes for an integer; it decides where ours refuses."""
    result = [document]
    for part in result:
        result.extend(part.values() if isinstance(part, dict) else part if isinstance(part, list) else ())
    return any(isinstance(part, float) and part.is_integer() for part in result)


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_the_quick_check_knows_every_keyword_of_our_schemas(mode: str) -> None:
    assert is_quick(PACK.mode(mode).schema)


@pytest.mark.parametrize("keyword", ["oneOf", "dependentRequired", "maxItems", "patternProperties"])
def test_a_keyword_that_the_quick_check_does_not_know_makes_a_schema_slow(keyword: str) -> None:
    assert not is_quick({"properties": {"name": {keyword: {}}}})


def schema_files(folder: Path, **files: Any) -> list[Path]:
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return [folder]


def test_what_stands_beside_a_reference_is_laid_over_what_it_refers_to(tmp_path: Path) -> None:
    folders = schema_files(
        tmp_path,
        base={"required": ["a"], "properties": {"a": {"type": "string", "maxLength": 3}}},
        top={"$ref": "base.json", "required": ["b"], "properties": {"a": {"maxLength": 5}, "b": {}}},
    )
    assert resolve("top.json", folders) == {
        "required": ["a", "b"],
        "properties": {"a": {"type": "string", "maxLength": 5}, "b": {}},
    }


def test_unevaluated_properties_become_additional_ones(tmp_path: Path) -> None:
    folders = schema_files(tmp_path, top={"properties": {"a": {}}, "unevaluatedProperties": False})
    assert resolve("top.json", folders) == {"properties": {"a": {}}, "additionalProperties": False}


@pytest.mark.parametrize("reference", ["other.json", "#/$defs/none", "top.json#/properties/b"])
def test_a_reference_to_nothing_is_the_fault_of_the_pack(reference: str, tmp_path: Path) -> None:
    with pytest.raises(PackError):
        resolve("top.json", schema_files(tmp_path, top={"properties": {"a": {"$ref": reference}}}))


def test_merging_adds_up_what_is_required_and_replaces_defaults() -> None:
    base = {"required": ["a"], "allOf": [1], "properties": {"a": {"default": {"x": 1}}}}
    over = {"required": ["b"], "allOf": [2], "properties": {"a": {"default": {"y": 2}}}}
    assert merged(base, over) == {
        "required": ["a", "b"],
        "allOf": [1, 2],
        "properties": {"a": {"default": {"y": 2}}},
    }


CONDITIONAL = {
    "properties": {"size": {"default": 1}},
    "allOf": [
        {
            "if": {"required": ["big"]},
            "then": {"properties": {"size": {"default": 9}}},
            "else": {"properties": {"kind": {"default": "small"}}},
        }
    ],
}


@pytest.mark.parametrize(
    ("given_values", "expected"),
    [({"big": True}, {"size": {"default": 9}}), ({}, {"size": {"default": 1}, "kind": {"default": "small"}})],
)
def test_the_branch_that_fits_the_values_is_laid_over_the_properties(
    given_values: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert applicable(CONDITIONAL, given_values)["properties"] == expected


def test_a_default_depends_on_the_branch_that_fits() -> None:
    assert with_defaults(CONDITIONAL, {"big": True}) == {"big": True, "size": 9}


def test_a_given_value_stays_and_an_absent_one_without_default_is_none() -> None:
    schema = {"properties": {"a": {"default": 1}, "b": {}}}
    assert with_defaults(schema, {"a": 5}) == {"a": 5, "b": None}


def test_a_default_that_is_a_map_is_taken_as_a_whole_or_not_at_all() -> None:
    schema = {"properties": {"labels": {"default": {"os": "linux"}}}}
    assert with_defaults(schema, {"labels": {"a": "b"}}) == {"labels": {"a": "b"}}


def test_objects_with_properties_are_filled_inside() -> None:
    schema = {"properties": {"resources": {"properties": {"gpu": {"default": 1}, "cpu": {}}}}}
    assert with_defaults(schema, {"resources": {"cpu": "2"}}) == {"resources": {"cpu": "2", "gpu": 1}}
    assert with_defaults(schema, {}) == {"resources": {"cpu": None, "gpu": 1}}


def test_what_is_opaque_is_left_as_it_is() -> None:
    schema = {"properties": {"pod": {"x-opaque": True, "properties": {"spec": {"default": 1}}}}}
    assert with_defaults(schema, {"pod": {}}) == {"pod": {}}


def test_a_name_in_a_default_stands_for_the_value_of_that_name() -> None:
    schema = {"properties": {"label": {"default": {"app": "workspace-${name}"}}}}
    assert with_defaults(schema, {"name": "llama"})["label"] == {"app": "workspace-llama"}


def test_filling_leaves_the_given_values_alone() -> None:
    given_values: dict[str, Any] = {"resources": {}}
    with_defaults({"properties": {"resources": {"properties": {"gpu": {"default": 1}}}}}, given_values)
    assert given_values == {"resources": {}}


@pytest.mark.parametrize("value", [True, 1.5, "1", None])
def test_an_integer_is_neither_a_boolean_nor_a_fraction_nor_text(value: Any) -> None:
    assert not json_schema.accepts({"type": "integer"}, value)
