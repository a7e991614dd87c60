"""The objects of a cluster out of a stream: Workspaces, the workloads beside them, Services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kaito_pack.base.trees import Manifest, mapping
from kaito_pack.documents import read_file
from kaito_pack.kaito.fields import is_workspace

WORKLOADS = ("StatefulSet", "Deployment")  # KAITO up to 0.7 makes a Deployment


@dataclass(frozen=True, slots=True)
class ClusterObjects:
    """What was found, in the order of the stream; objects of other kinds are left out.

    `services` is None if no one looked for Services; `is_list` whether the stream was a List, so
    that an empty one is an answer and not a wrong file.
    """

    workspaces: tuple[Manifest, ...] = ()
    workloads: tuple[Mapping[str, Any], ...] = ()
    services: tuple[Manifest, ...] | None = None
    is_list: bool = False

    def workload_of(self, workspace: Manifest) -> Manifest | None:
        """Return the StatefulSet, else the Deployment, that KAITO made of a Workspace; None if unseen."""
        same = [item for item in self.workloads if _key(item) == _key(workspace)]
        return min(same, key=lambda item: WORKLOADS.index(item["kind"]), default=None)

    def services_beside(self, workspace: Manifest) -> tuple[Manifest, ...] | None:
        """Return the Services of a Workspace's namespace."""
        if self.services is None:
            return None
        return tuple(item for item in self.services if _key(item)[0] == _key(workspace)[0])

    def with_beside(self, beside: ClusterObjects) -> ClusterObjects:
        """These Workspaces with the workloads and Services of `beside`."""
        return ClusterObjects(self.workspaces, beside.workloads, beside.services or (), self.is_list)

    def only(self, namespace: str | None, name: str | None) -> ClusterObjects:
        """Return the same with the Workspaces of one namespace and name alone; None stands for any.

        An object without a namespace belongs to whichever is asked for, as with kubectl.
        """
        matching = tuple(
            item
            for item in self.workspaces
            if (namespace is None or _key(item)[0] in (None, namespace)) and name in (None, _key(item)[1])
        )
        return ClusterObjects(matching, self.workloads, self.services, self.is_list)


def read_objects(path: str) -> ClusterObjects:
    """Return the objects of a file, or of stdin where `path` is "-": one, a List, or many documents.

    Raises UsageError and ProblemsError as `documents.read_file` does.
    """
    return pick([document.value for document in read_file(path)])


def pick(values: Iterable[object]) -> ClusterObjects:
    """Return the objects among `values`, Lists unfolded."""
    values = list(values)
    objects = [item for value in values for item in _unfolded(value)]
    services = tuple(item for item in objects if item.get("kind") == "Service")
    return ClusterObjects(
        workspaces=tuple(item for item in objects if is_workspace(item)),
        workloads=tuple(item for item in objects if item.get("kind") in WORKLOADS),
        services=services or None,
        is_list=any(_is_list(mapping(value)) for value in values),
    )


def _unfolded(value: object) -> Iterator[Manifest]:
    if isinstance(value, list):
        for item in value:
            yield from _unfolded(item)
    elif isinstance(value, Mapping) and _is_list(value):
        for item in value["items"]:
            if isinstance(item, Mapping):
                yield item
    elif isinstance(value, Mapping):
        yield value


def _is_list(value: Mapping[str, Any]) -> bool:
    return str(value.get("kind")).endswith("List") and isinstance(value.get("items"), list)


def _key(item: Manifest) -> tuple[object, object]:
    metadata = mapping(item.get("metadata"))
    return metadata.get("namespace"), metadata.get("name")
