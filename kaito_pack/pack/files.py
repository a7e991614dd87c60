"""The pack's own kinds of file (Target, Fleet, Catalogue): read, and checked by their schemas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem, ProblemsError
from kaito_pack.documents import Document, read_file
from kaito_pack.facts import tables
from kaito_pack.facts.rules import problem
from kaito_pack.pack import json_schema
from kaito_pack.pack.catalogue_schema import catalogue_schema
from kaito_pack.pack.references import resolve

API_VERSION = "pack.kubefoundry.io/v1"
CATALOGUE = "Catalogue"
KINDS = (CATALOGUE, "Fleet", "Target")
NAMES = {"object": "a map", "array": "a list", "string": "a text (in quotes)", "integer": "a whole number"}


def read(path: str | Path) -> Document:
    """The one document of a file.

    Raises UsageError for a file that cannot be opened, ProblemsError for one that cannot be read as
    YAML or holds several documents.
    """
    first, *further = read_file(str(path))
    if further:
        raise ProblemsError([problem("values/pack-file-several-documents", (), further[0].place(()))])
    return first


def check_file(document: Document, kind: str) -> Iterator[Problem]:
    """The problems of a file that is to be one of KINDS, each with its place: its text, then its schema."""
    for twice in document.duplicates:
        yield problem("values/written-twice", twice.path, twice.place, first=twice.first_line)
    for odd in document.surprises:
        reading = shown(odd.value)
        yield problem("values/yaml-surprise", odd.path, odd.place, raw=shown(odd.raw), reading=reading)
    for reported in check(document.value, kind):
        yield reported.located(
            document.place(reported.path, key=reported.rule == "values/pack-file-unknown-field")
        )


def check(value: object, kind: str) -> Iterator[Problem]:
    """The problems of plain data that is to be one of KINDS, by `schemas/<kind>.schema.json`, by path."""
    folders = [folder / "schemas" for folder in tables.folders()]
    name = f"{kind.lower()}.schema.json"
    schema = catalogue_schema() if kind == CATALOGUE else resolve(name, folders)
    errors = json_schema.validator(schema).iter_errors(value)
    for error in sorted(errors, key=lambda error: [str(step) for step in error.absolute_path]):
        yield from explained(error)


def explained(error: Any) -> Iterator[Problem]:
    """One error of jsonschema in the words of the pack's rules."""
    path: FieldPath = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        yield from unknown_fields(error, path)
    elif error.validator in ("required", "dependentRequired"):
        yield from missing_fields(error, path)
    elif error.validator == "type":
        expected = NAMES.get(error.validator_value, f"a {error.validator_value}")
        yield problem("values/pack-file-wrong-type", path, value=shown(error.instance), expected=expected)
    elif error.validator in ("enum", "const"):
        allowed = error.validator_value if error.validator == "enum" else [error.validator_value]
        choices = ", ".join(str(choice) for choice in allowed)
        yield problem("values/pack-file-not-a-choice", path, value=shown(error.instance), choices=choices)
    else:
        yield problem(
            "values/pack-file-wrong-value", path, value=shown(error.instance), meaning=meaning(error)
        )


def unknown_fields(error: Any, path: FieldPath) -> Iterator[Problem]:
    """A problem for each field that the schema does not have."""
    known = error.schema.get("properties", {})
    for field in error.instance:
        if field not in known:
            close = did_you_mean(field, known) if isinstance(field, str) else None
            remedy = f"Did you mean {close}" if close else f"Use one of {', '.join(sorted(known))}"
            yield problem("values/pack-file-unknown-field", (*path, str(field)), remedy=remedy)


def missing_fields(error: Any, path: FieldPath) -> Iterator[Problem]:
    """A problem for each field that has to be there and is not."""
    if error.validator == "required":
        wanted = error.validator_value
    else:
        wanted = [
            name
            for field, names in error.validator_value.items()
            if field in error.instance
            for name in names
        ]
    for name in wanted:
        # jsonschema reports each missing field by itself, and names it first in its message.
        if name not in error.instance and error.message.startswith(repr(name)):
            yield problem("values/pack-file-missing-field", path, field=name)


def meaning(error: Any) -> str:
    """What the schema says of the value that was refused: the first sentence of its description."""
    text = str(error.schema.get("description") or error.schema.get("title") or "see the schema")
    sentence = text.partition(". ")[0].rstrip(".")
    return sentence[0].lower() + sentence[1:]
