"""The schemas of Target, Fleet and Catalogue, and their examples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kaito_pack.base.root import SCHEMAS, VALUES
from kaito_pack.pack import files as pack_files

TARGET = {"apiVersion": pack_files.API_VERSION, "kind": "Target", "kaitoVersion": "0.12"}
CLUSTER = {"name": "onprem", "target": "onprem.yaml", "values": ["*.yaml"], "out": "out"}
FLEET = {"apiVersion": pack_files.API_VERSION, "kind": "Fleet", "targets": [CLUSTER]}


def schema_of(kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{kind.lower()}.schema.json").read_text(encoding="utf-8"))
    return schema


def described(schema: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of a value in a schema, with a name to report it by."""
    if "$ref" not in schema:
        yield name, schema
    for key, inner in {**schema.get("properties", {}), **schema.get("$defs", {})}.items():
        yield from described(inner, f"{name}.{key}")
    if "items" in schema:
        yield from described(schema["items"], f"{name}[]")


@pytest.mark.parametrize("kind", pack_files.KINDS)
def test_a_schema_is_valid_and_strict(kind: str) -> None:
    Draft202012Validator.check_schema(schema_of(kind))
    for name, schema in described(schema_of(kind), kind):
        is_map = isinstance(schema.get("additionalProperties"), dict) and "pattern" in schema["propertyNames"]
        assert schema.get("type") != "object" or is_map or schema.get("additionalProperties") is False, name


@pytest.mark.parametrize("kind", pack_files.KINDS)
def test_every_value_has_a_title_a_description_and_valid_examples(kind: str) -> None:
    whole = schema_of(kind)
    for name, schema in described(whole, kind):
        assert schema["title"] and schema["description"].endswith("."), name
        examples = schema.get("examples", [] if name == kind else None)
        assert examples is not None, f"{name} has no example"
        for example in [*examples, *([schema["default"]] if "default" in schema else [])]:
            Draft202012Validator({**schema, "$defs": whole.get("$defs", {})}).validate(example)


@pytest.mark.parametrize(
    ("file", "kind"),
    [("targets/aks-prod.yaml", "Target"), ("targets/onprem.yaml", "Target"), ("fleet.yaml", "Fleet")],
)
def test_the_examples_fit_their_schemas(file: str, kind: str) -> None:
    assert list(pack_files.check_file(pack_files.read(VALUES / file), kind)) == []


@pytest.mark.parametrize(
    "file", ["targets/aks-prod.yaml", "targets/onprem.yaml", "fleet.yaml", "catalogue/models.yaml"]
)
def test_the_modeline_of_an_example_leads_to_its_schema(file: str) -> None:
    first = (VALUES / file).read_text(encoding="utf-8").splitlines()[0]

    assert ((VALUES / file).parent / first.partition("$schema=")[2]).resolve().parent == SCHEMAS


@pytest.mark.parametrize(
    ("kind", "document", "rule", "path"),
    [
        ("Target", {**TARGET, "kaitoVersion": 0.1}, "wrong-type", ("kaitoVersion",)),
        ("Target", {**TARGET, "kaitoVersion": "0.12.0"}, "wrong-value", ("kaitoVersion",)),
        ("Target", {**TARGET, "nodeProvisioning": "nap"}, "not-a-choice", ("nodeProvisioning",)),
        ("Target", {**TARGET, "cloud": "gcp"}, "not-a-choice", ("cloud",)),
        ("Target", {**TARGET, "gpuMemoryGiB": 0}, "wrong-value", ("gpuMemoryGiB",)),
        ("Target", {**TARGET, "gpuMemory": 80}, "unknown-field", ("gpuMemory",)),
        ("Target", {**TARGET, "kind": "Fleet"}, "not-a-choice", ("kind",)),
        ("Target", {**TARGET, "apiVersion": "v1"}, "not-a-choice", ("apiVersion",)),
        ("Target", {**TARGET, "namespace": "A"}, "wrong-value", ("namespace",)),
        ("Target", {**TARGET, "layers": "base.yaml"}, "wrong-type", ("layers",)),
        ("Fleet", {**FLEET, "targets": []}, "wrong-value", ("targets",)),
        ("Fleet", {**FLEET, "targets": [{**CLUSTER, "values": []}]}, "wrong-value", ("targets", 0, "values")),
        ("Fleet", {**FLEET, "targets": [{**CLUSTER, "to": "x"}]}, "unknown-field", ("targets", 0, "to")),
        ("Fleet", {**FLEET, "targets": [None]}, "wrong-type", ("targets", 0)),
    ],
)
def test_a_wrong_document_has_one_problem(kind: str, document: Any, rule: str, path: tuple[Any, ...]) -> None:
    result = list(pack_files.check(document, kind))

    assert [(problem.rule, problem.path) for problem in result] == [(f"values/pack-file-{rule}", path)]


def test_every_missing_field_is_named() -> None:
    result = list(
        pack_files.check({"apiVersion": pack_files.API_VERSION, "kind": "Fleet", "targets": [{}]}, "Fleet")
    )

    assert [problem.message for problem in result] == [
        f"required field {name} is missing" for name in ("name", "target", "values", "out")
    ]


@pytest.mark.parametrize("document", [None, [], 5, {1: 2}, {"kind": {}}, {None: []}])
def test_any_shape_is_answered_with_problems(document: Any) -> None:
    assert list(pack_files.check(document, "Target"))


def test_what_a_value_has_to_be_is_said_in_the_words_of_the_schema() -> None:
    [problem] = pack_files.check({**TARGET, "gpuMemoryGiB": -1}, "Target")

    assert problem.message == "`-1` is not allowed"
    assert problem.fix.startswith("Use the memory of one GPU in GiB")
