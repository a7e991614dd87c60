"""Reads YAML and JSON files into documents that remember where each value stands."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from kaito_pack.problems import Path, Place, ProblemsError, UsageError, escaped

LARGEST_FILE = 16 << 20  # bytes
STDIN = "<stdin>"
_read: list[Any] = []  # streams that give nothing any more; a second reader would take them for empty


class Mark(Protocol):
    """A position as the parsers give it; both count from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Entry(NamedTuple):
    """Where a key and its value stand; `inside` are the entries of a value that is a map or a list."""

    key: Mark
    value: Mark
    inside: Entries | None = None
    merged: bool = False  # whether it came into its map by `<<`


Entries = dict[str, Entry] | list[Entry]


class Surprise(NamedTuple):
    """A value without quotes that not all YAML parsers read alike; `value` is what kubectl reads."""

    path: Path
    raw: str
    value: Any
    place: Place


class Duplicate(NamedTuple):
    """A key that is written twice in its map; `first_line` is where it was written first."""

    path: Path
    place: Place
    first_line: int


class OddKey(NamedTuple):
    """A key without quotes that some parser reads as no text; `path` ends in the text kubectl makes of it."""

    path: Path
    place: Place
    raw: str


@dataclass(slots=True)
class Document:
    """One YAML document: plain data as kubectl reads it, and what a person should know of its spelling.

    `number` counts from 1 within the file, empty documents included.
    """

    file: str
    number: int
    value: Any = None
    surprises: list[Surprise] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    odd_keys: list[OddKey] = field(default_factory=list)
    root: Entry | None = field(default=None, repr=False)
    spellings: dict[Path, str] = field(default_factory=dict, repr=False)

    def place(self, path: Path, key: bool = False) -> Place:
        """Where the value at `path` stands (or its key); the nearest parent's place where there is none."""
        if self.root is None:
            return Place(self.file, 0, 0)  # no text: an option of the command line
        entry = self.root
        for step in path:
            child = step_into(entry.inside, step)
            if child is None:
                return self.place_of(entry.key)
            entry = child
        return self.place_of(entry.key if key else entry.value)

    def place_of(self, mark: Mark) -> Place:
        """A parser's position as a place in this document's file."""
        return Place(self.file, mark.line + 1, mark.column + 1)

    def raw(self, path: Path) -> str | None:
        """The value at `path` as it is written, where it is one of `surprises`."""
        return self.spellings.get(path)


def step_into(entries: Entries | None, step: str | int) -> Entry | None:
    """The entry of one key or index; None where there is no such one."""
    if isinstance(entries, dict):
        return entries.get(step) if isinstance(step, str) else None
    if entries and isinstance(step, int) and 0 <= step < len(entries):
        return entries[step]
    return None


def read_text(text: bytes | str, file: str) -> list[Document]:
    """The documents of a YAML or JSON text, without the empty ones.

    Raises ProblemsError for what cannot be read: no UTF-8, no YAML, too deep, too large, empty …
    """
    from kaito_pack.reading import read_stream  # loads PyYAML, 25 ms

    return read_stream(text, file)


def read_file(path: str, stdin: Any = None) -> list[Document]:
    """The documents of the file at `path`, or of `stdin` where it is "-".

    Raises UsageError for a file that cannot be opened, is no regular file (so it never blocks) or is
    above 16 MiB, and ProblemsError as `read_text` does.
    """
    if path == "-":
        return read_text(limited(stdin_bytes(stdin), STDIN), STDIN)
    try:
        content = file_bytes(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{escaped(path)}: cannot be read: {reason.lower()}") from error
    return read_text(limited(content, path), path)


def stdin_bytes(stdin: Any) -> bytes | str:
    """What comes in by `stdin` (the process's own where it is None), up to just over the limit."""
    stream = stdin or sys.stdin
    if stream is None:
        raise UsageError(f"{STDIN}: is closed; give a file instead")
    if any(one is stream for one in _read):
        raise UsageError(f"{STDIN}: was read already; name - once")
    _read.append(stream)
    try:
        content: bytes | str = getattr(stream, "buffer", stream).read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"{STDIN}: cannot be read: {error}") from error
    return content


def file_bytes(path: str) -> bytes:
    """The content of a regular file, up to just over the limit; never waits for a device or a pipe."""
    refuse_irregular(path, os.stat(path).st_mode)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(descriptor, "rb") as file:
        refuse_irregular(path, os.fstat(descriptor).st_mode)  # it may have changed since
        return file.read(LARGEST_FILE + 1)


def refuse_irregular(path: str, mode: int) -> None:
    """Raise UsageError for a folder, device, pipe or socket."""
    if stat.S_ISDIR(mode):
        raise UsageError(f"{escaped(path)}: is a folder, not a file")
    if not stat.S_ISREG(mode):
        raise UsageError(
            f"{escaped(path)}: is a device, pipe or socket, not a file; to read a pipe, give - as the file"
        )


def limited(content: bytes | str, file: str) -> bytes | str:
    """`content`, unless it is above the limit."""
    if len(content) > LARGEST_FILE:
        raise UsageError(f"{escaped(file)}: is larger than {LARGEST_FILE >> 20} MiB, the most that is read")
    return content


__all__ = ["Document", "Duplicate", "OddKey", "ProblemsError", "Surprise", "read_file", "read_text"]
