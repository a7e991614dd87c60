"""Compare committed text with what the current code makes of it."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.conftest import ROOT

MOST_LINES = 200  # of a diff


def check(file: Path, current: str, refresh: str = "make generate") -> None:
    """Fail unless `file` holds `current`, with a unified diff and the command that refreshes the file."""
    name = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
    committed = file.read_text(encoding="utf-8") if file.exists() else ""
    if committed != current:
        lines = (committed.splitlines(), current.splitlines())
        diff = list(difflib.unified_diff(*lines, f"{name} (committed)", f"{name} (current)", lineterm=""))
        cut = ["…"] if len(diff) > MOST_LINES else []
        shown = "\n".join([*diff[:MOST_LINES], *cut]) or "the line ends differ"
        pytest.fail(
            f"{name} differs from what the code gives:\n{shown}\n"
            f"If the change is intended, run `{refresh}` and read the diff as code.",
            pytrace=False,
        )
