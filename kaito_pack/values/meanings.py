"""Which value means what: the model, its file, its length. `facts/values.json` has the names.

A mode that calls one otherwise says so in `meanings` of its mode.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping

from kaito_pack.base.trees import ModeFacts, mapping
from kaito_pack.facts.tables import table

NO_MODE: ModeFacts = {}


def named_values(mode: ModeFacts = NO_MODE) -> Mapping[str, str]:
    """Return the names of values by their meanings: model, file, image, length, stages, quantization,
    revision."""
    return {**table("values.json")["meanings"], **mapping(mode.get("meanings"))}


def placeholders() -> Mapping[str, str]:
    """Return the words that stand for values that are not given, in commands and messages."""
    words: Mapping[str, str] = table("values.json")["placeholders"]
    return words
