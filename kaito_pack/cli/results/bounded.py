"""Results of bounded length: parts that do not fit into LONGEST_RESULT are counted, not printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

LONGEST_RESULT = 8 << 20  # bytes of a result on stdout
LONGEST_PART = LONGEST_RESULT // 8  # bytes of a list in a row, such as the changes of an object
URGENCIES = ("error", "undecidable", "warning", "ok")
Subject = TypeVar("Subject")


class Part(Generic[Subject]):
    """The text that a result shows for a subject."""

    def __init__(self, subject: Subject, text: str) -> None:
        self.subject, self.text = subject, text


class Fitting(Generic[Subject]):
    """The parts that fit, in order; `others` is the number of the rest, `first` the most urgent of them."""

    def __init__(self, parts: list[Part[Subject]], others: int, first: Subject | None) -> None:
        self.parts, self.others, self.first = parts, others, first


def urgency(severities: Iterable[str]) -> int:
    """Return the urgency of a row from the severities of its problems: 0 for an error, 3 for no problem."""
    return min(map(URGENCIES.index, severities), default=len(URGENCIES) - 1)


def fitting(
    subjects: Iterable[tuple[int, Subject]],
    shown: Callable[[Subject], str],
    longest: int = LONGEST_RESULT,
) -> Fitting[Subject]:
    """Return the most urgent subjects, each with its urgency, whose texts take at most `longest` bytes.

    0 is the most urgent. Among equals, the first ones are shown. `shown` creates the text of a subject.
    """
    levels: dict[int, list[tuple[int, Part[Subject]]]] = {}
    size, others, first = 0, 0, None
    for index, (level, subject) in enumerate(subjects):
        if others and level >= max(levels, default=0):
            first = (level, subject) if first is None or level < first[0] else first
            others += 1
            continue
        levels.setdefault(level, []).append((index, Part(subject, shown(subject))))
        size += _size(levels[level][-1][1].text)
        while size > longest:
            last = max(levels)
            _, part = levels[last].pop()
            if not levels[last]:
                del levels[last]
            size -= _size(part.text)
            others += 1
            first = (last, part.subject) if first is None or last <= first[0] else first
    rows = sorted((pair for parts in levels.values() for pair in parts), key=lambda pair: pair[0])
    return Fitting([part for _, part in rows], others, first[1] if first else None)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def first_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield the first of `lines`, up to LONGEST_RESULT bytes, then a line with the number of the rest."""
    size, others = 0, 0
    for line in lines:
        size += _size(line)
        if size <= LONGEST_RESULT and not others:
            yield line
        else:
            others += 1
    if others:
        yield type(line)(left_out(others) + ("\n" if line.endswith("\n") else ""))


def left_out(others: int) -> str:
    """Return the text about the parts that a result does not show."""
    return f"{others:,} more do not fit into {LONGEST_RESULT >> 20} MiB. Pass fewer files at a time"
