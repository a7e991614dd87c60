"""A progress bar for long runs: on a terminal alone, and on stderr, so that stdout stays data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

import click

from kaito_pack.problems import UsageError
from kaito_pack.sources import Source, again, files_of

MANY = 50  # files from which on a bar is drawn


def with_bar(paths: Sequence[str], label: str = "rendering") -> Callable[[], Iterable[Source]]:
    """The values files that `paths` name, to be read one by one, with a bar that follows."""
    sources = again(paths)
    if not sys.stderr.isatty():
        return sources
    files = sum(map(_count, paths))
    return sources if files < MANY else lambda: _followed(sources(), files, label)


def _count(path: str) -> int:
    try:
        return 1 if path == "-" else sum(1 for _ in files_of(path))
    except UsageError:
        return 0  # an empty folder, which the reader tells of


def _followed(sources: Iterable[Source], files: int, label: str) -> Iterator[Source]:
    with click.progressbar(length=files, label=label, file=sys.stderr) as bar:
        for source in sources:
            yield source
            bar.update(1)
