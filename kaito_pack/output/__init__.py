"""Writes files and trees of manifests atomically: a reader sees either the old or the new content."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import UsageError, reason_of
from kaito_pack.run.sources import SUFFIXES

TREE_PART = ".kaito-pack-tree-"  # name prefix of tree files while they are written
FILE_PART = ".kaito-pack-file-"
YOUNG_SECONDS = 60  # seconds within which another run may not have locked its file yet


def is_tree(out: str) -> bool:
    """Return whether `--out` is a folder: an existing one, or a new name without .yaml, .yml or .json."""
    if out.endswith(("/", os.sep)) or os.path.isdir(out):
        return True
    return not os.path.lexists(out) and not out.endswith(SUFFIXES)


def write_atomically(file: Path, text: str) -> None:
    """Write `text` to `file` in one step; keep its permissions and line ends.

    A symbolic link is followed, since the user named it; a device or a pipe is written directly. Raises
    UsageError if the file cannot be written.
    """
    try:
        if os.path.exists(file) and not stat.S_ISREG(os.stat(file).st_mode):
            with open(file, "wb") as stream:
                stream.write(text.encode())
            return
        path = os.path.realpath(file)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _sweep_files(os.path.dirname(path))
        there = read_bytes(path)
        if there is None or not same_text(there, text):
            _replace(path, text, there)
    except OSError as error:
        raise unwritten(str(file), error) from None


def _replace(path: str, text: str, there: bytes | None) -> None:
    part, handle = start(path, FILE_PART)
    try:
        _lock(handle)
        fill(handle, path, text, there)
        os.replace(part, path)
    except BaseException:
        remove_quietly(part)
        raise
    finally:
        os.close(handle)


def start(path: str, prefix: str) -> tuple[str, int]:
    """Return the name and handle of a new file beside `path`, with the default permissions there."""
    part = os.path.join(os.path.dirname(path), f"{prefix}{os.getpid()}-{os.urandom(6).hex()}")
    return part, os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)


def fill(handle: int, path: str, text: str, there: bytes | None) -> None:
    """Write `text` to the handle with the permissions of `path` and the line ends of `there`, its content."""
    content = text.encode()
    if there is not None:
        if b"\r\n" in there:
            content = content.replace(b"\n", b"\r\n")
        os.chmod(handle, stat.S_IMODE(os.stat(path).st_mode))
    while content:  # a write may be partial
        content = content[os.write(handle, content) :]


def same_text(there: bytes, text: str) -> bool:
    """Return whether a file's content is `text`, ignoring line ends."""
    content = text.encode()
    return there == content or there.replace(b"\r\n", b"\n") == content


def read_bytes(path: str) -> bytes | None:
    """Return the content of a file; None if it does not exist."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def unwritten(path: str, error: OSError) -> UsageError:
    """Return the error for a file that cannot be written, in one line."""
    return UsageError(f"{escaped(path)}: cannot be written: {reason_of(error)}")


def remove_quietly(path: str) -> None:
    """Remove a file that may not exist."""
    with suppress(OSError):
        os.unlink(path)


def parts(folder: str, prefix: str) -> Iterator[str]:
    """Return the temporary files in `folder` of other runs, including killed ones."""
    with os.scandir(folder) as entries:
        yield from (entry.path for entry in entries if entry.name.startswith(prefix))


def _sweep_files(folder: str) -> None:
    """Remove temporary files of killed runs: a running one holds the lock of its file."""
    for path in parts(folder, FILE_PART):
        try:
            if time.time() - os.lstat(path).st_mtime < YOUNG_SECONDS:
                continue
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except OSError:
            continue
        if _lock(handle):
            remove_quietly(path)
        os.close(handle)


def _lock(handle: int) -> bool:
    """Lock an open file; False if another process holds the lock, or the file system has no locks."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True
