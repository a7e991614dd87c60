"""Finds the origin of a value, and the template line and values behind a line of a manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kaito_pack.base.display import shown_whole
from kaito_pack.base.paths import FieldPath, path_text
from kaito_pack.base.trees import ABSENT, Schema, get
from kaito_pack.pack import Pack
from kaito_pack.pack.json_schema import applicable
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.rendering.template_lines import template_line
from kaito_pack.rendering.trace import culprits, written_at
from kaito_pack.values import layers
from kaito_pack.values.checking import Values

_STEP = re.compile(r'\.?([^.\[\]"]+)|\["([^"]+)"\]|\[(\d+)\]')


def path_of(text: str) -> FieldPath:
    """Return `("containers", 0, "labels", "a.b")` for `containers[0].labels["a.b"]`; `a\\.b` is one key."""
    steps: list[str | int] = []
    for name, quoted, index in _STEP.findall(text.replace("\\.", "\0")):
        steps.append(int(index) if index else (quoted or name).replace("\0", "."))
    return tuple(steps)


def origin_text(values: Values, path: FieldPath) -> list[str] | None:
    """Return a value and its origin as lines; None if there is no such value."""
    if not _is_known(values.mode.schema, path):
        return None
    value = get(values.filled, path)
    name = path_text(path)
    if value is None:
        return [f"{name} is not set and has no default", *_taken_away(values, path)]
    if isinstance(value, dict) and value and _given(values.given, path):
        below = [origin_text(values, (*path, key)) or [] for key in value]
        return [f"{name}:", *(f"  {line}" for lines in below for line in lines)]
    lines = [f"{name}: {shown_whole(value, quote=False)}"]
    if _given(values.given, path):
        layer = layers.origin(values.layers, path)
        lines.append(f"  from {_where(layer, path)}")
        return lines + [f"  over {where}" for where in _hidden(values, path, layer)]
    return [*lines, f"  the schema's default{_reason(values, path)}", *_taken_away(values, path)]


def _where(layer: layers.Layer, path: FieldPath) -> str:
    if layer.document.root is None:
        return layer.document.file  # the name of a command-line option
    what = "the values file" if layer.title == "values" else layer.title
    return f"{layer.document.place(path)} ({what})"


def _taken_away(values: Values, path: FieldPath) -> list[str]:
    """Return a line about the null that removes a value of a lower layer, if any."""
    for layer in reversed(values.layers):
        if _given(layer.document.value, path):
            is_null = get(layer.document.value, path) is None
            return [f"  removed by null at {_where(layer, path)}"] if is_null else []
    return []


def _is_known(schema: Schema, path: FieldPath) -> bool:
    for step in path:
        if schema.get("x-opaque") or "properties" not in schema:
            return True
        if step not in schema["properties"]:
            return False
        schema = schema["properties"][step]
    return True


def _given(given: Any, path: FieldPath) -> bool:
    return get(given, path, ABSENT) is not ABSENT


def _hidden(values: Values, path: FieldPath, winner: layers.Layer) -> Iterator[str]:
    for layer in reversed(values.layers):
        if layer is not winner and _given(layer.document.value, path):
            yield f"{_where(layer, path)}: {shown_whole(get(layer.document.value, path), quote=False)}"


def _reason(values: Values, path: FieldPath) -> str:
    """Return the reason for the default, if a condition of the schema chose it."""
    plain = values.mode.schema.get("properties", {}).get(path[0], {}).get("default")
    chosen = applicable(values.mode.schema, values.given).get("properties", {}).get(path[0], {})
    description = f": {chosen['description']}" if chosen.get("description") else ""
    return (
        f" (chosen by another value){description}"
        if len(path) == 1 and chosen.get("default") != plain
        else description
    )


def manifest_text(
    values: Values, manifest: RenderedManifest, path: FieldPath, pack: Pack, renderer: Renderer
) -> list[str] | None:
    """Return the content at `path` of a manifest and its origin as lines; None if it is absent."""
    value = get(manifest.body, path)
    if value is None:
        return None
    lines = [f"{manifest.body.get('kind')}: {shown_whole(value, quote=False)}"]
    if (written := written_at(path, manifest)) is not None:
        return [*lines, f"  written at {values.place(written)} ({path_text(written)})"]
    if (line := template_line(values, manifest, path, pack)) is not None:
        lines.append(f"  by templates/{line.template}:{line.number}: {line.text.strip()}")
    for cause in culprits(values, manifest, path, renderer):
        lines += [f"  {text}" for text in origin_text(values, cause) or ()]
    return lines
