"""What a value, a rule or a memory budget is, in words: all read from the schemas and the rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kaito_pack.pack import Pack
from kaito_pack.report import sentence
from kaito_pack.rules import Rule


@dataclass(frozen=True)
class Field:
    """One value that a person can write: its schema by mode, and the modes that require it."""

    name: str
    parts: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    of_all: bool

    @property
    def first(self) -> Mapping[str, Any]:
        """The schema of the first mode that has it."""
        return next(iter(self.parts.values()))

    @property
    def modes(self) -> str:
        """The modes that have it, "all" where all do."""
        return "all" if self.of_all else ", ".join(self.parts)

    def descriptions(self) -> list[str]:
        """What it means: one text, or one a mode where they differ."""
        return self._by_mode({mode: str(part.get("description", "")) for mode, part in self.parts.items()})

    def defaults(self) -> list[str]:
        """Its default as JSON; one a mode where they differ; none where there is none."""
        texts = {mode: json.dumps(part.get("default")) for mode, part in self.parts.items()}
        return [] if set(texts.values()) == {"null"} else self._by_mode(texts)

    def _by_mode(self, texts: Mapping[str, str]) -> list[str]:
        if len(set(texts.values())) == 1:
            return [next(iter(texts.values()))]
        return [f"{mode}: {'none' if text == 'null' else text}" for mode, text in texts.items()]

    def facts(self) -> Iterator[tuple[str, str]]:
        """Type or choices, range, example."""
        return facts(self.first)


def facts(part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a schema says of a value besides its description: type or choices, range, example."""
    if "enum" in part:
        yield "One of", ", ".join(f"`{choice}`" for choice in part["enum"])
    elif "type" in part:
        types = part["type"] if isinstance(part["type"], list) else [part["type"]]
        yield "Type", " or ".join(types)
    low, high = part.get("minimum"), part.get("maximum")
    if low is not None:
        yield "Range", f"{low} to {high}" if high is not None else f"at least {low}"
    if "maxLength" in part:
        yield "Length", f"at most {part['maxLength']} characters"
    if part.get("examples"):
        yield "Example", f"`{json.dumps(part['examples'][0])}`"


def fields(pack: Pack) -> dict[str, Field]:
    """Every value of every mode by its path (`resources.gpu`), in the order of the schemas."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    required: dict[str, list[str]] = {}
    for name in pack.mode_names:
        schema = pack.mode(name).schema
        for path, part in _paths(schema, ""):
            found.setdefault(path, {})[name] = part
            if path in schema["required"]:
                required.setdefault(path, []).append(name)
    every = len(pack.mode_names)
    return {
        path: Field(path, parts, tuple(required.get(path, ())), len(parts) == every)
        for path, parts in found.items()
    }


def _paths(schema: Mapping[str, Any], above: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, part in schema.get("properties", {}).items():
        if "not" in part:
            continue
        yield above + name, part
        if not part.get("x-opaque"):
            yield from _paths(part, f"{above}{name}.")


def field_text(field: Field, below: Iterable[Field] = ()) -> str:
    """A value as `kubectl explain` would tell it, with those `below` it."""
    lines = [
        f"FIELD:    {field.name}",
        f"TITLE:    {field.first.get('title', '')}",
        f"MODES:    {field.modes}",
    ]
    if field.required:
        of_all = field.required == tuple(field.parts)
        lines.append(f"REQUIRED: {'yes' if of_all else 'in ' + ', '.join(field.required)}")
    for title, text in field.facts():
        label = title.upper() + ":"
        lines.append(f"{label:<9} {text.replace('`', '')}")
    lines += [f"DEFAULT:  {text}" for text in field.defaults()]
    lines += ["", "DESCRIPTION:", *(f"    {text}" for text in field.descriptions())]
    if inner := [f"    {line_of(one)}" for one in below]:
        lines += ["", "FIELDS:", *inner]
    return "\n".join(lines) + "\n"


def line_of(field: Field) -> str:
    """A value in a list of several."""
    return f"{field.name:<24} {field.first.get('title', '')} ({field.modes})"


def rule_text(rule: Rule, examples: Mapping[str, str]) -> str:
    """A rule: what it says, why, since when, where it was read, and its examples (`bad`, `good`)."""
    lines = [
        f"RULE:     {rule.name}",
        f"LAYER:    {rule.layer}",
        f"SEVERITY: {rule.severity}",
        f"KAITO:    {rule.versions}",
        f"SAYS:     {sentence(rule.message)} {sentence(rule.fix)}".rstrip(),
        f"SOURCE:   {rule.source or 'the pack'}",
        "",
        "MEANING:",
        f"    {rule.meaning}",
    ]
    for title, text in examples.items():
        lines += ["", f"{title.upper()}:", *(f"    {line}" for line in text.splitlines())]
    return "\n".join(lines) + "\n"
