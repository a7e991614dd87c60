"""A progress bar for long runs, only on a terminal, on stderr because stdout is for data."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from kaito_pack.run.processes import processes_for

MANY = 50  # minimum number of files for a bar


@contextmanager
def bar(files: int, label: str, steps: int = 1, is_shared: bool = True) -> Iterator[Callable[[], None]]:
    """Show a bar while `files` files are read; any process calls the yielded function after each step.

    `is_shared`: several processes share the work, as they do with many files.
    """
    if files < MANY or not sys.stderr.isatty():
        yield _nothing
        return
    # All processes do about the same amount of work, so this process represents all.
    share, ours = -(-files // (processes_for(files) if is_shared else 1)), os.getpid()
    with click.progressbar(length=share * steps, label=label, file=sys.stderr) as shown:
        yield lambda: shown.update(1) if os.getpid() == ours else None


def _nothing() -> None:
    pass
