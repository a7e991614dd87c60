"""Opens files of packs. A pack may come from a stranger, so no file outside its folder is read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from kaito_pack.base.derived import depends_on
from kaito_pack.base.display import escaped
from kaito_pack.base.problems import PackError, reason_of
from kaito_pack.base.root import ROOT

LARGEST = 4 << 20  # bytes per file of a pack


def read_text(folder: Path, name: str) -> str:
    """Return the text of the file `name` of the pack in `folder`, or of one of its folders.

    Raises PackError if it is not a regular file inside `folder` after links are resolved, is larger than
    LARGEST, cannot be read, or is not UTF-8.
    """
    try:
        return read_bytes(folder, name).decode("utf-8")
    except UnicodeDecodeError:
        raise PackError(f"{escaped(str(folder / name))}: not UTF-8 text") from None


def read_bytes(folder: Path, name: str) -> bytes:
    """Return the content of a file; see `read_text`."""
    file = folder / name
    shown_file = escaped(str(file))
    if not is_inside(file, folder):
        raise PackError(f"{shown_file}: points outside the pack. Replace it by a regular file")
    try:
        # Check the open file, since the file behind a name can change. O_NONBLOCK avoids blocking on a FIFO.
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise PackError(f"{shown_file}: not a regular file")
            with os.fdopen(handle, "rb", closefd=False) as stream:
                content = stream.read(LARGEST + 1)
        finally:
            os.close(handle)
    except OSError as error:
        raise PackError(f"{shown_file}: cannot be read: {reason_of(error)}") from None
    if len(content) > LARGEST:
        raise PackError(f"{shown_file}: larger than {LARGEST >> 20} MiB")
    depends_on(file)
    return content


def is_inside(file: Path, folder: Path) -> bool:
    """Return whether `file` is below `folder` after links are resolved; the pack's own folder is trusted."""
    return folder.is_relative_to(ROOT) or file.resolve().is_relative_to(folder.resolve())
