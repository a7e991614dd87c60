"""Handles closed, full and broken standard streams: one line on stderr, no traceback."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import reason_of


def complete() -> None:
    """Replace each standard stream that the caller closed (`>&-`).

    Otherwise the next opened file would take its descriptor, and output would go to that file. Writing to a
    closed stdout fails as in any other program; output to a closed stderr is discarded.
    """
    for name, mode in (("stdin", os.O_RDONLY), ("stdout", os.O_RDONLY), ("stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, mode)
            setattr(sys, name, os.fdopen(handle, "r" if name == "stdin" else "w", encoding="utf-8"))


def failed(error: OSError) -> int:
    """Report that a stream could not be read or written; return the exit code."""
    if isinstance(error, BrokenPipeError):
        _drop_output()
        return 1
    where = f"{escaped(os.fsdecode(error.filename))}: " if error.filename else "output cannot be written: "
    with suppress(OSError):
        print(f"Error: {where}{reason_of(error)}", file=sys.stderr)
    _drop_output()
    return 2


def _drop_output() -> None:
    """Discard unwritten output, so that Python does not report an error at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
