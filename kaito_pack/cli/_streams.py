"""Standard streams that are closed, full, or whose reader has gone: one line on stderr, no traceback."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import reason_of


def complete() -> None:
    """Put something in the place of each stream that the caller closed (`>&-`).

    Else the next file that is opened takes its number, and what is printed lands in that file. Writing to a
    closed stdout fails as it does for any other program; no one reads what goes to a closed stderr.
    """
    for name, mode in (("stdin", os.O_RDONLY), ("stdout", os.O_RDONLY), ("stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, mode)
            setattr(sys, name, os.fdopen(handle, "r" if name == "stdin" else "w", encoding="utf-8"))


def failed(error: OSError) -> int:
    """Say that something could not be read or written; the exit code."""
    if isinstance(error, BrokenPipeError):
        _drop_output()
        return 1
    where = f"{escaped(os.fsdecode(error.filename))}: " if error.filename else "output cannot be written: "
    with suppress(OSError):
        print(f"Error: {where}{reason_of(error)}", file=sys.stderr)
    _drop_output()
    return 2


def _drop_output() -> None:
    """Forget what has not been written, so that Python does not complain at exit that it cannot be."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
