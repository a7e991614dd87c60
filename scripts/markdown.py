"""Writes Markdown: tables, and texts of the schemas and rules that must not be read as HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence


def plain(text: str) -> str:
    """Return a text with `<` escaped, except between backquotes."""
    return re.sub(r"(`[^`]*`)|<", lambda match: match[1] or "&lt;", text)


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; bars in cells are escaped."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [titles, ["---"] * len(titles), *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
