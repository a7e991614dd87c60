"""Named contents in one file of the cache folder, each good until a file that it was made of changes.

The file is an index, which says where each content is, and the contents. A content is read only if it is
asked for.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Iterable, Sequence
from mmap import mmap
from typing import Any

from kaito_pack.base import cache_files

FORMAT = "store-2"
MARK = b"kaito-pack store\n"
LENGTH = 8  # bytes of a length: after the mark that of the file, then that of the index
HEAD = len(MARK) + 2 * LENGTH
Mark = tuple[str, int, int]  # a file or folder, its time of change in ns, its size


class Store:
    """The contents of one cache file, and those that are added to it by `save`."""

    def __init__(self, file: str, read: Callable[[str], bytes | mmap | None] = cache_files.read) -> None:
        self._file = f"{FORMAT}-{file}"
        self._content = read(self._file) or b""
        self._rows: dict[str, tuple[Sequence[Mark], int, int]] = {}
        self._added: dict[str, tuple[Sequence[Mark], bytes]] = {}
        self._start = HEAD + int.from_bytes(self._content[HEAD - LENGTH : HEAD], "little")
        # marshal may do anything with what is not its own, so a file that is not whole is not read.
        if self._content[: HEAD - LENGTH] == _head(len(self._content)):
            self._rows = marshal.loads(self._content[HEAD : self._start])

    @property
    def is_new(self) -> bool:
        """Whether the file did not exist."""
        return not self._rows

    def get(self, name: str) -> Any:
        """Return the content called `name`; None if there is none, or if one of its files has changed."""
        row = self._rows.get(name)
        if row is None or not _are_current(row[0]):
            return None
        begin = self._start + row[1]
        return marshal.loads(self._content[begin : begin + row[2]])

    def files(self, name: str) -> list[str]:
        """Return the files that a content was made of."""
        marks = self._added[name][0] if name in self._added else self._rows[name][0]
        return [mark[0] for mark in marks]

    def put(self, name: str, files: Iterable[str], content: Any) -> None:
        """Add what was made of `files`, plain data or code. Anything else, or a missing file, is left out."""
        try:
            self._added[name] = tuple(map(_mark, files)), marshal.dumps(content)
        except (OSError, ValueError):
            return

    def save(self) -> None:
        """Write the file if anything was added; contents whose files have changed are dropped."""
        if not self._added or not cache_files.is_writable():
            return
        contents = {
            name: (marks, self._content[self._start + offset : self._start + offset + length])
            for name, (marks, offset, length) in self._rows.items()
            if name not in self._added and _are_current(marks)
        } | self._added
        rows, offset = {}, 0
        for name, (marks, content) in contents.items():
            rows[name] = (marks, offset, len(content))
            offset += len(content)
        index = marshal.dumps(rows)
        parts = [len(index).to_bytes(LENGTH, "little"), index, *(content for _, content in contents.values())]
        body = b"".join(parts)
        cache_files.write(self._file, _head(len(MARK) + LENGTH + len(body)) + body)
        self._added = {}


def _head(length: int) -> bytes:
    return MARK + length.to_bytes(LENGTH, "little")


def _mark(file: str) -> Mark:
    status = os.stat(file)
    return file, status.st_mtime_ns, status.st_size


def _are_current(marks: Sequence[Mark]) -> bool:
    for file, modified, size in marks:  # a plain loop: it runs for each module of a start
        try:
            status = os.stat(file)
        except OSError:
            return False
        if status.st_mtime_ns != modified or status.st_size != size:
            return False
    return True
