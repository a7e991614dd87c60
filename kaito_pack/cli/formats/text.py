"""The one formatter of problems: text for people, JSON for programs. Nothing here prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kaito_pack.run.validation import Entry, Report


def summary(reports: Mapping[str, Report]) -> str:
    """`12 documents: 11 accepted, 1 skipped; 3 warnings`, of the newest KAITO that was asked for."""
    entries = list(reports.values())[-1].entries
    verdicts = [entry.verdict for entry in entries]
    words = ("accepted", "refused", "undecidable", "skipped")
    counts = [f"{verdicts.count(word)} {word}" for word in words if word in verdicts]
    found = [one for entry in entries for one in entry.problems]
    tail = [
        _counted(sum(one.is_error for one in found), "error"),
        _counted(sum(one.severity == "warning" for one in found), "warning"),
    ]
    head = _counted(len(entries), "document") or "no documents"
    return "; ".join([f"{head}: {', '.join(counts) or 'nothing to judge'}", *filter(None, tail)])


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}" if number else ""


def table(reports: Mapping[str, Report]) -> str:
    """Manifests against KAITO versions: `ok`, `refused`, or `breaks` where an accepted one has an error."""
    rows = [["", *reports]]
    for entries in zip(*(report.entries for report in reports.values()), strict=True):
        first = entries[0]
        name = f"{first.namespace}/{first.name}" if first.namespace else first.name
        rows.append([f"{first.file} {first.kind} {name}".rstrip(), *map(_cell, entries)])
    return "".join(f"{line}\n" for line in columns(rows))


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows as lines, their cells below each other, two blanks apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cell(entry: Entry) -> str:
    if entry.verdict != "accepted":
        return entry.verdict
    return "breaks" if any(found.is_error for found in entry.problems) else "ok"
