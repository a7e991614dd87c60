"""Named contents in one file of the cache folder, each valid until one of its source files changes.

The file holds an index with the offset of each content, then the contents. A content is read only when it is
requested. Checksums of the index and the contents detect damage by a crash or a disk; `cache_files` checks
who can write to the file.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Iterable, Sequence
from importlib.util import source_hash
from mmap import mmap
from typing import Any

from kaito_pack.base import cache_files

FORMAT = "store-3"
MARK = b"kaito-pack store\n"
LENGTH = 8  # bytes of a length or a checksum: after the mark the length of the file, then the index's two
HEAD = len(MARK) + 3 * LENGTH
Mark = tuple[str, int, int]  # a file or folder, its modification time in ns, its size


class Store:
    """The contents of one cache file, with additions that `save` writes."""

    def __init__(self, file: str, read: Callable[[str], bytes | mmap | None] = cache_files.read) -> None:
        self._file = f"{FORMAT}-{file}"
        self._content = read(self._file) or b""
        self._rows: dict[str, tuple[Sequence[Mark], int, int, bytes]] = {}
        self._added: dict[str, tuple[Sequence[Mark], bytes]] = {}
        length, checksum = HEAD - 2 * LENGTH, HEAD - LENGTH
        self._start = HEAD + int.from_bytes(self._content[length:checksum], "little")
        # marshal is not safe on foreign data, so a file is read only if its checksum is right.
        if self._content[:length] == _head(len(self._content)):
            index = self._content[HEAD : self._start]
            if source_hash(index) == self._content[checksum:HEAD]:
                self._rows = marshal.loads(index)

    @property
    def is_new(self) -> bool:
        """Whether the file did not exist."""
        return not self._rows

    def get(self, name: str) -> Any:
        """Return the content called `name`; None if it is missing or one of its source files has changed."""
        row = self._rows.get(name)
        if row is None or not _are_current(row[0]):
            return None
        begin = self._start + row[1]
        content = self._content[begin : begin + row[2]]
        return marshal.loads(content) if source_hash(content) == row[3] else None

    def files(self, name: str) -> list[str]:
        """Return the source files of a content."""
        marks = self._added[name][0] if name in self._added else self._rows[name][0]
        return [mark[0] for mark in marks]

    def put(self, name: str, files: Iterable[str], content: Any) -> None:
        """Add a content derived from `files`: plain data or code. Skip other types and missing files."""
        try:
            self._added[name] = tuple(map(_mark, files)), marshal.dumps(content)
        except (OSError, ValueError):
            return

    def save(self) -> None:
        """Write the file if anything was added; drop contents whose source files have changed."""
        if not self._added or not cache_files.is_writable():
            return
        contents = {
            name: (marks, self._content[self._start + offset : self._start + offset + length], checksum)
            for name, (marks, offset, length, checksum) in self._rows.items()
            if name not in self._added and _are_current(marks)
        }
        for name, (marks, content) in self._added.items():
            contents[name] = marks, content, source_hash(content)
        rows, offset = {}, 0
        for name, (marks, content, checksum) in contents.items():
            rows[name] = (marks, offset, len(content), checksum)
            offset += len(content)
        index = marshal.dumps(rows)
        head = [len(index).to_bytes(LENGTH, "little"), source_hash(index), index]
        body = b"".join([*head, *(content for _, content, _ in contents.values())])
        cache_files.write(self._file, _head(len(MARK) + LENGTH + len(body)) + body)
        self._added = {}


def _head(length: int) -> bytes:
    return MARK + length.to_bytes(LENGTH, "little")


def _mark(file: str) -> Mark:
    status = os.stat(file)
    return file, status.st_mtime_ns, status.st_size


def _are_current(marks: Sequence[Mark]) -> bool:
    for file, modified, size in marks:  # a plain loop: it runs for each module at startup
        try:
            status = os.stat(file)
        except OSError:
            return False
        if status.st_mtime_ns != modified or status.st_size != size:
            return False
    return True
