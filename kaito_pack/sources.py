"""The files that a command is given: read once, folders searched, every failure kept with its file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kaito_pack.documents import Document, read_file
from kaito_pack.problems import Problem, ProblemsError, UsageError, escaped
from kaito_pack.wrapping import is_wrapped

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


def is_foreign(value: object) -> bool:
    """Whether a document of a folder is of no concern to who looks for values."""
    return is_manifest(value) and not is_wrapped(value)


def values_sources(paths: Sequence[str]) -> list[Source]:
    """The values files that `paths` name: what else lies in a folder (manifests, targets) is passed over."""
    found = []
    for path in paths:
        is_folder = os.path.isdir(path)
        for source in read_sources([path]):
            if not (is_folder and any(is_foreign(document.value) for document in source.documents)):
                found.append(source)
    return found
