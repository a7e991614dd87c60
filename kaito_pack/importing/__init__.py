"""Finds the minimal values that render to an existing Workspace, and reports the losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem, UsageError
from kaito_pack.base.trees import Schema, ValuesMap
from kaito_pack.documents import Document
from kaito_pack.importing.captures import rests, section_faults
from kaito_pack.importing.fitting import common_values, foreign_server
from kaito_pack.importing.losses import NOT_SHOWN, problems_of
from kaito_pack.importing.search import Candidate, Search
from kaito_pack.importing.stream import Stream, choose, refuse_tuning
from kaito_pack.pack import Pack
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.values import checking
from kaito_pack.values.layers import Layer
from kaito_pack.values.meanings import MODE

__all__ = ["Imported", "import_workspace", "section_faults"]


@dataclass(frozen=True)
class Imported:
    """The values, required ones first, and the losses: errors, and warnings about unknown values."""

    values: ValuesMap
    losses: Sequence[Problem]

    @property
    def is_exact(self) -> bool:
        """Whether the values are complete and render to exactly the input."""
        return not any(loss.is_error for loss in self.losses)

    @property
    def reported(self) -> Sequence[Problem]:
        """The losses that the user must know.

        If the values are exact, losses that do not change a manifest are left out.
        """
        return [loss for loss in self.losses if loss.rule != NOT_SHOWN] if self.is_exact else self.losses


def import_workspace(
    documents: Sequence[Document],
    pack: Pack,
    supplied: ValuesMap | None = None,
    name: str | None = None,
    namespace: str | None = None,
) -> Imported:
    """Return the values of the one Workspace among `documents` (or of the one called `name`).

    `supplied` are values that no manifest contains, or that override what is read. If the container does not
    start an engine of the pack, the result has only the values that all modes share, and an error. Raises
    UsageError unless exactly one Workspace matches, ProblemsError for a tuning job or invalid `supplied`.
    """
    stream = choose(documents, name, namespace)
    refuse_tuning(stream)
    given = dict(supplied or {})
    searches = _searches(stream, pack, given)
    fitting = [search for search in searches if search.fits]
    if not fitting:
        if given.get(MODE):
            raise UsageError(f"{MODE} {shown(given[MODE])} cannot render this Workspace")
        values = {**common_values(stream, searches[0].mode, pack), **given}
        return Imported(values, [foreign_server(stream, pack)])
    best = _best(fitting)
    return Imported(_in_order(best, pack), problems_of(best, stream))


def _searches(stream: Stream, pack: Pack, supplied: dict[str, Any]) -> list[Search]:
    """Return a search for each mode whose schema accepts the supplied values."""
    renderer = Renderer(pack)
    names = [mode_name for mode_name in pack.mode_names if supplied.get(MODE) in (None, mode_name)]
    searches = [Search(stream, pack.mode(name), pack, renderer, supplied) for name in names]
    valid = [search for search in searches if search.is_possible]
    if not valid:
        # Reports the problems of the supplied values like those of any values file.
        checking.check([Layer(Document("--set", 1, supplied), "--set")], pack)
        raise UsageError("no mode accepts these values together")
    return valid


def _best(searches: Sequence[Search]) -> Candidate:
    """Return the values that differ least, from the mode that comes nearest on its own, or the next ones."""
    best: tuple[Candidate, Search] | None = None
    for search in sorted(searches, key=lambda each: each.nearness):
        candidate = search.best()
        if best is None or candidate.weight < best[0].weight:
            best = candidate, search
        if not best[0].weight[0]:
            break
    if best is None:
        raise UsageError("no mode of the pack renders such a Workspace")
    candidate, search = best
    silent = list(search.silent(candidate.given))
    return replace(candidate, silent=silent, skipped=search.skipped(candidate.given))


def _in_order(best: Candidate, pack: Pack) -> dict[str, Any]:
    """Return the values in schema order, with required ones first and those that hold the rest last."""
    required, parts = best.mode.schema["required"], best.mode.schema["properties"]
    last = [name[0] for _, name in rests(best.mode, pack) if len(name) == 1]
    first = ["name", MODE, *required]
    names = [*first, *(name for name in parts if name not in last), *last]
    known = [name for name in dict.fromkeys(names) if name in best.given]
    return {name: _as_in_schema(best.given[name], parts.get(name, {})) for name in known}


def _as_in_schema(value: Any, part: Schema) -> Any:
    """Return a map of values in the order of its schema; any other value unchanged."""
    parts = part.get("properties", {})
    if not isinstance(value, dict) or part.get("x-opaque") or not set(value) <= set(parts):
        return value
    return {name: _as_in_schema(value[name], parts[name]) for name in parts if name in value}
