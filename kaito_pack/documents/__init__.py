"""Reads YAML and JSON into documents with the line and column of every value."""

from __future__ import annotations

import os
import stat
import sys
from typing import Any

from kaito_pack.base.display import escaped, shown
from kaito_pack.base.problems import ProblemsError, UsageError, unread
from kaito_pack.documents.document import Document, Duplicate, OddKey, Surprise

LARGEST_FILE = 16 << 20  # bytes per file
STDIN = "<stdin>"
# The process's stdin, once it has been read to the end: a second reader would see it as empty.
_read: list[Any] = []


def read_text(text: bytes | str, file: str) -> list[Document]:
    """Return the documents of a YAML or JSON text, without the empty ones.

    Raises ProblemsError if the text cannot be read: not UTF-8, not YAML, nested too deeply, too large, empty
    …
    """
    from kaito_pack.documents.reading import read_stream

    return read_stream(text, file)


def read_file(path: str, stdin: Any = None) -> list[Document]:
    """Return the documents of the file at `path`, or of `stdin` if it is "-".

    Raises UsageError if the file cannot be opened, is not a regular file (so reading never blocks) or is
    larger than 16 MiB, and ProblemsError as `read_text` does.
    """
    return read_text(content_of(path, stdin), STDIN if path == "-" else path)


def content_of(path: str, stdin: Any = None) -> bytes | str:
    """Return the content that `read_file` reads; raises UsageError as it does."""
    if path == "-":
        return limited(stdin_bytes(stdin), STDIN)
    try:
        content = file_bytes(path)
    except FileNotFoundError as error:
        from kaito_pack.documents.near import near_file

        near = near_file(path)
        hint = f". Did you mean {shown(near)}?" if near else ""
        raise UsageError(f"{unread(path, error)}{hint}") from error
    except (OSError, ValueError) as error:
        raise unread(path, error) from error
    return limited(content, path)


def stdin_bytes(stdin: Any) -> bytes | str:
    """Return the content of `stdin` (the process's own if it is None), up to just over the limit."""
    stream = stdin or sys.stdin
    if stream is None:
        raise UsageError(f"{STDIN}: is closed. Pass a file instead")
    if stdin is None:
        if _read == [stream]:
            raise UsageError(f"{STDIN}: can be read only once. Pass - once")
        _read[:] = [stream]
    try:
        content: bytes | str = getattr(stream, "buffer", stream).read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise unread(STDIN, error) from error
    return content


def file_bytes(path: str) -> bytes:
    """Return the content of a regular file, up to just over the limit; never wait for a device or a pipe."""
    refuse_irregular(path, os.stat(path).st_mode)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(descriptor, "rb") as file:
        refuse_irregular(path, os.fstat(descriptor).st_mode)  # the file may have changed since
        return file.read(LARGEST_FILE + 1)


def refuse_irregular(path: str, mode: int) -> None:
    """Raise UsageError for a folder, device, pipe or socket."""
    if stat.S_ISDIR(mode):
        raise UsageError(f"{escaped(path)}: is a folder, not a file")
    if not stat.S_ISREG(mode):
        raise UsageError(f"{escaped(path)}: is a device, pipe or socket, not a file. To read a pipe, pass -")


def limited(content: bytes | str, file: str) -> bytes | str:
    """Return `content`. Raises ProblemsError if it is above the limit."""
    if len(content) > LARGEST_FILE:
        raise UsageError(f"{escaped(file)}: is larger than {LARGEST_FILE >> 20} MiB, the maximum")
    return content


__all__ = [
    "STDIN",
    "Document",
    "Duplicate",
    "OddKey",
    "ProblemsError",
    "Surprise",
    "content_of",
    "read_file",
    "read_text",
]
