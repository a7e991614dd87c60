"""Target and fleet files: what they say of clusters, with all paths resolved from their own folder."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kaito_pack import pack_files
from kaito_pack.documents import Document, read_file
from kaito_pack.kubernetes import definitions
from kaito_pack.layers import Layer
from kaito_pack.pack import Pack
from kaito_pack.problems import Path, ProblemsError, UsageError, escaped, shown
from kaito_pack.rules import problem
from kaito_pack.target import Target


@dataclass(frozen=True)
class TargetFile:
    """What a target file says: the cluster, and the layers that lie under every values file."""

    target: Target
    layers: Sequence[Layer]


@dataclass(frozen=True)
class Cluster:
    """One entry of a fleet: its name, target, the values files it gets, and its output folder."""

    name: str
    of: TargetFile
    values: Sequence[str]
    out: str


def read_target(file: str, pack: Pack) -> TargetFile:
    """What the target file says. UsageError where it cannot be read, ProblemsError where it is wrong."""
    document = _checked(file, "Target")
    said: Mapping[str, Any] = document.value
    try:
        kaito = pack.kaito_version(said["kaitoVersion"])
        kubernetes = definitions.version(said.get("kubernetesVersion"))
    except UsageError as error:
        raise UsageError(f"{escaped(file)}: {error}") from None
    target = Target(
        kaito,
        kubernetes,
        said.get("nodeProvisioning"),
        said.get("cloud", "azure"),
        said.get("gpuMemoryGiB"),
        tuple(_beside(file, path) for path in said.get("catalogues", ())),
    )
    layers = [
        Layer(one, "layer") for path in said.get("layers", ()) for one in read_layer(_beside(file, path))
    ]
    if "namespace" in said:
        # The values schema's default is what this replaces, so it lies under everything else.
        layers.insert(0, Layer(replace(document, value={"namespace": said["namespace"]}), "target"))
    return TargetFile(target, layers)


def read_layer(file: str) -> list[Document]:
    """The one document of a layer file."""
    documents = read_file(file)
    if len(documents) > 1:
        raise ProblemsError([problem("values/several-documents", (), documents[1].place(()))])
    return documents


def read_fleet(file: str, pack: Pack) -> list[Cluster]:
    """The clusters of a fleet file; every problem of it and of its targets at once."""
    document = _checked(file, "Fleet")
    clusters: list[Cluster] = []
    problems = list(_collisions(document, file))
    for index, said in enumerate(document.value["targets"]):
        path: Path = ("targets", index)
        try:
            of = read_target(_beside(file, said["target"]), pack)
        except ProblemsError as error:
            problems += error.problems
            continue
        values = []
        for at, pattern in enumerate(said["values"]):
            found = _matches(_beside(file, pattern))
            if not found:
                place = document.place((*path, "values", at))
                problems.append(
                    problem("pack-file/no-values", (*path, "values", at), place, pattern=shown(pattern))
                )
            values += found
        clusters.append(Cluster(said["name"], of, list(dict.fromkeys(values)), _beside(file, said["out"])))
    if problems:
        raise ProblemsError(problems)
    return clusters


def _checked(file: str, kind: str) -> Document:
    document = pack_files.read(file)
    problems = list(pack_files.check_file(document, kind))
    if problems:
        raise ProblemsError(problems)
    return document


def _collisions(document: Document, file: str) -> list[Any]:
    """Two entries of one name, or with output folders that are one or lie in each other."""
    found = []
    seen: list[tuple[str, str]] = []
    for index, said in enumerate(document.value["targets"]):
        out = os.path.normpath(_beside(file, said["out"]))
        for name, other in seen:
            if name == said["name"]:
                path: Path = ("targets", index, "name")
                found.append(problem("pack-file/name-twice", path, document.place(path), name=shown(name)))
            if os.path.commonpath([os.path.abspath(out), os.path.abspath(other)]) in (
                os.path.abspath(out),
                os.path.abspath(other),
            ):
                path = ("targets", index, "out")
                facts = {"out": shown(said["out"]), "name": name}
                found.append(problem("pack-file/out-shared", path, document.place(path), **facts))
        seen.append((said["name"], out))
    return found


def _matches(pattern: str) -> list[str]:
    if glob.has_magic(pattern):
        return sorted(glob.glob(pattern, recursive=True))
    return [pattern] if os.path.exists(pattern) else []


def _beside(file: str, path: str) -> str:
    return os.path.join(os.path.dirname(file), path)
