"""Lists the keys of a schema as a table for the pages about files: targets, fleets, modes, engines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack.base.root import SCHEMAS
from scripts.markdown import plain, table

DEEPEST = 2  # levels of keys in the table; the schema has the rest


def schema_table(name: str) -> str:
    """Return a row for each key of `schemas/<name>.schema.json`, and for the keys inside it."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return table(("Key", "Required", "Meaning"), list(_rows(schema, schema, "", 1)))


def _rows(
    part: Mapping[str, Any], whole: Mapping[str, Any], above: str, level: int
) -> Iterator[tuple[str, str, str]]:
    required = part.get("required", ())
    for name, field in part.get("properties", {}).items():
        resolved = _resolved(field, whole)
        words = field.get("description") or resolved.get("description") or resolved.get("title", "")
        yield f"`{above}{name}`", "yes" if name in required else "", plain(words)
        inside = _resolved(resolved.get("items", resolved), whole)
        mark = "[]" if "items" in resolved else ""
        if level < DEEPEST and inside.get("properties"):
            yield from _rows(inside, whole, f"{above}{name}{mark}.", level + 1)


def _resolved(part: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a part with its reference to `$defs` resolved; references to other files remain."""
    reference = part.get("$ref", "")
    if not reference.startswith("#/$defs/"):
        return part
    return {**whole["$defs"][reference.rpartition("/")[2]], **part}
