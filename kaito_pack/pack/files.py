"""Reads the pack's own kinds of file (Target, Fleet, Catalogue) and checks them by their schemas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem, ProblemsError
from kaito_pack.documents import Document, read_file
from kaito_pack.facts import tables
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.pack import json_schema
from kaito_pack.pack.catalogue_schema import catalogue_schema
from kaito_pack.pack.references import resolve

API_VERSION = "pack.kubefoundry.io/v1"
CATALOGUE = "Catalogue"
KINDS = (CATALOGUE, "Fleet", "Target")


@rule("values/pack-file-several-documents", on="part")
def read(path: str | Path) -> Document:
    """Return the only document of a file.

    Raises UsageError if the file cannot be opened, ProblemsError if it cannot be read as YAML or has several
    documents.
    """
    first, *further = read_file(str(path))
    if further:
        raise ProblemsError([problem("values/pack-file-several-documents", (), further[0].place(()))])
    return first


@rule("values/written-twice", "values/yaml-surprise", on="shared")
def check_file(document: Document, kind: str) -> Iterator[Problem]:
    """Yield the problems of a file of one of KINDS with their places: of its text, then by its schema."""
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
    """Yield the problems of plain data of one of KINDS, by `schemas/<kind>.schema.json`, with their paths."""
    folders = [folder / "schemas" for folder in tables.folders()]
    name = f"{kind.lower()}.schema.json"
    schema = catalogue_schema() if kind == CATALOGUE else resolve(name, folders)
    from kaito_pack.pack.schema_problems import PACK_FILES, explained

    errors = json_schema.errors_of(schema, value, None, f"schemas/{kind.lower()}.schema.json")
    for error in sorted(errors, key=lambda error: [str(step) for step in error.absolute_path]):
        yield from (each.problem for each in explained(error, PACK_FILES))
