"""The tree is the registry: what a mode, a value, a rule must have."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from kaito_pack.facts.rules import all_rules
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Pack
from kaito_pack.pack.catalogue_schema import MODEL_ID
from kaito_pack.workspace.engines import engines
from tests.conftest import ROOT

PACK = Pack()


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_a_mode_has_a_workspace_template_and_a_schema(mode: str) -> None:
    assert PACK.mode(mode).templates[0] == f"{mode}/workspace.yaml.j2"
    assert PACK.mode(mode).schema["properties"]["modelSource"]["const"] == mode
    assert PACK.mode(mode).is_quick, "a keyword that the fast check does not know makes every run slow"


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_every_value_has_title_description_and_example(mode: str) -> None:
    lacking = [
        (name, word)
        for name, part in PACK.mode(mode).schema["properties"].items()
        if "not" not in part
        for word in ("title", "description", "examples")
        if not part.get(word)
    ]
    assert lacking == []


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_the_examples_in_a_schema_are_right(mode: str) -> None:
    for part in PACK.mode(mode).schema["properties"].values():
        for example in part.get("examples", []) if "not" not in part else []:
            Draft202012Validator(part).validate(example)


def test_every_value_is_shown_in_an_example_or_on_a_page() -> None:
    names = {
        name
        for mode in PACK.mode_names
        for name, part in PACK.mode(mode).schema["properties"].items()
        if "not" not in part
    }
    shown = {
        name
        for file in (ROOT / "values").glob("*.yaml")
        for name in yaml.safe_load(file.read_text(encoding="utf-8"))
    }
    # What needs a certain target is on a page, whose blocks run with it.
    pages = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "docs").rglob("*.md"))
    assert {name for name in names - shown if f"\n{name}:" not in pages} == set()


@pytest.mark.parametrize(
    "file", sorted((ROOT / "schemas").glob("**/*.schema.json")), ids=lambda file: file.name
)
def test_a_schema_is_a_json_schema_of_2020_12(file) -> None:
    schema = json.loads(file.read_text(encoding="utf-8"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_patterns_end_in_a_way_that_takes_no_line_break() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "schemas" / "values").glob("*.json"))
    anchored = [pattern for pattern in re.findall(r'"pattern": "(\^[^"]*)"', text) if pattern.endswith("$")]
    assert anchored
    assert [pattern for pattern in anchored if not pattern.endswith(r"(?!\\n)$")] == []
    assert not re.search(r"\\\\[dwsDWS]", text), "classes that validators read differently"


def test_every_rule_that_the_code_names_is_in_the_table() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "kaito_pack").rglob("*.py"))
    schemas = "".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "schemas" / "values").glob("*.json")
    )
    named = set(re.findall(r'"(values/[a-z0-9-]*[a-z0-9])"', code + schemas))
    assert named - set(all_rules()) == set()
    used_elsewhere = {name for name in all_rules() if name.startswith("values/file-")}
    assert {name for name in all_rules() if name.startswith("values/")} - named - used_elsewhere == set()


def test_every_rule_has_words() -> None:
    lacking = [name for name, rule in all_rules().items() if not rule.message or not rule.meaning]
    assert lacking == []


def test_the_served_names_are_those_of_the_models_that_can_be_chosen() -> None:
    for name in PACK.mode_names:
        served = PACK.mode(name).facts.get("servedModels")
        if served:
            choices = [
                part["enum"]
                for part in PACK.mode(name).schema["properties"].values()
                if set(part.get("enum", [])) >= set(served)
            ]
            assert choices and set(choices[0]) == set(served)


# The modules whose constants are the names of values that have a meaning in the program, whatever the mode.
NAMED_HERE = ("kaito_pack/values/meanings.py", "kaito_pack/workspace/workloads.py")
# Values that are called like something else, and what that is.
LIKE_OTHERS = {
    "vllm": "the ConfigMap of KAITO's settings",
    "ignoredRules": "targets and fleets",
    "ggufFile": "the answer of status in JSON",
}


@cache
def literals() -> list[tuple[str, str]]:
    """Every string in the code that is not a docstring, with its place."""
    return list(texts_of_code())


def texts_of_code() -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / "kaito_pack").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        words = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in words:
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node.value


def test_no_python_names_a_mode() -> None:
    # An engine or a field of KAITO's may have a mode's name; the next test is about those.
    names = set(PACK.mode_names) - set(engines()) - {"preset"}
    assert [(place, text) for place, text in literals() if text in names] == []


def test_no_python_names_a_value() -> None:
    """Which value is the model or the length is a fact that `facts/values.json` has."""
    values = {name for mode in PACK.mode_names for name in PACK.mode(mode).schema["properties"]}
    others = [*(ROOT / "facts/kaito").rglob("*.json"), ROOT / "schemas/catalogue.schema.json"]
    schemas = [json.loads(file.read_text(encoding="utf-8")) for file in others]
    pods = definitions.definition(definitions.newest()).schemas.values()
    fields = property_names([*schemas, *pods]) - {MODEL_ID}
    names = values - fields - set(LIKE_OTHERS)
    assert {"modelSource", "maxModelLen", "extraArgs"} <= names
    places = [(place, text) for place, text in literals() if text in names]
    constants = ("kaito_pack/pack/catalogue_schema.py", *NAMED_HERE)
    assert [(place, text) for place, text in places if not place.startswith(constants)] == []


def property_names(schemas: list[Any]) -> set[str]:
    """The names of the properties that schemas have anywhere; definitions may refer to themselves."""
    names: set[str] = set()
    parts, seen = list(schemas), set()
    while parts:
        part = parts.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, Mapping):
            properties = part.get("properties")
            names |= set(properties) if isinstance(properties, Mapping) else set()
        parts += part.values() if isinstance(part, Mapping) else part if isinstance(part, list) else []
    return names


def test_no_python_tests_for_an_engine() -> None:
    """A comparison with the name of an engine is a fact that its file should have."""
    tested = []
    for file in (ROOT / "kaito_pack").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            parts = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            texts = {part.value for part in parts if isinstance(part, ast.Constant)}
            if texts & set(engines()) and file.parent.name != "kaito":
                tested.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert tested == []
