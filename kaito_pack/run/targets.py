"""Target and fleet files: what they say of clusters, with all paths resolved from their own folder."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from kaito_pack.base.display import escaped, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem, ProblemsError, UsageError
from kaito_pack.documents import Document, read_file
from kaito_pack.facts.rules import problem
from kaito_pack.kaito.target import Nodes, Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Pack
from kaito_pack.pack import files as pack_files
from kaito_pack.run.sources import EmptyFolder, Named, files_of
from kaito_pack.values.layers import Layer
from kaito_pack.values.wrapping import unwrapped

T = TypeVar("T")


@dataclass(frozen=True)
class TargetFile:
    """What a target file says: the cluster, and the layers that lie under every values file."""

    target: Target
    layers: Sequence[Layer]


@dataclass(frozen=True)
class FleetEntry:
    """One entry of a fleet: its name, target, the values files it gets, and its output folder."""

    name: str
    of: TargetFile
    values: Sequence[Named]
    out: str


def read_target(file: str, pack: Pack) -> TargetFile:
    """What the target file says. UsageError where it cannot be read, ProblemsError where it is wrong."""
    document = _checked(file, "Target")
    said: Mapping[str, Any] = document.value
    problems = list(_unknown_versions(document, pack))
    layers = [
        Layer(one, "the target's layer")
        for path, layer in _named(document, "layers", file)
        for one in _or_told(problems, document, path, read_layer, layer) or ()
    ]
    catalogues = dict(_named(document, "catalogues", file))
    for path, catalogue in catalogues.items():
        _or_told(problems, document, path, read_file, catalogue)
    if problems:
        raise ProblemsError(problems)
    target = Target(
        said["kaitoVersion"],
        said.get("kubernetesVersion", definitions.newest()),
        said.get("nodeProvisioning"),
        said.get("cloud", "azure"),
        said.get("gpuMemoryGiB"),
        tuple(catalogues.values()),
        tuple(said.get("featureGates", {}).items()),
        tuple(said.get("configMaps", ())),
        _nodes(said),
    )
    if "namespace" in said:
        # The values schema's default is what this replaces, so it lies under everything else.
        layers.insert(0, Layer(replace(document, value={"namespace": said["namespace"]}), "target"))
    return TargetFile(target, layers)


def _nodes(fields: Mapping[str, Any]) -> tuple[Nodes, ...] | None:
    """The existing nodes that a target lists; None if it lists none."""
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


def _unknown_versions(document: Document, pack: Pack) -> Iterator[Problem]:
    """A version of KAITO or Kubernetes that the pack cannot judge for."""
    known = {"kaitoVersion": pack.kaito_versions, "kubernetesVersion": definitions.versions()}
    for field, versions in known.items():
        said = document.value.get(field)
        if said is not None and said not in versions:
            facts = {"value": shown(said), "choices": ", ".join(versions)}
            yield problem("values/pack-file-not-a-choice", (field,), document.place((field,)), **facts)


def _named(document: Document, field: str, file: str) -> Iterator[tuple[FieldPath, str]]:
    """The files that a field of a target lists, by where they stand in it."""
    for index, name in enumerate(document.value.get(field, ())):
        yield (field, index), _beside(file, name)


def _or_told(
    problems: list[Problem], document: Document, path: FieldPath, read: Callable[..., T], *arguments: Any
) -> T | None:
    """What `read` gives; where a file cannot be read, a problem at the line that names it."""
    try:
        return read(*arguments)
    except UsageError as error:
        place = document.place(path)
        problems.append(problem("values/pack-file-unreadable", path, place, reason=str(error)))
    except ProblemsError as error:
        problems += error.problems
    return None


def read_layer(file: str) -> list[Document]:
    """The one document of a layer file; none where it has nothing to say yet, as Helm takes it."""
    try:
        documents = read_file(file)
    except ProblemsError as error:
        if [one.rule for one in error.problems] == ["values/file-empty"]:
            return []
        raise
    if len(documents) > 1:
        raise ProblemsError([problem("values/several-documents", (), documents[1].place(()))])
    return [unwrapped(documents[0])]


def read_fleet(file: str, pack: Pack) -> list[FleetEntry]:
    """The clusters of a fleet file; every problem of it and of its targets at once."""
    document = _checked(file, "Fleet")
    clusters: list[FleetEntry] = []
    problems = list(_collisions(document, file))
    for index, said in enumerate(document.value["targets"]):
        path: FieldPath = ("targets", index)
        target = _beside(file, said["target"])
        of = _or_told(problems, document, (*path, "target"), read_target, target, pack)
        values: dict[str, Named] = {}
        for at, pattern in enumerate(said["values"]):
            found = list(_matches(file, pattern))
            if not found:
                here: FieldPath = (*path, "values", at)
                problems.append(
                    problem("values/pack-file-no-values", here, document.place(here), pattern=shown(pattern))
                )
            for one in found:
                values.setdefault(os.path.realpath(one.file), one)
        if of is not None:
            clusters.append(FleetEntry(said["name"], of, list(values.values()), _beside(file, said["out"])))
    if problems:
        raise ProblemsError(problems)
    return clusters


def _checked(file: str, kind: str) -> Document:
    document = pack_files.read(file)
    problems = list(pack_files.check_file(document, kind))
    if problems:
        raise ProblemsError(problems)
    return document


def _collisions(document: Document, file: str) -> Iterator[Problem]:
    """Two entries of one name, or with output folders that are one or lie in each other."""
    seen: list[tuple[str, str]] = []
    for index, said in enumerate(document.value["targets"]):
        out = os.path.realpath(_beside(file, said["out"]))
        for name, other in seen:
            if name == said["name"]:
                path: FieldPath = ("targets", index, "name")
                yield problem("values/pack-file-name-twice", path, document.place(path), name=shown(name))
            if os.path.commonpath([out, other]) in (out, other):
                path = ("targets", index, "out")
                facts = {"out": shown(said["out"]), "name": name}
                yield problem("values/pack-file-out-shared", path, document.place(path), **facts)
        seen.append((said["name"], out))


def _matches(file: str, pattern: str) -> Iterator[Named]:
    """The files that a pattern, a folder or a name finds, from the folder of `file`."""
    path = _beside(file, pattern)
    if os.path.isfile(path):
        yield Named(path)
        return
    # A folder that is there is no pattern, nor is the fleet's own, whatever stands in their names.
    search = _beside(glob.escape(file), pattern) if not os.path.isdir(path) else glob.escape(path)
    _refuse_unreadable(search)
    for found in sorted(glob.glob(search, recursive=True)):
        try:
            yield from (Named(one, path) for one in files_of(found))
        except EmptyFolder:
            continue  # a folder without YAML among what the pattern finds


def _refuse_unreadable(pattern: str) -> None:
    """UsageError for a folder that `glob` would pass over without a word, and what it renders to pruned."""
    above = os.path.dirname(pattern)
    if glob.has_magic(above):
        _refuse_unreadable(above)
    for folder in glob.glob(above or ".", recursive=True):
        if os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK):
            raise UsageError(f"{escaped(folder)}: cannot be read: permission denied")


def _beside(file: str, path: str) -> str:
    """A path from the folder of `file`; without `..` where no link makes that another place."""
    path = os.path.join(os.path.dirname(file), path)
    short = os.path.normpath(path)
    return short if os.path.realpath(short) == os.path.realpath(path) else path
