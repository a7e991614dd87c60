"""For any valid values: what is rendered can be imported, and renders to the same bytes again."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from kaito_pack import json_schema
from kaito_pack import values as checked_values
from kaito_pack.documents import read_text
from kaito_pack.importing import Imported, import_workspace
from kaito_pack.rendering import Renderer, as_json, as_yaml
from kaito_pack.scalars import to_yaml
from tests import strategies
from tests.conftest import Run
from tests.strategies import PACK

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(
    file for file in (ROOT / "values").glob("*.yaml") if "modelSource" in file.read_text(encoding="utf-8")
)
RENDERER = Renderer(PACK)
often = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def rendered(drawn: dict[str, Any]) -> str:
    return as_yaml(RENDERER.render(checked_values.check([strategies.as_layer(drawn)], PACK)))


def imported(text: str, **supplied: Any) -> Imported:
    return import_workspace(read_text(text, "live.yaml"), PACK, supplied)


def lost(found: Imported) -> dict[str, str]:
    return {".".join(map(str, one.path)): one.rule for one in found.losses if one.is_error}


def hidden(drawn: dict[str, Any]) -> dict[str, Any]:
    """The values that no manifest of `drawn` shows."""
    names = {"provider"}
    if drawn.get("ggufRunMode") == "build":
        names |= {"modelId", "ggufFile"}
    containers = drawn.get("podTemplate", {}).get("spec", {}).get("containers", [])
    if "imageRef" in drawn or any(one["name"] == "model" and "image" in one for one in containers):
        names.add("premadeModel")
    return {name: drawn[name] for name in names if name in drawn}


def without_defaults(drawn: dict[str, Any]) -> dict[str, Any]:
    """`drawn` in canonical form, without what the schema gives anyway."""
    checked = checked_values.check([strategies.as_layer(drawn)], PACK)
    return _less(checked.filled, checked.given, checked.mode.schema, checked.given)


def _less(filled: Any, given: Any, schema: Any, top: Any) -> dict[str, Any]:
    kept = {}
    for name, value in given.items():
        part = schema.get("properties", {}).get(name, {})
        rest = {key: other for key, other in given.items() if key != name}
        if isinstance(value, dict) and "properties" in part:
            # What is right for a part may hang on the whole, so defaults are asked of the whole.
            kept[name] = {
                key: filled[name][key]
                for key in value
                if _filled_without(top, (name, key)) != filled[name][key]
            }
            if not kept[name]:
                del kept[name]
        elif name in schema["required"] or _filled_without(top, (name,)) != filled[name]:
            kept[name] = filled[name]
    return kept


def _filled_without(top: dict[str, Any], path: tuple[str, ...]) -> Any:
    changed = copy.deepcopy(top)
    owner = changed
    for step in path[:-1]:
        owner = owner[step]
    del owner[path[-1]]
    schema = PACK.mode(top["modelSource"]).schema
    if not json_schema.accepts(schema, changed):
        return None
    filled: Any = json_schema.with_defaults(schema, changed)
    for step in path:
        filled = filled[step]
    return filled


@often
@given(drawn=strategies.any_values())
def test_what_is_imported_renders_to_the_same_bytes(drawn: dict[str, Any]) -> None:
    text = rendered(drawn)
    found = imported(text, **hidden(drawn))
    assert found.is_exact, found.losses
    assert rendered(dict(found.values)) == text


@often
@given(drawn=strategies.any_values())
def test_what_is_imported_are_the_values_without_defaults(drawn: dict[str, Any]) -> None:
    found = imported(rendered(drawn))
    expected = without_defaults(drawn)
    unheld = set(hidden(drawn))
    assert {one.path[0] for one in found.losses} >= unheld
    assert set(lost(found)) <= unheld, "nothing else is lost"
    assert dict(found.values) == {name: value for name, value in expected.items() if name not in unheld}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_comes_back(example: Path) -> None:
    drawn = yaml.safe_load(example.read_text(encoding="utf-8"))
    text = rendered(drawn)
    found = imported(text, **hidden(drawn))
    assert found.is_exact, found.losses
    assert rendered(dict(found.values)) == text


@often
@given(drawn=strategies.extended_values())
def test_what_a_team_has_added_comes_back(drawn: dict[str, Any]) -> None:
    text = rendered(drawn)
    found = imported(text, **hidden(drawn))
    assert found.is_exact, found.losses
    assert rendered(dict(found.values)) == text
