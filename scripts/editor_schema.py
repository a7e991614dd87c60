"""Creates schemas/values.schema.json: the values of every mode in one file without external references.

The input is the schema of each mode as the pack itself uses it. The output has the values of all modes at the
top, those of several modes in `$defs`, and those of a single mode in the part of that mode.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Set
from typing import Any

from kaito_pack.base.sentences import either
from kaito_pack.pack import Pack
from kaito_pack.pack.json_schema import merged
from kaito_pack.values.pages import hover, value_page
from scripts.editor_words import NOT_OFFERED, plain, refuses, with_refusals, words

Schema = dict[str, Any]

ID = "https://kubefoundry.io/schemas/kaito-pack/values.schema.json"
SOURCE = "modelSource"
MODE = "mode-"  # prefix that separates the names of modes' parts from those of values


def editor_schema(pack: Pack, note: str) -> Schema:
    """Return the values of every mode as one schema."""
    modes = {name: _mode(name, pack) for name in pack.mode_names}
    conditions = _conditions_of_all(modes)
    top, shared = _alike(modes)
    top[SOURCE] = _source(pack)
    _link(top[SOURCE], value_page(SOURCE))
    parts = {f"{MODE}{name}": _sharing(mode, set(top), shared) for name, mode in modes.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "$comment": note,
        "title": "Values of the KAITO template pack",
        "description": "One model on one KAITO Workspace.",
        "type": "object",
        "required": ["name", SOURCE],
        "properties": top,
        "allOf": [
            *conditions,
            *(
                {
                    "if": {"required": [SOURCE], "properties": {SOURCE: {"const": name}}},
                    "then": {"$ref": f"#/$defs/{MODE}{name}"},
                }
                for name in modes
            ),
        ],
        "$defs": {**parts, **shared},
    }


def _conditions_of_all(modes: Mapping[str, Schema]) -> list[Schema]:
    """Remove the conditions that every mode has from the modes, and return them."""
    first, *others = modes.values()
    shared = [each for each in first["allOf"] if all(each in mode["allOf"] for mode in others)]
    for mode in modes.values():
        mode["allOf"] = [each for each in mode["allOf"] if each not in shared]
    return shared


def _source(pack: Pack) -> Schema:
    """Return the schema for the choice of the mode."""
    choice = pack.mode(pack.mode_names[0]).schema["properties"][SOURCE]
    return {
        "title": choice["title"],
        "description": choice["description"],
        "enum": list(pack.mode_names),
        "markdownEnumDescriptions": [pack.mode(name).facts["description"] for name in pack.mode_names],
    }


def _mode(name: str, pack: Pack) -> Schema:
    """Return one mode's schema, with the conditions that reject something and the values of other modes."""
    mode = dict(pack.mode(name).schema)
    conditions = []
    for part in mode.pop("allOf", []):
        mode = merged(mode, {"properties": part.get("properties", {})})
        condition = {key: branch for key, branch in part.items() if key != "properties" and refuses(branch)}
        if {"then", "else"} & set(condition):
            conditions.append(_unoffered(plain(condition)))
    shown_keys = {key: mode[key] for key in ("title", "required", "properties", "additionalProperties")}
    schema = plain(shown_keys)
    for field, part in schema["properties"].items():
        _link(part, value_page(field))
    schema["allOf"] = [*conditions, *schema.get("allOf", [])]
    return with_refusals(schema, _of_others(name, pack))


def _link(part: Schema, page: str) -> None:
    """Link a value and its nested values to their page of the docs; editors show the link on hover."""
    if text := part.get("description"):
        part["markdownDescription"] = hover(text, page)
    for below in part.get("properties", {}).values():
        _link(below, page)


def _of_others(name: str, pack: Pack) -> dict[str, str]:
    """Return the values that only other modes have: {value: message}."""
    owners: dict[str, list[str]] = {}
    for other in pack.mode_names:
        for field in pack.mode(other).schema["properties"]:
            owners.setdefault(field, []).append(other)
    return {
        field: words("values/other-mode", field=f"`{field}`", others=either(modes), mode=name)
        for field, modes in owners.items()
        if name not in modes
    }


def _unoffered(condition: Schema) -> Schema:
    """Return a condition whose properties are not suggested, because the mode already suggests them."""
    for branch in (condition.get("then", {}), condition.get("else", {})):
        for name, schema in branch.get("properties", {}).items():
            branch["properties"][name] = {**schema, **NOT_OFFERED} if isinstance(schema, dict) else schema
    return condition


def _alike(modes: Mapping[str, Schema]) -> tuple[Schema, Schema]:
    """Return the values that are the same in every mode, and those that are the same in several."""
    parts = [(name, part) for mode in modes.values() for name, part in mode["properties"].items()]
    counts = Counter((name, _text(part)) for name, part in parts if part != NOT_OFFERED)
    top: Schema = {}
    shared: Schema = {}
    for name, part in parts:
        # The choice of the mode differs in each mode; keep its position.
        if name == SOURCE or counts[name, _text(part)] == len(modes):
            top[name] = part
        elif counts[name, _text(part)] > 1:
            shared.setdefault(name, part)
    return top, shared


def _sharing(mode: Schema, top: Set[str], shared: Schema) -> Schema:
    """Return a mode in which values shared with other modes are only references."""
    properties: Schema = {}
    for name, part in mode["properties"].items():
        is_shared = name in shared and _text(shared[name]) == _text(part)
        properties[name] = True if name in top else {"$ref": f"#/$defs/{name}"} if is_shared else part
    required = [name for name in mode["required"] if name not in ("name", SOURCE)]
    return {**mode, "required": required, "properties": properties}


def _text(schema: Schema) -> str:
    """Return a text that is equal for equal schemas, whatever the order of their keywords."""
    return json.dumps(schema, sort_keys=True)
