"""Writes manifests to a single file, but not over an input, nor through a link over a foreign file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import UsageError
from kaito_pack.output import unwritten, write_atomically

BEGINNING = 65_536  # bytes at the start of a file in which a manifest has its apiVersion


def write(file: str, text: str, inputs: Iterable[str]) -> None:
    """Write manifests to `file`. Raises UsageError if it is one of `inputs`, or cannot be written.

    A symbolic link is followed, as in a shell, to a file that is missing, empty or contains manifests.
    """
    try:
        status = os.stat(file)
    except FileNotFoundError:
        status = None
    except OSError as error:
        raise unwritten(file, error) from None
    if status is not None and stat.S_ISREG(status.st_mode):
        if any(os.path.exists(name) and os.path.samestat(status, os.stat(name)) for name in inputs):
            raise UsageError(f"{escaped(file)}: is an input of this run. Choose another --out")
        if os.path.islink(file) and status.st_size and not _has_manifests(file):
            raise UsageError(
                f"{escaped(file)}: is a symbolic link to a file without manifests. "
                "Remove the link, or pass the file itself as --out"
            )
    write_atomically(Path(file), text)


def _has_manifests(file: str) -> bool:
    try:
        with open(file, "rb") as stream:
            return b"apiVersion" in stream.read(BEGINNING)
    except OSError as error:
        raise unwritten(file, error) from None
