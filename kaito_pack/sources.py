"""The files that a command is given: read once, folders searched, every failure kept with its file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from kaito_pack.documents import Document, read_file
from kaito_pack.problems import Problem, ProblemsError, UsageError, escaped

SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(slots=True)
class Source:
    """One file as it was read: its documents, or what is wrong with its text, or why it was not read."""

    file: str
    documents: Sequence[Document] = ()
    problems: list[Problem] = field(default_factory=list)
    unread: str | None = None


def read_sources(paths: Sequence[str]) -> list[Source]:
    """Every file that `paths` name, read once; folders are searched, `-` is stdin."""
    sources: list[Source] = []
    for path in paths:
        try:
            sources += map(_read, files_of(path))
        except UsageError as error:
            sources.append(Source(path, unread=str(error)))
    return sources


def _read(file: str) -> Source:
    try:
        documents = read_file(file)
        return Source(documents[0].file, documents)
    except UsageError as error:
        return Source(file, unread=str(error))
    except ProblemsError as error:
        return Source(file, problems=error.problems)


def files_of(path: str) -> Iterator[str]:
    """`path` itself, or the YAML and JSON files below it where it is a folder, hidden ones left out."""
    if not os.path.isdir(path):
        yield path
        return
    seen: set[str] = set()
    found = False
    for folder, folders, files in os.walk(path, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # a link that leads back up
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                found = True
                yield os.path.join(folder, name)
    if not found:
        raise UsageError(
            f"{escaped(path)}: no {', '.join('*' + suffix for suffix in SUFFIXES)} in this folder"
        )


def is_manifest(value: object) -> bool:
    return isinstance(value, dict) and ("apiVersion" in value or "kind" in value)


class Found(str):
    """The path of a file that a pattern has found: passed over where it is no values file."""


def values_sources(paths: Sequence[str]) -> list[Source]:
    """The values files that `paths` name: what else lies in a folder (manifests, targets) is passed over."""
    return list(each_values_source(paths))


def each_values_source(paths: Sequence[str]) -> Iterator[Source]:
    """The same one by one, so that no more than one need be in memory."""
    for path in paths:
        try:
            if os.path.isdir(path):
                yield from _values_below(path)
                continue
            source = _read(path)
            if not (isinstance(path, Found) and _is_other(source)):
                yield source
        except UsageError as error:
            yield Source(path, unread=str(error))


def _values_below(folder: str) -> Iterator[Source]:
    found = False
    for source in map(_read, files_of(folder)):
        if not _is_other(source):
            found = True
            yield source
    if not found:
        raise UsageError(f"{escaped(folder)}: no values file in this folder, only manifests")


def _is_other(source: Source) -> bool:
    return any(is_manifest(document.value) for document in source.documents)


def again(paths: Sequence[str]) -> Callable[[], Iterable[Source]]:
    """The values files that `paths` name, to be read more than once; stdin is kept, since it cannot be."""
    if "-" not in paths:
        return lambda: each_values_source(paths)
    sources = values_sources(paths)
    return lambda: sources
