"""What the page sends, and a link to it holds: what a person has said so far, in plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

EMPTY: Mapping[str, Any] = MappingProxyType({})
GROUPS = ("start", "answers", "target")  # of fields on the page, each a map of texts by the field's name


class BadState(ValueError):
    """What came is no state of the page: a link that somebody has changed, or another program."""


class State(NamedTuple):
    """What a person has said so far, all of it as texts that were typed.

    `start` says of the model: modelId, engines, gated; `answers` are by the name of the question, `target` by
    the names that a target file has. `kept` is what an opened file had, as data.
    """

    start: Mapping[str, str] = EMPTY
    mode: str | None = None
    answers: Mapping[str, str] = EMPTY
    target: Mapping[str, str] = EMPTY
    kept: Mapping[str, Any] = EMPTY

    def as_json(self) -> dict[str, Any]:
        """What `read_state` reads."""
        groups = {name: dict(getattr(self, name)) for name in (*GROUPS, "kept")}
        return {**groups, "mode": self.mode}

    @property
    def model_id(self) -> str:
        """The model that a person starts from; empty where none was named."""
        return self.start.get("modelId", "").strip()

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that a person says the model runs with."""
        return tuple(self.start.get("engines", "").split())

    @property
    def gated(self) -> bool | None:
        """Whether a person says that the model is gated; None where nothing is said."""
        return {"true": True, "false": False}.get(self.start.get("gated", ""))


def read_state(body: object) -> State:
    """The state in a JSON value; BadState where it is none."""
    if not isinstance(body, dict) or not _is_text(body):
        raise BadState
    groups = {name: body.get(name, {}) for name in (*GROUPS, "kept")}
    mode = body.get("mode")
    if not all(isinstance(group, dict) for group in groups.values()) or not isinstance(mode, str | None):
        raise BadState
    if not all(isinstance(text, str) for name in GROUPS for text in groups[name].values()):
        raise BadState
    return State(mode=mode, **groups)


def _is_text(value: Any) -> bool:
    """Whether every text in a JSON value can be written to a file (JSON may hold halves of characters)."""
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return all(_is_text(part) for item in value.items() for part in item)
    return all(map(_is_text, value)) if isinstance(value, list) else True
