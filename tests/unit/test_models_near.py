"""Ids of models that are nearly one of the catalogue."""

from __future__ import annotations

import pytest

from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.near import near_id

CLOSENESS = 0.96


@pytest.mark.parametrize(
    ("model_id", "near"),
    [
        ("mistralai/Mistral-7B-Instuct-v0.3", "mistralai/Mistral-7B-Instruct-v0.3"),
        ("microsof/Phi-4-mini-instruct", "microsoft/Phi-4-mini-instruct"),
        ("meta-llama/Llama-3.1-8B-Instruckt", "meta-llama/Llama-3.1-8B-Instruct"),
        # Other digits are another size or version; other words another model.
        ("mistralai/Mistral-7B-Instruct-v0.2", None),
        ("meta-llama/Llama-3.1-8B", None),
        ("google/gemma-3-4b-pt", None),
        ("acme/Lynx-8B", None),
    ],
)
def test_a_slip_is_found_and_another_model_is_none(model_id: str, near: str | None) -> None:
    assert near_id(model_id, Catalogue(), CLOSENESS) == near
