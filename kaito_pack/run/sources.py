"""The files that a command gets, each read once; folders are searched, errors are kept per file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NoReturn, TypeGuard

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import Problem, ProblemsError, UsageError, unread
from kaito_pack.base.records import NamedTuple, Protocol, Slotted
from kaito_pack.documents import Document, read_file
from kaito_pack.documents.near import SUFFIXES as SUFFIXES
from kaito_pack.values.meanings import MODE
from kaito_pack.values.wrapping import is_wrapped


class EmptyFolder(UsageError):
    """A folder without any file that could contain values."""


class Source(Slotted):
    """A file with its documents, or the problems of its text, or the reason why it was not read."""

    __slots__ = ("documents", "file", "problems", "unread")

    def __init__(
        self,
        file: str,
        documents: Sequence[Document] = (),
        problems: list[Problem] | None = None,
        unread: str | None = None,
    ) -> None:
        self.file, self.documents, self.unread = file, documents, unread
        self.problems = [] if problems is None else problems


def read_sources(paths: Sequence[str]) -> list[Source]:
    """Return every file that `paths` name, read once; folders are searched, `-` is stdin."""
    return [file.opened() for file in listed_files(paths)]


def listed_files(paths: Sequence[str]) -> list[Named]:
    """Return every file that `paths` name, unread; a folder that cannot be searched has a `source`."""
    files: list[Named] = []
    for path in paths:
        try:
            files += map(Named, files_of(path))
        except UsageError as error:
            files.append(Named(path, source=Source(path, unread=str(error))))
    return files


def _read(file: str) -> Source:
    try:
        documents = read_file(file)
        return Source(documents[0].file, documents)
    except UsageError as error:
        return Source(file, unread=str(error))
    except ProblemsError as error:
        return Source(file, problems=error.problems)


def files_of(path: str) -> Iterator[str]:
    """Yield `path` itself or, for a folder, the YAML and JSON files below it, except hidden ones."""
    if not os.path.isdir(path):
        yield path
        return
    seen: set[str] = set()
    has_files = False
    for folder, folders, files in os.walk(path, onerror=_unreadable, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # a link to a parent folder
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                has_files = True
                yield os.path.join(folder, name)
    if not has_files:
        raise EmptyFolder(
            f"{escaped(path)}: no {', '.join('*' + suffix for suffix in SUFFIXES)} in this folder"
        )


def _unreadable(error: OSError) -> NoReturn:
    """Raise UsageError for an unreadable folder: skipping it would cause its manifests to be pruned."""
    raise unread(error.filename, error)


class Read(Protocol):
    """Any result of reading a file."""

    @property
    def file(self) -> str:
        """The name of the file."""


def is_manifest(value: object) -> TypeGuard[dict[str, object]]:
    """Return whether a document claims, at least in part, to be a Kubernetes object."""
    return isinstance(value, dict) and ("apiVersion" in value or "kind" in value)


def is_foreign(value: object) -> bool:
    """Return whether a document in a folder is irrelevant to commands that read values.

    Values with a stray field of a manifest are relevant: if skipped, their manifests would be pruned.
    """
    return is_manifest(value) and not is_wrapped(value) and MODE not in value


class Named(NamedTuple):
    """An unread file of a run, given by its name or found `among` those of a folder or pattern.

    Input that cannot be read twice, or at all, has a `source` from the start.
    """

    file: str
    among: str = ""
    source: Source | None = None

    def opened(self) -> Source:
        """Return the file's documents, of any kind."""
        return self.source or _read(self.file)

    def read(self) -> Source | None:
        """Return the file's documents; None for a file of a folder without values (manifest, target)."""
        source = self.opened()
        is_other = self.among and any(is_foreign(document.value) for document in source.documents)
        return None if is_other else source


def named_files(paths: Sequence[str]) -> list[Named]:
    """Return the files that `paths` name, each once, with folders searched; only stdin is read."""
    files: list[Named] = []
    for path in paths:
        try:
            if os.path.isdir(path):
                files += [Named(file, path) for file in files_of(path)]
            else:
                files.append(Named(path, source=_read(path) if path == "-" else None))
        except UsageError as error:
            files.append(Named(path, source=Source(path, unread=str(error))))
    if len(paths) < 2:
        return files
    once: dict[str, Named] = {}
    for named in files:
        # A file that is named in addition to its folder is expected to contain values.
        if (where := os.path.abspath(named.file)) not in once or not named.among:
            once[where] = named
    return list(once.values())


def fruitless(files: Sequence[Named], read: Sequence[Read]) -> Iterator[tuple[str, str]]:
    """Yield each folder and pattern without a values file among the `read` ones, and its message."""
    known = {each.file for each in read}
    good = {file.among for file in files if file.file in known}
    for among in dict.fromkeys(file.among for file in files if file.among and file.among not in good):
        yield among, f"{escaped(among)}: contains no values file, only manifests or other files"


def values_sources(paths: Sequence[str] | Sequence[Named]) -> list[Source]:
    """Return the values files that `paths` name, read; other files of a folder are skipped."""
    names = [path for path in paths if isinstance(path, str)]
    files = [*named_files(names), *(path for path in paths if not isinstance(path, str))]
    sources = [source for file in files if (source := file.read()) is not None]
    return sources + [Source(among, unread=reason) for among, reason in fruitless(files, sources)]
