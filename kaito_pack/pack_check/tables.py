"""Checks the JSON files of a pack: its schemas and its tables of facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from kaito_pack.base import pack_files
from kaito_pack.base.problems import PackError, RuleLayer
from kaito_pack.base.root import FACTS
from kaito_pack.facts.tables import Rows, parsed_json, table
from kaito_pack.kaito.metadata import NEEDS
from kaito_pack.pack_check.rules import check_names, check_range, check_rows

PARTS = ("schemas", "facts")
ANNOTATION = {
    "as": str,
    "versions": str,
    "values": list,
    "anyCase": bool,
    "presence": bool,
    "rejected": str,
    "immutable": str,
    "needs": list,
    "meaning": str,
    "source": str,
}


def check_schemas(folder: Path) -> Iterator[str]:
    """Yield the errors in the JSON files of the pack in `folder`, one line each."""
    for file in sorted(file for part in PARTS for file in (folder / part).rglob("*.json")):
        name = file.relative_to(folder).as_posix()
        try:
            content = parsed_json(pack_files.read_text(folder, name), str(file))
        except PackError as error:
            yield str(error)
            continue
        if not isinstance(content, dict):
            yield f"{file}: not a JSON object"
            continue
        yield from (f"{name}: {fault}" for fault in _check(name, content, folder))


def _check(name: str, content: Rows, folder: Path) -> Iterator[str]:
    part, _, file = name.rpartition("/")
    stem = file.removesuffix(".json")
    if name.startswith("schemas/"):
        yield from _check_schema(content)
        yield from check_names(content)
    elif part == "facts/rules" and stem in get_args(RuleLayer):
        yield from check_rows(stem, content, folder)
    elif part == "facts/kaito" and is_minor(stem):
        yield from _check_kaito(stem, content)
    elif name == "facts/kaito/annotations.json":
        yield from _check_annotations(content)
    elif part in ("facts", "facts/kaito", "facts/rules") and not (FACTS.parent / name).is_file():
        yield "no code reads a file with this name"


def is_minor(stem: str) -> bool:
    """Return whether a file name without its suffix is a minor version, such as 0.12."""
    major, dot, minor = stem.partition(".")
    return bool(dot) and all(part.isascii() and part.isdigit() for part in (major, minor))


def _check_schema(content: Rows) -> Iterator[str]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(content)
    except SchemaError as error:
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"


def _check_annotations(rows: Rows) -> Iterator[str]:
    for key, row in rows.items():
        if not isinstance(row, dict):
            yield f"{key}: not a map"
            continue
        for field, value in row.items():
            if field not in ANNOTATION:
                yield f"{key}: an annotation has no {field}"
            elif not isinstance(value, ANNOTATION[field]):
                yield f"{key}: {field} is {value!r}"
        for field in ("versions", "rejected", "immutable"):
            yield from (f"{key}: {reason}" for reason in check_range(row, field))
        needs = row.get("needs", ())
        unknown = [need for need in needs if need not in NEEDS] if isinstance(needs, list) else []
        yield from (f"{key}: needs {need!r}, but the choices are {', '.join(NEEDS)}" for need in unknown)


def _check_kaito(minor: str, content: Rows) -> Iterator[str]:
    if not isinstance(content.get("v1beta1"), dict) or "properties" not in content["v1beta1"]:
        yield "has no schema of v1beta1. Create it with `make kaito-schema CRD=FILE`"
    row = table("kaito/versions.json").get(minor)
    if not isinstance(row, dict) or not {"kubernetesApi", "release"} <= row.keys():
        yield f"facts/kaito/versions.json has no row {minor} with kubernetesApi and release"
