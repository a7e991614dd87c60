"""Every value that a user can set, read from the schemas of the modes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kaito_pack.base.sentences import either
from kaito_pack.base.trees import Schema
from kaito_pack.pack import Pack


@dataclass(frozen=True)
class Field:
    """A value that a user can set: its schema by mode, and the modes that require it."""

    name: str
    parts: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    of_all: bool

    @property
    def first(self) -> Schema:
        """The schema of the value in the first mode that has it."""
        return next(iter(self.parts.values()))

    @property
    def modes(self) -> str:
        """The modes that have the value, "all" if all do."""
        return "all" if self.of_all else ", ".join(self.parts)

    def descriptions(self) -> list[str]:
        """Return the descriptions of the value: one text, or one for each mode if they differ."""
        return self._by_mode({mode: str(part.get("description", "")) for mode, part in self.parts.items()})

    def defaults(self) -> list[str]:
        """Return the default as JSON, one for each mode if they differ; empty without a default."""
        texts = {mode: json.dumps(part.get("default")) for mode, part in self.parts.items()}
        return [] if set(texts.values()) == {"null"} else self._by_mode(texts)

    def _by_mode(self, texts: Mapping[str, str]) -> list[str]:
        if len(set(texts.values())) == 1:
            return [next(iter(texts.values()))]
        return [f"{mode}: {'none' if text == 'null' else text}" for mode, text in texts.items()]

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield the type or choices, the range and an example."""
        return facts(self.first)


def facts(part: Schema) -> Iterator[tuple[str, str]]:
    """Yield facts that a schema contains besides the description: type or choices, range, example."""
    if "enum" in part:
        yield "One of", ", ".join(f"`{choice}`" for choice in part["enum"])
    elif "type" in part:
        types = part["type"] if isinstance(part["type"], list) else [part["type"]]
        yield "Type", either(types)
    low, high = part.get("minimum"), part.get("maximum")
    if low is not None:
        yield "Range", f"{low} to {high}" if high is not None else f"at least {low}"
    if "maxLength" in part:
        yield "Length", f"at most {part['maxLength']} characters"
    if part.get("examples"):
        yield "Example", f"`{json.dumps(part['examples'][0])}`"


def fields(pack: Pack) -> dict[str, Field]:
    """Return every value of every mode by its path (`resources.gpu`), in the order of the schemas."""
    by_name: dict[str, dict[str, Mapping[str, Any]]] = {}
    required: dict[str, list[str]] = {}
    for name in pack.mode_names:
        schema = pack.mode(name).schema
        for path, part in _paths(schema, ""):
            by_name.setdefault(path, {})[name] = part
            if path in schema["required"]:
                required.setdefault(path, []).append(name)
    every = len(pack.mode_names)
    return {
        path: Field(path, parts, tuple(required.get(path, ())), len(parts) == every)
        for path, parts in by_name.items()
    }


def _paths(schema: Schema, above: str) -> Iterator[tuple[str, Schema]]:
    for name, part in schema.get("properties", {}).items():
        if "not" in part:
            continue
        yield above + name, part
        if not part.get("x-opaque"):
            yield from _paths(part, f"{above}{name}.")
