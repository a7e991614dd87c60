"""Checks the engine files of a pack, one YAML file per engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kaito_pack.base import pack_files
from kaito_pack.base.problems import PackError, ProblemsError
from kaito_pack.base.sentences import line
from kaito_pack.documents import read_text
from kaito_pack.pack.files import check_file
from kaito_pack.workspace.engines import FOLDER

FORMER_FOLDER = "templates/_engines"


def check_engines(folder: Path) -> Iterator[str]:
    """Return the errors in the engine files of the pack in `folder`, one line each."""
    for file in sorted((folder / FOLDER).glob("*.yaml")):
        try:
            text = pack_files.read_text(folder, f"{FOLDER}/{file.name}")
            yield from map(line, check_file(read_text(text, str(file))[0], "Engine"))
        except ProblemsError as error:
            yield from map(line, error.problems)
        except PackError as error:
            yield str(error)
    for file in sorted((folder / "facts").rglob("*.yaml")):
        if file.parent != folder / FOLDER:
            yield f"{file.relative_to(folder).as_posix()}: no code reads a file with this name"
    for file in sorted((folder / FORMER_FOLDER).glob("*.yaml")):
        yield f"{FORMER_FOLDER}/{file.name}: no code reads a file with this name. Move it to {FOLDER}/"
