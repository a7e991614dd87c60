"""Finds models that do not generate text, from the catalogue or the words of their id."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.facts.tables import table
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.words import matching_rows

TEXT = "text-generation"


def other_task(model_id: str, catalogue: Catalogue) -> str | None:
    """Return what a model does instead of text generation; None if it generates text or this is unknown."""
    model = catalogue.find(model_id)
    if model is not None:
        row = table("models/tasks.json").get(model.task) if model.task not in (None, TEXT) else None
        return str(row["what"]) if row else None
    return next((str(row["what"]) for _, row in matching_rows("tasks", model_id)), None)


@rule("model/not-text-generation", on="part")
def check_task(model_id: str, path: FieldPath, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield a warning at `path` if the model does not generate text."""
    if what := other_task(model_id, catalogue):
        yield problem("model/not-text-generation", path, model=shown(model_id), what=what)
