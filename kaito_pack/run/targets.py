"""Reads target and fleet files, and resolves all paths relative to the file's folder."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from kaito_pack.base.display import escaped, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem, ProblemsError, UsageError
from kaito_pack.base.trees import Fields, get
from kaito_pack.documents import Document, read_file
from kaito_pack.facts.checks import rule
from kaito_pack.facts.mutes import FIELD as IGNORED
from kaito_pack.facts.mutes import read_mutes
from kaito_pack.facts.rules import problem
from kaito_pack.kaito.target import Nodes, Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Pack
from kaito_pack.pack import files as pack_files
from kaito_pack.run.scope import Scope
from kaito_pack.run.sources import EmptyFolder, Named, files_of
from kaito_pack.values.layers import Layer
from kaito_pack.values.wrapping import unwrapped

T = TypeVar("T")


@dataclass(frozen=True)
class FleetEntry:
    """One entry of a fleet: its name, its target, its values files, and its output folder."""

    name: str
    scope: Scope
    values: Sequence[Named]
    out: str


def read_target(file: str, pack: Pack) -> Scope:
    """Return the scope of a target file. Raises UsageError if unreadable, ProblemsError if invalid."""
    document = _checked(file, "Target")
    fields: Fields = document.value
    problems = list(_unknown_versions(document, pack))
    layers = [
        Layer(layer, "the target's layer")
        for path, name in _named(document, "layers", file)
        for layer in _read(problems, document, path, read_layer, name) or ()
    ]
    catalogues = dict(_named(document, "catalogues", file))
    for path, catalogue in catalogues.items():
        _read(problems, document, path, read_file, catalogue)
    mutes, wrong = read_mutes(fields.get(IGNORED), document.place)
    problems += wrong
    if problems:
        raise ProblemsError(problems)
    target = Target(
        fields["kaitoVersion"],
        fields.get("kubernetesVersion", definitions.newest()),
        fields.get("nodeProvisioning"),
        fields.get("cloud", "azure"),
        fields.get("gpuMemoryGiB"),
        tuple(catalogues.values()),
        tuple(fields.get("featureGates", {}).items()),
        tuple(fields.get("configMaps", ())),
        _nodes(fields),
        tuple(mutes),
        fields.get("context", ""),
    )
    if "namespace" in fields:
        # It replaces the default of the values schema, so it is the lowest layer.
        named = Document(document.file, document.number, {"namespace": fields["namespace"]}, document.root)
        layers.insert(0, Layer(named, "target"))
    return Scope(pack, target, layers)


def _nodes(fields: Fields) -> tuple[Nodes, ...] | None:
    """Return the existing nodes that a target lists; None if it lists none."""
    if "nodes" not in fields:
        return None
    return tuple(
        Nodes(
            tuple(nodes["labels"].items()),
            nodes.get("count", 1),
            nodes.get("gpus", 0),
            nodes.get("gpuMemoryGiB", 0),
        )
        for nodes in fields["nodes"]
    )


@rule("values/pack-file-not-a-choice", on="shared")
def _unknown_versions(document: Document, pack: Pack) -> Iterator[Problem]:
    """Yield a problem for each version of KAITO or Kubernetes that the pack does not support."""
    known = {"kaitoVersion": pack.kaito_versions, "kubernetesVersion": definitions.versions()}
    for field, versions in known.items():
        version = document.value.get(field)
        if version is not None and version not in versions:
            facts = {"value": shown(version), "choices": ", ".join(versions)}
            yield problem("values/pack-file-not-a-choice", (field,), document.place((field,)), **facts)


def _named(document: Document, field: str, file: str) -> Iterator[tuple[FieldPath, str]]:
    """Yield the files that a field of a target lists, with their paths in the document."""
    for index, name in enumerate(document.value.get(field, ())):
        yield (field, index), _beside(file, name)


@rule("values/pack-file-unreadable", on="part")
def _read(
    problems: list[Problem], document: Document, path: FieldPath, read: Callable[..., T], *arguments: Any
) -> T | None:
    """Return the result of `read`; if a file cannot be read, add a problem at its line and return None."""
    try:
        return read(*arguments)
    except UsageError as error:
        place = document.place(path)
        problems.append(problem("values/pack-file-unreadable", path, place, reason=str(error)))
    except ProblemsError as error:
        problems += error.problems
    return None


@rule("values/file-empty", "values/several-documents", on="shared")
def read_layer(file: str) -> list[Document]:
    """Return the only document of a layer file; empty if the file is empty, as in Helm."""
    try:
        documents = read_file(file)
    except ProblemsError as error:
        if [each.rule for each in error.problems] == ["values/file-empty"]:
            return []
        raise
    if len(documents) > 1:
        raise ProblemsError([problem("values/several-documents", (), documents[1].place(()))])
    return [unwrapped(documents[0])]


def read_fleet(file: str, pack: Pack) -> list[FleetEntry]:
    """Return the entries of a fleet file. Raises ProblemsError with all problems of it and of its targets."""
    document = _checked(file, "Fleet")
    entries: list[FleetEntry] = []
    problems = list(_collisions(document, file))
    mutes, wrong = read_mutes(document.value.get(IGNORED), document.place)
    problems += wrong
    for index, fields in enumerate(document.value["targets"]):
        path: FieldPath = ("targets", index)
        target_file = _beside(file, fields["target"])
        scope = _read(problems, document, (*path, "target"), read_target, target_file, pack)
        values = _values_files(document, path, file, problems)
        if scope is not None:
            # Without a context, use the name: kubectl then fails instead of changing another cluster.
            context = fields.get("context") or scope.target.context or fields["name"]
            target = scope.target._replace(mutes=(*scope.target.mutes, *mutes), context=context)
            scope = scope._replace(target=target)
            entries.append(FleetEntry(fields["name"], scope, values, _beside(file, fields["out"])))
    if problems:
        raise ProblemsError(problems)
    return entries


@rule("values/pack-file-no-values", on="part")
def _values_files(document: Document, path: FieldPath, file: str, problems: list[Problem]) -> list[Named]:
    """Return the files that the entry's patterns match, each once; a pattern without files is a problem."""
    files: dict[str, Named] = {}
    for index, pattern in enumerate(get(document.value, path)["values"]):
        matches = list(_matches(file, pattern))
        if not matches:
            place = document.place((*path, "values", index))
            facts = {"pattern": shown(pattern)}
            problems.append(problem("values/pack-file-no-values", (*path, "values", index), place, **facts))
        for match in matches:
            files.setdefault(os.path.realpath(match.file), match)
    return list(files.values())


