"""A YAML document as plain data, with the place and the spelling of every value."""

from __future__ import annotations

from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Place
from kaito_pack.base.records import NamedTuple, Protocol, Slotted


class Position(Protocol):
    """A position as the parsers report it; both numbers count from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class PlacedEntry(NamedTuple):
    """The places of a key and its value; `inside` has the entries of a map or a list."""

    key: Position
    value: Position
    inside: PlacedEntries | None = None
    merged: bool = False  # whether `<<` added it to its map


PlacedEntries = dict[str, PlacedEntry] | list[PlacedEntry]


class Surprise(NamedTuple):
    """A value without quotes that YAML parsers read differently; `value` is kubectl's reading."""

    path: FieldPath
    raw: str
    value: Any
    place: Place


class Duplicate(NamedTuple):
    """A key that occurs twice in its map; `first_line` is its first place."""

    path: FieldPath
    place: Place
    first_line: int


class OddKey(NamedTuple):
    """A key without quotes that some parser does not read as text; `path` ends in kubectl's text of it."""

    path: FieldPath
    place: Place
    raw: str


class Document(Slotted):
    """One YAML document: plain data as kubectl reads it, with notes on unusual spellings.

    `number` counts from 1 within the file, empty documents included.
    """

    __slots__ = ("duplicates", "file", "number", "odd_keys", "root", "spellings", "surprises", "value")

    def __init__(self, file: str, number: int, value: Any = None, root: PlacedEntry | None = None) -> None:
        self.file, self.number, self.value, self.root = file, number, value, root
        self.surprises: list[Surprise] = []
        self.duplicates: list[Duplicate] = []
        self.odd_keys: list[OddKey] = []
        self.spellings: dict[FieldPath, str] = {}

    def place(self, path: FieldPath, key: bool = False) -> Place:
        """Return the place of the value at `path` (or of its key), else that of the nearest parent."""
        if self.root is None:
            return Place(self.file, 0, 0)  # a command-line option has no text
        entry = self.root
        for step in path:
            child = step_into(entry.inside, step)
            if child is None:
                return self.place_of(entry.key)
            entry = child
        return self.place_of(entry.key if key else entry.value)

    def place_of(self, mark: Position) -> Place:
        """Return a parser's position as a place in this document's file."""
        return Place(self.file, mark.line + 1, mark.column + 1)

    def raw(self, path: FieldPath) -> str | None:
        """Return the value at `path` as written, if it is one of `surprises`."""
        return self.spellings.get(path)


def step_into(entries: PlacedEntries | None, step: str | int) -> PlacedEntry | None:
    """Return the entry of one key or index; None if it does not exist."""
    if isinstance(entries, dict):
        return entries.get(step) if isinstance(step, str) else None
    if entries and isinstance(step, int) and 0 <= step < len(entries):
        return entries[step]
    return None
