"""Determines the cluster that each file is checked for, from the fleet files among the inputs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from kaito_pack.base.problems import ProblemsError
from kaito_pack.pack import files as pack_files
from kaito_pack.run.scope import Scope
from kaito_pack.run.sources import Source, values_sources
from kaito_pack.run.targets import FleetEntry, read_fleet


@dataclass
class ClusterFiles:
    """The files that are checked for one cluster: its name in a fleet, or "" for files outside all fleets."""

    name: str
    scope: Scope
    sources: list[Source] = field(default_factory=list)


def is_fleet(source: Source) -> bool:
    """Return whether a file is a fleet file."""
    bodies = [document.value for document in source.documents]
    return any(
        isinstance(body, dict)
        and body.get("kind") == "Fleet"
        and body.get("apiVersion") == pack_files.API_VERSION
        for body in bodies
    )


def grouped(sources: Sequence[Source], scope: Scope, over: Callable[[Scope], Scope]) -> list[ClusterFiles]:
    """Return the files by the cluster that they are checked for; one group if no file is a fleet.

    A cluster of a fleet gets its values files, and the files of `sources` in its output folder. Files outside
    all clusters are checked for `scope`, except the layers of the targets, which are not complete values.
    `over` applies the command-line options to the scope of a cluster.
    """
    entries = [entry for source in sources if is_fleet(source) for entry in _entries(source, scope)]
    others, clusters, taken = ClusterFiles("", scope), [], set[str]()
    for entry, name in zip(entries, _names(entries), strict=True):
        read = values_sources(entry.values)
        clusters.append(ClusterFiles(name, over(entry.scope), read))
        taken |= {os.path.realpath(source.file) for source in read}
        taken |= {os.path.realpath(layer.document.file) for layer in entry.scope.below}
    for source in sources:
        path = os.path.realpath(source.file)
        if path not in taken:
            group = _owner(path, entries, clusters) or others
            group.sources.append(source)
    return [*([others] if others.sources or not clusters else []), *clusters]


def _entries(source: Source, scope: Scope) -> Sequence[FleetEntry]:
    """Return the clusters of a fleet file; empty if it is invalid, which another check reports."""
    if not os.path.exists(source.file):  # standard input: no folder for relative paths
        return ()
    try:
        return read_fleet(source.file, scope.pack)
    except ProblemsError:
        return ()


def _names(entries: Sequence[FleetEntry]) -> Iterator[str]:
    """Yield the name of each cluster, with its output folder if two fleets use the same name."""
    names = [entry.name for entry in entries]
    for entry in entries:
        yield entry.name if names.count(entry.name) == 1 else f"{entry.name} ({entry.out})"


def _owner(path: str, entries: Sequence[FleetEntry], clusters: Sequence[ClusterFiles]) -> ClusterFiles | None:
    """Return the cluster whose output folder contains a file."""
    for entry, group in zip(entries, clusters, strict=True):
        if path.startswith(os.path.join(os.path.realpath(entry.out), "")):
            return group
    return None
