"""The state of the page, as requests and links contain it: the user's input so far, in plain JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from kaito_pack.base import json_text
from kaito_pack.base.records import NamedTuple
from kaito_pack.models.words import hub_id
from kaito_pack.pack.catalogue_schema import MODEL_ID

EMPTY: Mapping[str, Any] = MappingProxyType({})
GROUPS = ("start", "answers", "target")  # groups of fields; each maps field names to texts


class BadState(ValueError):
    """An error for a request without a valid state, from a changed link or another program."""


class State(NamedTuple):
    """The user's input so far, as typed texts.

    `start` describes the model: modelId, engines, gated. The keys of `answers` are question names, those of
    `target` the fields of a target file. `file_values` are the values of an opened file.
    """

    start: Mapping[str, str] = EMPTY
    mode: str | None = None
    answers: Mapping[str, str] = EMPTY
    target: Mapping[str, str] = EMPTY
    file_values: Mapping[str, Any] = EMPTY

    def as_json(self) -> dict[str, Any]:
        """Return the state as JSON for `read_state`."""
        groups = {name: dict(getattr(self, name)) for name in GROUPS}
        # As text: a browser would read 1.0 as 1, round large numbers and sort numeric keys.
        return {**groups, "mode": self.mode, "kept": json.dumps(self.file_values) if self.file_values else ""}

    @property
    def model_id(self) -> str:
        """The model that the user starts from; empty if none was given."""
        return hub_id(self.start.get(MODEL_ID, ""))

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that run the model, according to the user."""
        return tuple(self.start.get("engines", "").split())

    @property
    def gated(self) -> bool | None:
        """Whether the model is gated, according to the user; None if not specified."""
        return {"true": True, "false": False}.get(self.start.get("gated", ""))


def read_state(body: object) -> State:
    """Return the state in a JSON value; BadState if the value is not a state."""
    if not isinstance(body, dict):
        raise BadState
    groups = {name: body.get(name, {}) for name in GROUPS}
    mode, file_values = body.get("mode"), body.get("kept") or ""
    if not isinstance(mode, str | None) or not isinstance(file_values, str):
        raise BadState
    if not all(isinstance(group, dict) for group in groups.values()):
        raise BadState
    if not all(isinstance(text, str) for group in groups.values() for text in group.values()):
        raise BadState
    values = read_json(file_values) if file_values else {}
    if not isinstance(values, dict) or not _is_text([groups, values]):
        raise BadState
    return State(mode=mode, file_values=values, **groups)


def read_json(text: str | bytes) -> Any:
    """Return a JSON text as data; BadState if it is not strict JSON, for example with NaN."""
    try:
        return json_text.foreign(text)
    except (ValueError, RecursionError):
        raise BadState from None


def _is_text(value: Any) -> bool:
    """Return whether all texts in a JSON value can be written to a file (JSON allows lone surrogates)."""
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return all(_is_text(part) for item in value.items() for part in item)
    return all(map(_is_text, value)) if isinstance(value, list) else True
