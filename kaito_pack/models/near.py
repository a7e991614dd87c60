"""Finds unknown models whose id probably misspells the id of a known model."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.problems import Problem
from kaito_pack.facts.checks import rule
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.ruling import ServerCase


@rule("model/id-misspelt", on="server")
def id_misspelt(case: ServerCase) -> Iterator[Problem]:
    """Report an id that probably misspells an id of the catalogue."""
    model_id = case.serving.model_id
    if model_id and case.model is None:
        near = near_id(model_id, case.server.catalogue, case.rule.parameters["closeness"])
        if near:
            yield case.problem("model_id", model=shown(model_id), near=shown(near))


def near_id(model_id: str, catalogue: Catalogue, closeness: float) -> str | None:
    """Return the id of the catalogue that `model_id` misspells; None if none is that close.

    Different digits mean another size or version, not a typing error.
    """
    digits = _digits(model_id)
    ids = (model.model_id for model in catalogue.models)
    alike = [each for each in ids if abs(len(each) - len(model_id)) <= 2 and _digits(each) == digits]
    return did_you_mean(model_id, alike, closeness) if alike else None


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
