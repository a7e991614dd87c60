"""Named contents in one file of the cache folder, each good until a file that it was made of changes.

The file is an index, which says where each content is, and the contents. A content is read only if it is
asked for. Index and contents have checksums, which detect a file that a crash or a disk has damaged; who may
write the file is for `cache_files` to check.
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
Mark = tuple[str, int, int]  # a file or folder, its time of change in ns, its size


class Store:
    """The contents of one cache file, and those that are added to it by `save`."""

    def __init__(self, file: str, read: Callable[[str], bytes | mmap | None] = cache_files.read) -> None:
        self._file = f"{FORMAT}-{file}"
        self._content = read(self._file) or b""
        self._rows: dict[str, tuple[Sequence[Mark], int, int, bytes]] = {}
        self._added: dict[str, tuple[Sequence[Mark], bytes]] = {}
        length, checksum = HEAD - 2 * LENGTH, HEAD - LENGTH
        self._start = HEAD + int.from_bytes(self._content[length:checksum], "little")
        # marshal may do anything with what is not its own, so a file that is not whole is not read.
        if self._content[:length] == _head(len(self._content)):
            index = self._content[HEAD : self._start]
            if source_hash(index) == self._content[checksum:HEAD]:
                self._rows = marshal.loads(index)

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
        content = self._content[begin : begin + row[2]]
        return marshal.loads(content) if source_hash(content) == row[3] else None

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
    for file, modified, size in marks:  # a plain loop: it runs for each module of a start
        try:
            status = os.stat(file)
        except OSError:
            return False
        if status.st_mtime_ns != modified or status.st_size != size:
            return False
    return True
