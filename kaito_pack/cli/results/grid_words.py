"""The text of the cells of a grid, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kaito_pack.cli.results import VERDICT_TITLES

if TYPE_CHECKING:
    from kaito_pack.cli.results import Grid
    from kaito_pack.grid import Cell, Row

TYPE_HEADS = ("INSTANCE TYPE", "FITS", "GPUS", "LEFT PER GPU", "LONGEST CONTEXT")


def table(result: Grid) -> list[list[str]]:
    """Return the grid as rows of text; the first row has the titles.

    Clusters are columns. There are many instance types, so each is a row, and only those that hold a model
    are shown, the smallest first.
    """
    if not result.of_types:
        heads = ["VALUES", "MODEL", *result.columns]
        return [heads, *([row.name, row.model or "-", *map(words, row.cells)] for row in result.rows)]
    lines = [["VALUES", *TYPE_HEADS]]
    for row in result.rows:
        fitting = [cell for cell in row.cells if cell.fits]
        lines += [[row.name, *type_row(cell)] for cell in fitting]
        lines += [] if fitting else [[row.name, "-", why_none(row), "", "", ""]]
    return lines


def why_none(row: Row) -> str:
    """Return why no instance type is listed for a values file."""
    if any(cell.fits is False for cell in row.cells):
        return "no: too large for one node"
    return "unknown: no figures of the model" if row.cells else "no: the values are not valid"


def type_row(cell: Cell) -> list[str]:
    """Return the cells for an instance type that holds a model."""
    left = "-" if cell.left_gib is None else f"{cell.left_gib:g} GiB"
    return [cell.column, "yes", str(cell.gpus or "-"), left, str(cell.longest or "-")]


def words(cell: Cell) -> str:
    """Return a cell as a few words: whether it is accepted and fits, and the free memory."""
    if cell.verdict != "accepted":
        return "-" if cell.verdict == "skipped" else VERDICT_TITLES[cell.verdict]
    if cell.image_knows is False:
        return "not supported by vLLM"
    if cell.fits is None:
        return "accepted, fit unknown"
    left = "" if cell.left_gib is None else f" {abs(cell.left_gib):g} GiB"
    longest = f", up to {cell.longest} tokens" if cell.longest else ""
    return f"fits,{left} left{longest}" if cell.fits else f"too large,{left} missing"


def state(cell: Cell) -> str:
    """Return "good", "bad" or "unknown", which selects the colour of the cell."""
    if cell.verdict in ("undecidable", "skipped") or (cell.verdict == "accepted" and cell.fits is None):
        return "bad" if cell.image_knows is False else "unknown"
    return "good" if cell.is_good else "bad"


def notes(result: Grid) -> Iterator[str]:
    """Yield why cells are not good, one line per reason."""
    for row in result.rows:
        for cell in row.cells:
            for reason in cell.reasons:
                yield f"{row.name}, {cell.column}: {reason}"
        if result.of_types and any(cell.image_knows is False for cell in row.cells):
            yield f"{row.name}: vLLM in the image does not support {row.model}. {NEWER}"


NEWER = "`validate` names a newer image if one supports it"
