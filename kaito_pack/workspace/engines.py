"""The engines that serve models, described by the files `facts/engines/<engine>.yaml`, one per engine.

A pack's file of the same name overrides the built-in one key by key, so a pack lists only what differs.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kaito_pack.base import derived, pack_files
from kaito_pack.base.display import shown
from kaito_pack.base.problems import PackError
from kaito_pack.base.root import ROOT
from kaito_pack.base.trees import Fields, Schema
from kaito_pack.documents import read_text
from kaito_pack.facts.tables import Rows, folders, per_pack, read_json

FOLDER = "facts/engines"
TYPES = {"array": list, "boolean": bool, "integer": int, "object": dict, "string": str}
WEIGHTS, GGUF = "weights", "gguf"  # the forms of a model in a repository of the Hub


@per_pack
def engines() -> Mapping[str, Fields]:
    """Return the facts of every engine by name: the built-in ones sorted by name, then those of packs.

    Raises PackError if a file is not a map, and ProblemsError if it is not YAML.
    """
    rows: dict[str, Fields] = {}
    for folder in reversed(folders()):
        # Reading the two built-in files takes 2 ms, more than all other work to recognize an engine.
        own = derived.derived("engines", _own) if folder == ROOT else _read(_files(folder))
        if folder != ROOT:
            _require_types(own, folder)
        for name, row in own.items():
            rows[name] = {**rows.get(name, {}), **row}
    return rows


def _own() -> dict[str, Any]:
    derived.depends_on(ROOT / FOLDER)
    return _read(_files(ROOT))


def _files(folder: Path) -> list[Path]:
    """Return the engine files of a pack by name. Listing a folder takes a tenth of the time of a glob."""
    try:
        names = sorted(os.listdir(folder / FOLDER))
    except OSError:
        return []
    return [folder / FOLDER / name for name in names if name.endswith(".yaml")]


def _read(files: Sequence[Path]) -> dict[str, Any]:
    return {file.stem: _row(file) for file in files}


def _row(file: Path) -> Any:
    text = pack_files.read_text(file.parents[2], f"{FOLDER}/{file.name}")
    row = read_text(text, str(file))[0].value
    if not isinstance(row, dict):
        raise PackError(f"{file}: not a map. Write the facts of the engine as keys")
    return row


def _require_types(rows: Rows, folder: Path) -> None:
    """Raise PackError for the first value of a pack's engines whose type differs from the schema's."""
    properties = read_json(ROOT, "schemas/engine.schema.json")["properties"]
    for name, row in rows.items():
        for key, value in row.items():
            if not _has_type(value, properties.get(key, {})):
                file = folder / FOLDER / f"{name}.yaml"
                raise PackError(f"{file}: {shown(key, quote=False)} has the wrong type: {shown(value)}")


def _has_type(value: Any, part: Schema) -> bool:
    """Return whether a value and its parts have the types of a schema; `pack check` checks the rest."""
    kind = TYPES.get(str(part.get("type")))
    if kind and (not isinstance(value, kind) or isinstance(value, bool) != (kind is bool)):
        return False
    if isinstance(value, list):
        return all(_has_type(item, part.get("items", {})) for item in value)
    if isinstance(value, dict):
        fields, other = part.get("properties", {}), part.get("additionalProperties") or {}
        has_all = all(name in value for name in part.get("required", ()))
        return has_all and all(_has_type(item, fields.get(name, other)) for name, item in value.items())
    return True


def engine(name: object) -> Fields:
    """Return the facts of one engine; empty if no file describes it."""
    return engines().get(name, {}) if isinstance(name, str) else {}


def checks_models(name: object) -> bool:
    """Return whether the pack checks memory, length and arguments of the models of that engine."""
    return bool(engine(name).get("checksModels"))


@per_pack
def checking_engines() -> tuple[str, ...]:
    """Return the engines whose models are checked, which are a catalogue's default."""
    return tuple(name for name in engines() if checks_models(name))


def hub_engines(form: str | None = None) -> tuple[str, ...]:
    """Return the engines that serve a model of the Hugging Face Hub, the preferred one first.

    `form` limits them to those that load a repository of WEIGHTS or of GGUF files.
    """
    serving = {name: row["serves"] for name, row in engines().items() if row.get("serves")}
    names = [name for name, serves in serving.items() if form in (None, serves["format"])]
    return tuple(sorted(names, key=lambda name: serving[name]["preference"]))


def runs_on_kaito(names: Iterable[str]) -> bool:
    """Return whether one of a model's engines `names` serves models of the Hub on KAITO."""
    return not set(hub_engines()).isdisjoint(names)
