"""Finds the modes that may have rendered a Workspace, and the values of a Workspace of no mode."""

from __future__ import annotations

from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import ABSENT, Manifest, ValuesMap, get, mapping, put
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.importing.captures import captured
from kaito_pack.importing.stream import Stream
from kaito_pack.pack import Mode, Pack, json_schema
from kaito_pack.workspace.engines import engine
from kaito_pack.workspace.inference_sets import workspace_of
from kaito_pack.workspace.labels import MODE_LABEL

WAYS = ("preset", "template")  # fields of `inference`, which has one of them
OF_ALL_MODES = ("metadata", "resource")  # the parts of a Workspace that all modes read in the same way


def is_alike(wanted: Manifest, rendered: Manifest) -> bool:
    """Return whether both Workspaces have a pod template, or both a preset, or the input has neither."""
    ways = [_ways(body) for body in (wanted, rendered)]
    return not ways[0] or ways[0] == ways[1]


def _ways(body: Manifest) -> set[str]:
    inference = mapping(workspace_of(body).get("inference"))
    return {way for way in WAYS if inference.get(way) is not None}


def runs_engine(stream: Stream, mode: Mode) -> bool:
    """Return whether the Workspace runs the mode's engine, as far as that can be detected.

    A container of the pack's own mode may start with a script; then its label names the mode.
    """
    name, view = mode.facts.get("engine"), stream.view
    if view.engine is not None or view.container is None:
        return view.engine in (None, name)
    labels = mapping(mapping(stream.workspace.body.get("metadata")).get("labels"))
    return not engine(name) or labels.get(MODE_LABEL) == mode.name


@rule("values/import-foreign-server", on="part")
def foreign_server(stream: Stream, pack: Pack) -> Problem:
    """Return the problem of a Workspace whose container does not start an engine of the pack's modes."""
    path = stream.view.container or ("inference",)
    names = {pack.mode(name).facts.get("engine") for name in pack.mode_names}
    titles = sorted(str(engine(name).get("title", name)) for name in names)
    return problem(
        "values/import-foreign-server",
        (*path, "image") if stream.view.image else path,
        stream.workspace.place(path),
        image=shown(stream.view.image),
        engines=" nor ".join(titles),
    )


def common_values(stream: Stream, mode: Mode, pack: Pack) -> ValuesMap:
    """Return the values that every mode has, such as the name and the nodes, if the schema accepts them.

    `modelSource` and what depends on it stay unknown.
    """
    values: dict[str, Any] = {}
    for path, value in captured(stream, mode, pack, OF_ALL_MODES):
        if get(values, path, ABSENT) is not ABSENT or not _is_valid(mode, path, value):
            continue
        for depth in range(1, len(path)):
            if get(values, path[:depth], ABSENT) is ABSENT:
                put(values, path[:depth], {})
        put(values, path, value)
    return values


def _is_valid(mode: Mode, path: tuple[str, ...], value: Any) -> bool:
    part = json_schema.part_at(mode.schema, path)
    return bool(part) and "not" not in part and bool(json_schema.validator(part).is_valid(value))
