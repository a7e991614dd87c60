"""Checks the YAML files of facts that a pack has: one file an engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kaito_pack.base.problems import ProblemsError
from kaito_pack.base.sentences import line
from kaito_pack.pack import files
from kaito_pack.workspace.engines import FOLDER

FORMER_FOLDER = "templates/_engines"


def check_engines(folder: Path) -> Iterator[str]:
    """Return what is wrong with the engine files of the pack in `folder`, a line each."""
    for file in sorted((folder / FOLDER).glob("*.yaml")):
        try:
            yield from map(line, files.check_file(files.read(file), "Engine"))
        except ProblemsError as error:
            yield from map(line, error.problems)
    for file in sorted((folder / "facts").rglob("*.yaml")):
        if file.parent != folder / FOLDER:
            yield f"{file.relative_to(folder).as_posix()}: nothing reads a file of that name"
    for file in sorted((folder / FORMER_FOLDER).glob("*.yaml")):
        yield f"{FORMER_FOLDER}/{file.name}: nothing reads a file of that name. Move it to {FOLDER}/"
