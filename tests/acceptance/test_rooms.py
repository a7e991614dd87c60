"""Who may call whom: what CONTRIBUTING says of the rooms of kaito_pack/, held by its imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

LIBRARY = ROOT / "kaito_pack"
# Whatever reads a manifest or a table stands below everything else.
FOUNDATION = ("problems", "shapes", "tables", "rules", "documents", "cache_files", "root", "target")
BELOW = ("documents", "kubernetes", "workspace")


def imported(file: Path) -> Iterator[str]:
    """Every module that a file imports, at its head or late."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "kaito_pack":
            yield from (f"kaito_pack.{name.name}" for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("room", BELOW)
def test_a_room_below_others_knows_none_of_them(room: str) -> None:
    called = {
        name.split(".")[1]
        for file in (LIBRARY / room).glob("*.py")
        for name in imported(file)
        if name.startswith("kaito_pack.")
    }
    assert called, "else the room is not there"
    assert called - {room, *FOUNDATION} == set()


def test_the_command_line_alone_knows_click_and_itself() -> None:
    strangers = [
        (str(file.relative_to(LIBRARY)), name)
        for file in LIBRARY.rglob("*.py")
        if "cli" not in file.relative_to(LIBRARY).parts and file.name != "__main__.py"
        for name in imported(file)
        if name.split(".")[0] in ("click", "questionary") or name.startswith("kaito_pack.cli")
    ]
    assert strangers == []
