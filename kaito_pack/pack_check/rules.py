"""Checks the rules of a pack: its rows in `facts/rules/`, and those that its schemas name in `x-rules`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from kaito_pack.base import pack_files
from kaito_pack.base.problems import PackError, ProblemsError, RuleLayer
from kaito_pack.base.root import ROOT
from kaito_pack.base.trees import Schema, mapping, sequence, text
from kaito_pack.documents import read_text
from kaito_pack.facts.rules import NEEDED, Rule, current_names, in_range, layer_of, with_current_names
from kaito_pack.facts.tables import Row, Rows, read_json, table

# Types of the fields of a row that are not text.
KINDS: Mapping[str, Any] = {"parameters": dict, "apis": dict, "formerly": list, "stops": bool}


def check_rows(layer: str, rows: Rows, folder: Path) -> Iterator[str]:
    """Yield the errors in the rows of the pack in `folder` for one layer, one line each."""
    merged = table(f"rules/{layer}.json")
    current = current_names(merged)
    merged = with_current_names(merged)
    checked = current_names(_ours(layer)).keys() | _ours(layer).keys() | _names_in_schemas(folder)
    for written, row in rows.items():
        name = current.get(written, written)
        if layer_of(name) != layer:
            yield f"{written}: {_misplaced(written, layer)}"
        elif not isinstance(row, dict):
            yield f"{written}: not a map"
        else:
            yield from (f"{written}: {reason}" for reason in _check_row(row, merged[name]))
            if written not in checked:
                yield f"{written}: no check uses this rule. Name it in the x-rules of a schema, or remove it"
    yield from _check_twice(folder, f"facts/rules/{layer}.json")


def _misplaced(name: str, layer: str) -> str:
    """Return the error of a row whose name belongs to another layer than its file."""
    for other in get_args(RuleLayer):
        if current := current_names(_ours(other)).get(name):
            return f"the rule was renamed to {current}. Move its row to facts/rules/{other}.json"
    return f"the name of a rule in this file must begin with {layer}/"


def _ours(layer: str) -> Rows:
    return read_json(ROOT, f"facts/rules/{layer}.json")


def _check_row(row: Row, merged: Row) -> Iterator[str]:
    for field, value in row.items():
        if field not in Rule._fields[2:]:
            yield f"{field} is not a field of a rule"
        elif not isinstance(value, KINDS.get(field, str)) or (
            field == "formerly" and not all(isinstance(name, str) for name in value)
        ):
            yield f"{field} is {value!r}"
    yield from (f"{field} is missing" for field in sorted(NEEDED) if field not in merged)
    yield from check_range(row, "versions")


def check_range(row: Row, field: str) -> Iterator[str]:
    """Yield the errors in the version range in a field of a row."""
    try:
        in_range("0.0", str(row.get(field, "all")))
    except ValueError:
        yield f"{field} is {row[field]!r}, but a range has the form 0.8- or 0.8-0.10"


def _check_twice(folder: Path, name: str) -> Iterator[str]:
    """Yield the names that occur twice in a file, with both lines; JSON readers keep only the last one."""
    try:
        documents = read_text(pack_files.read_text(folder, name), str(folder / name))
    except ProblemsError:
        return  # an empty file
    for twice in documents[0].duplicates if documents else ():
        steps = ".".join(map(str, twice.path))
        yield f"{steps}: written twice, in line {twice.first_line} and line {twice.place.line}"


def check_names(schema: Schema) -> Iterator[str]:
    """Yield the rules without a row that the `x-rules` of a schema name."""
    tables = [table(f"rules/{layer}.json") for layer in get_args(RuleLayer)]
    known = {name for rows in tables for name in (*rows, *current_names(rows))}
    for name in sorted(_names(schema) - known):
        yield f"x-rules: {name} has no row in facts/rules/{layer_of(name)}.json"


def _names_in_schemas(folder: Path) -> set[str]:
    """Return the rules that the schemas of a pack name in `x-rules`."""
    names = set()
    for file in sorted((folder / "schemas").rglob("*.json")):
        try:
            names |= _names(read_json(folder, file.relative_to(folder).as_posix()))
        except PackError:
            continue  # already reported for the file
    return names


def _names(schema: Any) -> set[str]:
    """Return the rules that the `x-rules` of a schema name, at any depth."""
    names: set[str] = set()
    parts = [schema]
    for part in parts:
        names.update(filter(None, map(text, mapping(mapping(part).get("x-rules")).values())))
        parts += mapping(part).values() if isinstance(part, dict) else sequence(part)
    return names
