"""schemas/values.schema.json: what the schemas of the modes say, in one file for editors and catalogues."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from kaito_pack.base.problems import ProblemsError
from kaito_pack.documents import read_file
from kaito_pack.facts.rules import all_rules
from kaito_pack.kubernetes.decoding.quantity import is_positive_quantity
from tests import strategies
from tests.conftest import ROOT
from tests.strategies import PACK
from tests.tiers import often

BUNDLE = json.loads((ROOT / "schemas" / "values.schema.json").read_text(encoding="utf-8"))
BUNDLED = Draft202012Validator(BUNDLE)


formats = FormatChecker(formats=())
formats.checks("quantity")(is_positive_quantity)
OF_MODES = {
    mode: Draft202012Validator(PACK.mode(mode).schema, format_checker=formats) for mode in PACK.mode_names
}


def is_right(values: Any) -> bool:
    """What the pack's own schemas say of values."""
    source = values.get("modelSource") if isinstance(values, dict) else None
    return isinstance(source, str) and source in OF_MODES and OF_MODES[source].is_valid(values)


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object in a schema that is no example and no default."""
    if isinstance(schema, dict):
        yield schema
        for key, part in schema.items():
            if key not in ("examples", "default", "enum"):
                yield from subschemas(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from subschemas(part)


def test_it_is_a_schema_of_2020_that_a_catalogue_takes() -> None:
    Draft202012Validator.check_schema(BUNDLE)
    assert BUNDLE["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert BUNDLE["$id"].startswith("https://")
    assert BUNDLE["$id"].endswith("/values.schema.json")
    assert BUNDLE["title"]
    assert BUNDLE["description"]


def test_it_refers_to_nothing_outside_itself() -> None:
    references = {part["$ref"] for part in subschemas(BUNDLE) if isinstance(part.get("$ref"), str)}
    assert references
    assert all(reference.removeprefix("#/$defs/") in BUNDLE["$defs"] for reference in references)


def test_it_has_none_of_the_packs_own_keywords() -> None:
    keys = {key for part in subschemas(BUNDLE) for key in part}
    assert not [key for key in keys if key.startswith("x-")]
    assert not keys & {"format", "not", "unevaluatedProperties"}


def test_what_several_modes_have_is_in_it_once() -> None:
    def size(schema: Any) -> int:
        return len(json.dumps(schema, separators=(",", ":")))

    apart = sum(size(PACK.mode(mode).schema) for mode in PACK.mode_names)
    assert size(BUNDLE) < 0.8 * apart


def test_each_mode_is_described_where_it_is_chosen() -> None:
    choice = BUNDLE["properties"]["modelSource"]
    described = dict(zip(choice["enum"], choice["markdownEnumDescriptions"], strict=True))
    assert described == {name: PACK.mode(name).facts["description"] for name in PACK.mode_names}


def test_what_it_says_of_a_mistake_names_a_rule() -> None:
    keywords = ("errorMessage", "patternErrorMessage")
    output = [part[key] for part in subschemas(BUNDLE) for key in keywords if isinstance(part.get(key), str)]
    assert output
    assert {text.rpartition("[")[2].rstrip("]") for text in output} <= set(all_rules())
    assert not [text for text in output if "{" in text]


EXAMPLES = {file.stem: yaml.safe_load(file.read_text("utf-8")) for file in (ROOT / "values").glob("*.yaml")}


@pytest.mark.parametrize("name", sorted(name for name in EXAMPLES if "modelSource" in EXAMPLES[name]))
def test_it_accepts_each_example(name: str) -> None:
    assert BUNDLED.is_valid(EXAMPLES[name])


def invalid_examples() -> Iterator[tuple[str, Any]]:
    """The content of each file in tests/invalid/ that can be read as YAML."""
    for file in sorted((ROOT / "tests" / "invalid").glob("*.yaml")):
        with suppress(ProblemsError):
            yield file.stem, read_file(str(file))[0].value


INVALID = dict(invalid_examples())


@pytest.mark.parametrize("name", INVALID)
def test_it_judges_each_invalid_example_as_the_pack_does(name: str) -> None:
    values = INVALID[name]
    assert BUNDLED.is_valid(values) == is_right(values)


@given(strategies.any_values() | strategies.extended_values())
def test_it_accepts_all_valid_values(values: dict[str, Any]) -> None:
    assert BUNDLED.is_valid(values)


@often(300, *HealthCheck)
@given(strategies.mutated())
def test_it_judges_mutated_values_as_the_pack_does(drawn: tuple[str, Any]) -> None:
    _, values = drawn
    assert BUNDLED.is_valid(values) == is_right(values), values


@given(st.text("0123456789.+-eEKMGTPinumk \u00a0\n", max_size=8) | st.floats(-2, 2) | st.integers(-3, 3))
def test_it_reads_quantities_as_the_pack_does(quantity: str | float) -> None:
    values = {"name": "a", "modelSource": "vllm", "modelId": "a/b", "resources": {"cpu": quantity}}
    assert BUNDLED.is_valid(values) == is_positive_quantity(quantity)


def test_it_reads_recorded_quantities_as_the_pack_does(facts: Path) -> None:
    rows = json.loads((facts / "quantities.json").read_text(encoding="utf-8"))
    values = {"name": "a", "modelSource": "vllm", "modelId": "a/b"}
    assert rows
    for row in rows:
        written = row["input"]
        assert BUNDLED.is_valid({**values, "resources": {"memory": written}}) == is_positive_quantity(written)


def test_each_file_for_editors_begins_with_the_line_that_leads_to_its_schema() -> None:
    patterns = (
        "values/*.yaml",
        "values/targets/*.yaml",
        "values/catalogue/*.yaml",
        "templates/*/mode.yaml",
        "facts/engines/*.yaml",
    )
    files = [file for pattern in patterns for file in ROOT.glob(pattern)]
    assert len(files) > len(PACK.mode_names)
    for file in files:
        head, _, schema = file.read_text(encoding="utf-8").splitlines()[0].partition("$schema=")
        assert head == "# yaml-language-server: ", file
        assert (file.parent / schema).is_file(), file
