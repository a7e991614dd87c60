"""Prints results as one self-contained HTML page that works offline, in light and dark mode."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from kaito_pack.base.display import escaped
from kaito_pack.cli.results.bounded import first_lines, fitting, left_out

if TYPE_CHECKING:
    from kaito_pack.cli.results import Grid


def grid(result: Grid) -> Iterator[str]:
    """Yield the page of a grid."""
    from jinja2 import Environment, StrictUndefined

    from kaito_pack.cli.results import grid_words

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.from_string((Path(__file__).parent / "grid.html.j2").read_text(encoding="utf-8"))
    heads, *rows = [[escaped(cell) for cell in row] for row in grid_words.table(result)]
    few = fitting(((0, row) for row in rows), lambda row: "".join(f"<td>{escape(cell)}</td>" for cell in row))
    rows = [part.subject for part in few.parts]
    states = [[grid_words.state(cell) for cell in row.cells] for row in result.rows]
    notes = list(first_lines(escaped(note) for note in grid_words.notes(result)))
    notes += [left_out(few.others)] if few.others else []
    yield page.render(heads=heads, rows=rows, states=None if result.of_types else states, notes=notes)
