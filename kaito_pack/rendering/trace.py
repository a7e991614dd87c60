"""Finds the values that produce a part of a manifest, by changing each value and rendering again.

This needs no support from the templates, so it works for any mode. It renders once per value, so only
`explain` uses it, and `locating` for a template that reads its own output.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import PackError, Problem
from kaito_pack.base.trees import ABSENT, Schema, get
from kaito_pack.facts.rules import get_rule
from kaito_pack.rendering.manifests import IDENTITY, RenderedManifest
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.values.checking import Values


def culprits(
    values: Values, manifest: RenderedManifest, path: FieldPath, renderer: Renderer
) -> list[FieldPath]:
    """Return the paths of the values that determine the part at `path` of `manifest`, given ones first."""
    return list(_culprits(values, manifest, path, renderer))


def _culprits(
    values: Values, manifest: RenderedManifest, path: FieldPath, renderer: Renderer
) -> Iterator[FieldPath]:
    # Yield lazily: a caller that needs only the first renders once or twice instead of once per value (20).
    current = get(manifest.body, path, ABSENT)
    changes = _changes(values.filled, values.mode.schema, ())
    given_first = sorted(changes, key=lambda change: get(values.given, change[0], ABSENT) is ABSENT)
    for value_path, changed in given_first:
        if _differs(current, path, manifest, changed, values, renderer):
            yield value_path


def first_culprit(
    values: Values, manifest: RenderedManifest, path: FieldPath, renderer: Renderer
) -> FieldPath:
    """Return the first of `culprits`, preferably a given one; empty if there are none."""
    return next(_culprits(values, manifest, path, renderer), ())


def setting_of(problem: Problem, values: Values) -> FieldPath | None:
    """Return the values path of the engine setting that a problem's rule is about; None for other rules."""
    setting: str | None = get_rule(problem.rule).parameters.get("setting")
    field: str | None = values.mode.facts.get("settingsValue")
    if setting is None or field is None or get(values.filled, (field, setting)) is None:
        return None
    return field, setting


def written_at(path: FieldPath, manifest: RenderedManifest) -> FieldPath | None:
    """Return the values path that contains the part at `path` literally; None if a template made it."""
    for length in range(len(path), -1, -1):
        if (origin := manifest.origins.get(path[:length])) is not None:
            return (*origin, *path[length:])
    return None


def _differs(
    current: Any,
    path: FieldPath,
    manifest: RenderedManifest,
    changed: Mapping[str, Any],
    values: Values,
    renderer: Renderer,
) -> bool:
    try:
        again = renderer.render_filled([manifest.template], {**changed, "mode": values.mode.facts})
    except PackError:
        return False  # the changed value produces no manifest at all, so it shows nothing about this part
    # A value that changes the kind of the object shows nothing about a part that both objects have.
    is_other = bool(again) and path not in IDENTITY and again[0].body.get("kind") != manifest.body.get("kind")
    return bool(again) and not is_other and get(again[0].body, path, ABSENT) != current


def _changes(part: Any, schema: Schema, path: FieldPath) -> Iterator[tuple[FieldPath, Any]]:
    """Yield each value of `part` with a copy of the whole in which only that value is different."""
    for key in part:
        value, its_schema = part[key], schema.get("properties", {}).get(key, {})
        if isinstance(value, Mapping) and value:
            for below, changed in _changes(value, its_schema, (*path, key)):
                yield below, {**part, key: changed}
            continue
        if (other := other_value(value, its_schema)) is not None:
            yield (*path, key), {**part, key: other}
        # Try single items after the whole list, which most problems are about.
        for index, item in enumerate(value) if isinstance(value, list) else ():
            if isinstance(item, str):
                yield (*path, key, index), {**part, key: [*value[:index], item + "x", *value[index + 1 :]]}


def other_value(value: Any, schema: Schema) -> Any:
    """Return a different value that its schema accepts; None if none can be derived."""
    if value is None:
        return next(iter(schema.get("examples", [])), None)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return next((choice for choice in schema.get("enum", []) if choice != value), value + "x")
    return [*value, "x"] if isinstance(value, list) else None