def _checked(file: str, kind: str) -> Document:
    document = pack_files.read(file)
    problems = list(pack_files.check_file(document, kind))
    if problems:
        raise ProblemsError(problems)
    return document


@rule("values/pack-file-name-twice", "values/pack-file-out-shared", on="part")
def _collisions(document: Document, file: str) -> Iterator[Problem]:
    """Yield a problem for entries with the same name, or with equal or nested output folders."""
    names: set[str] = set()
    targets: list[Mapping[str, str]] = document.value["targets"]
    shared = _shared([os.path.realpath(_beside(file, fields["out"])) for fields in targets])
    for index, fields in enumerate(targets):
        if (name := fields["name"]) in names:
            path: FieldPath = ("targets", index, "name")
            yield problem("values/pack-file-name-twice", path, document.place(path), name=shown(name))
        names.add(name)
        if index in shared:
            path = ("targets", index, "out")
            facts = {"out": shown(fields["out"]), "name": targets[shared[index]]["name"]}
            yield problem("values/pack-file-out-shared", path, document.place(path), **facts)


def _shared(folders: Sequence[str]) -> Mapping[int, int]:
    """Return, for each folder that is equal to, inside or around an earlier one, the index of that one."""
    # Sorting places a folder directly before its content.
    keys = sorted((folder.rstrip(os.sep).replace(os.sep, "\0") + "\0", i) for i, folder in enumerate(folders))
    around: list[tuple[str, int]] = []
    shared: dict[int, int] = {}
    for key, index in keys:
        while around and not key.startswith(around[-1][0]):
            around.pop()
        if around:
            earlier, later = sorted((around[-1][1], index))
            shared[later] = min(earlier, shared.get(later, earlier))
        around.append((key, index))
    return shared


def _matches(file: str, pattern: str) -> Iterator[Named]:
    """Yield the files that a pattern, a folder or a name matches, relative to the folder of `file`."""
    path = _beside(file, pattern)
    if os.path.isfile(path):
        yield Named(path)
        return
    # An existing folder is not a pattern, nor is the fleet's own, whatever characters their names contain.
    pattern = re.sub(r"(?:\*\*/)+(?=\*\*)", "", pattern)  # the same files, without searching folders twice
    search = _beside(glob.escape(file), pattern) if not os.path.isdir(path) else glob.escape(path)
    _refuse_unreadable(search)
    for match in sorted(glob.glob(search, recursive=True)):
        try:
            yield from (Named(name, path) for name in files_of(match))
        except EmptyFolder:
            continue  # a matching folder without YAML


def _refuse_unreadable(pattern: str) -> None:
    """Raise UsageError for a folder that `glob` would skip silently: its manifests would be pruned."""
    parent = os.path.dirname(pattern)
    if glob.has_magic(parent):
        _refuse_unreadable(parent)
    for folder in glob.glob(parent or ".", recursive=True):
        if os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK):
            raise UsageError(f"{escaped(folder)}: cannot be read: permission denied")


def _beside(file: str, path: str) -> str:
    """Return a path relative to the folder of `file`; without `..` unless a link changes its meaning."""
    path = os.path.join(os.path.dirname(file), path)
    short = os.path.normpath(path)
    return short if os.path.realpath(short) == os.path.realpath(path) else path
