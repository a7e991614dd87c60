"""Reads cluster objects from a stream: Workspaces and their workloads, pods and Services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from kaito_pack.base.trees import Fields, Manifest, mapping, sequence, text
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.workspace.inference_sets import CREATED_BY, is_inference_set
from kaito_pack.workspace.labels import WORKSPACE_LABEL

WORKLOADS = ("StatefulSet", "Deployment")  # KAITO up to 0.7 creates a Deployment
Key = tuple[str, str]  # namespace and name; "" if absent


@dataclass(frozen=True)
class ClusterObjects:
    """The objects of a stream in order, without objects of other kinds.

    `services` is None if Services were not read. `is_list`: the stream was a List, so an empty result is
    valid and not a wrong file.
    """

    workspaces: tuple[Manifest, ...] = ()
    inference_sets: tuple[Manifest, ...] = ()
    workloads: tuple[Manifest, ...] = ()
    pods: tuple[Manifest, ...] = ()
    services: tuple[Manifest, ...] | None = None
    is_list: bool = False

    def workload_of(self, workspace: Manifest) -> Manifest | None:
        """Return the StatefulSet, else the Deployment, that KAITO created for a Workspace; None if unseen."""
        return self._workloads.get(_key(workspace))

    def pods_of(self, workspace: Manifest) -> tuple[Manifest, ...]:
        """Return the pods of a Workspace: those with its label or owned by its StatefulSet or Job."""
        return tuple(self._pods.get(_key(workspace), ()))

    def workspaces_of(self, inference_set: Manifest) -> tuple[Manifest, ...]:
        """Return the Workspaces that KAITO created for an InferenceSet, by their label."""
        return tuple(self._of_sets.get(_key(inference_set), ()))

    @property
    def has_created(self) -> bool:
        """Whether KAITO created one of the Workspaces for an InferenceSet."""
        return any(_set_of(item) for item in self.workspaces)

    @property
    def own_workspaces(self) -> tuple[Manifest, ...]:
        """The Workspaces that belong to no InferenceSet of the stream."""
        sets = {_key(item) for item in self.inference_sets}
        return tuple(item for item in self.workspaces if (_key(item)[0], _set_of(item)) not in sets)

    def services_beside(self, namespace: str | None) -> frozenset[str] | None:
        """Return the names of the Services in a namespace; None if Services were not read."""
        return None if self.services is None else self._services.get(namespace or "", frozenset())

    def with_beside(self, beside: ClusterObjects) -> ClusterObjects:
        """Return these Workspaces with the workloads and Services of `beside`."""
        return replace(self, workloads=beside.workloads, services=beside.services or ())

    def only(self, namespace: str | None, name: str | None) -> ClusterObjects:
        """Return a copy with only the Workspaces of one namespace and name; None means any.

        An object without a namespace matches any namespace, as with kubectl.
        """

        def is_meant(item: Manifest) -> bool:
            is_near = namespace is None or _key(item)[0] in ("", namespace)
            return is_near and name in (None, _key(item)[1], _set_of(item))

        sets = tuple(item for item in self.inference_sets if is_meant(item))
        return replace(self, workspaces=tuple(filter(is_meant, self.workspaces)), inference_sets=sets)

    @cached_property
    def _workloads(self) -> Mapping[Key, Manifest]:
        best: dict[Key, Manifest] = {}
        for item in self.workloads:
            known = best.get(_key(item))
            if known is None or WORKLOADS.index(item["kind"]) < WORKLOADS.index(known["kind"]):
                best[_key(item)] = item
        return best

    @cached_property
    def _of_sets(self) -> Mapping[Key, list[Manifest]]:
        workspaces: dict[Key, list[Manifest]] = {}
        for item in self.workspaces:
            workspaces.setdefault((_key(item)[0], _set_of(item)), []).append(item)
        return workspaces

    @cached_property
    def _pods(self) -> Mapping[Key, list[Manifest]]:
        pods: dict[Key, list[Manifest]] = {}
        for item in self.pods:
            if owner := _workspace_of(item):
                pods.setdefault((_key(item)[0], owner), []).append(item)
        return pods

    @cached_property
    def _services(self) -> Mapping[str, frozenset[str]]:
        names: dict[str, set[str]] = {}
        for item in self.services or ():
            namespace, name = _key(item)
            names.setdefault(namespace, set()).add(name)
        return {namespace: frozenset(inside) for namespace, inside in names.items()}


def read_objects(path: str) -> ClusterObjects:
    """Return the objects of a file, or of stdin if `path` is "-": one, a List, or many documents.

    Raises UsageError for other output such as a table, and the errors of `documents.read_file`.
    """
    from kaito_pack.documents.kubectl_output import read_output

    return pick([document.value for document in read_output(path)])


def pick(values: Iterable[object]) -> ClusterObjects:
    """Return the objects in `values`, including the items of Lists."""
    values = list(values)
    objects = [item for value in values for item in _unfolded(value)]
    services = tuple(item for item in objects if item.get("kind") == "Service")
    return ClusterObjects(
        workspaces=tuple(item for item in objects if is_workspace(item)),
        inference_sets=tuple(item for item in objects if is_inference_set(item)),
        workloads=tuple(item for item in objects if item.get("kind") in WORKLOADS),
        pods=tuple(item for item in objects if item.get("kind") == "Pod"),
        services=services or None,
        is_list=any(_is_list(mapping(value)) for value in values),
    )


def _set_of(workspace: Manifest) -> str:
    """Return the name of the InferenceSet of a Workspace; "" if there is none."""
    labels = mapping(mapping(workspace.get("metadata")).get("labels"))
    return text(labels.get(CREATED_BY))


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


def _is_list(value: Fields) -> bool:
    return str(value.get("kind")).endswith("List") and isinstance(value.get("items"), list)


def _key(item: Manifest) -> Key:
    metadata = mapping(item.get("metadata"))
    return text(metadata.get("namespace")), text(metadata.get("name"))


def _workspace_of(pod: Manifest) -> str:
    """Return the name of the Workspace of a pod, from its label, else from its owner."""
    metadata = mapping(pod.get("metadata"))
    if name := text(mapping(metadata.get("labels")).get(WORKSPACE_LABEL)):
        return name
    for owner in sequence(metadata.get("ownerReferences")):
        if mapping(owner).get("kind") in ("StatefulSet", "Job"):
            return text(mapping(owner).get("name"))
    return ""
