"""Finds the minimal values that render to an existing Workspace, and reports what they lose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kaito_pack.base.problems import Problem, UsageError
from kaito_pack.base.trees import ValuesMap
from kaito_pack.documents import Document
from kaito_pack.importing.captures import rests, section_faults
from kaito_pack.importing.losses import problems_of
from kaito_pack.importing.search import Candidate, Search
from kaito_pack.importing.stream import Stream, choose, refuse_tuning
from kaito_pack.pack import Pack
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.values import checking
from kaito_pack.values.layers import Layer

__all__ = ["Imported", "import_workspace", "section_faults"]


@dataclass(frozen=True)
class Imported:
    """The values, what is required first, and what they lose: errors, and warnings of what is unknown."""

    values: ValuesMap
    losses: Sequence[Problem]

    @property
    def is_exact(self) -> bool:
        """Whether the values are whole and render to exactly what was read."""
        return not any(loss.is_error for loss in self.losses)


def import_workspace(
    documents: Sequence[Document],
    pack: Pack,
    supplied: ValuesMap | None = None,
    name: str | None = None,
    namespace: str | None = None,
) -> Imported:
    """Return the values of the one Workspace among `documents` (or of the one called `name`).

    `supplied` are values that no manifest holds, or that are to be taken instead of what is read. Raises
    UsageError if no one Workspace is meant, ProblemsError for a tuning job and for wrong `supplied`.
    """
    stream = choose(documents, name, namespace)
    refuse_tuning(stream)
    best = _best(stream, pack, dict(supplied or {}))
    return Imported(_in_order(best, pack), problems_of(best, stream))


def _best(stream: Stream, pack: Pack, supplied: dict[str, Any]) -> Candidate:
    renderer = Renderer(pack)
    names = [mode_name for mode_name in pack.mode_names if supplied.get("modelSource") in (None, mode_name)]
    best: Candidate | None = None
    for name in names:
        candidate = Search(stream, pack.mode(name), pack, renderer, supplied).best()
        if candidate is not None and (best is None or candidate.weight < best.weight):
            best = candidate
        if best is not None and not best.weight[0]:
            break
    if best is None:
        # Says what is wrong with what was supplied, in the words of any values file.
        checking.check([Layer(Document("--set", 1, supplied), "--set")], pack)
        raise UsageError("no mode accepts these values together")
    return best


def _in_order(best: Candidate, pack: Pack) -> dict[str, Any]:
    """Return the values in order: what is required first, what holds the rest last, else as in the schema."""
    required, known = best.mode.schema["required"], list(best.mode.schema["properties"])
    last = [name[0] for _, name in rests(best.mode, pack) if len(name) == 1]
    first = ["name", "modelSource", *required]
    names = [*first, *(name for name in known if name not in last), *last]
    return {name: best.given[name] for name in dict.fromkeys(names) if name in best.given}
