"""Hints of the schemas (`x-elsewhere`): each is for a name that is no value, and leads to one that is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from kaito_pack.pack import Pack
from kaito_pack.values.fields import fields

PACK = Pack()
WORDS = re.compile(r"\b[a-z]+[A-Z][A-Za-z]*\b|\b[a-z]+[.][a-z][A-Za-z]+\b")
# Names of Kubernetes and KAITO that a hint repeats.
OTHERS = {"secretKeyRef", "configMapKeyRef", "envFrom", "vLLM"}


def hints(schema: Any) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Every part of a schema that has hints, and its hints."""
    if isinstance(schema, dict):
        if "x-elsewhere" in schema:
            yield schema, schema["x-elsewhere"]
        for part in schema.values():
            yield from hints(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from hints(part)


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_a_hint_is_for_a_name_that_is_no_value(mode: str) -> None:
    result = list(hints(PACK.mode(mode).schema))
    assert result
    for schema, names in result:
        taken = {name for name, part in schema.get("properties", {}).items() if "not" not in part}
        assert not taken & set(names)


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_a_hint_leads_to_a_value(mode: str) -> None:
    known = {step for path in fields(PACK) for step in path.split(".")}
    for _, names in hints(PACK.mode(mode).schema):
        for text in names.values():
            # What is inside podTemplate is Kubernetes' own, and inside vllm vLLM's.
            words = WORDS.findall(re.sub(r"podTemplate[.][A-Za-z.]+|vllm[.][a-z-]+", "", text))
            unknown = {word for word in words if not set(word.split(".")) <= known} - OTHERS
            assert not unknown, text
