"""The rooms of kaito_pack/: their order, which a test holds, and their table in CONTRIBUTING."""

from __future__ import annotations

import ast
from pathlib import Path

from kaito_pack.base.root import ROOT
from scripts.markdown import table

LIBRARY = ROOT / "kaito_pack"
# Upper rooms first. A room may import itself and lower rooms; rooms of one line are on one floor.
FLOORS = (
    ("cli",),
    ("form", "importing", "plan", "preflight", "krm", "output", "explain", "pack_check", "grid"),
    ("hub",),
    ("status",),
    ("run",),
    ("rendering",),
    ("kaito",),
    ("models",),
    ("values",),
    ("pack",),
    ("kubernetes",),
    ("workspace", "documents"),
    ("facts",),
    ("base",),
)
INNER = ("decoding", "pods", "objects")  # the rooms of kubernetes/, lower ones first


def rooms_table() -> str:
    """Return the rooms, upper ones first, each with the first sentence of its docstring."""
    rows = []
    for room in (room for floor in FLOORS for room in floor):
        inner = sorted((LIBRARY / room).glob("*/__init__.py"))
        if room == "kubernetes":
            inner.sort(key=lambda file: -INNER.index(file.parent.name))
        for file in (LIBRARY / room / "__init__.py", *inner):
            rows.append((f"`{file.parent.relative_to(LIBRARY).as_posix()}/`", sentence_of(file)))
    return table(("Room", "What it does"), rows)


def sentence_of(file: Path) -> str:
    """Return the first line of a module's docstring. Raises SystemExit if there is none."""
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not docstring:
        raise SystemExit(f"{file}: a room needs a sentence that says what it does")
    return docstring.splitlines()[0]
