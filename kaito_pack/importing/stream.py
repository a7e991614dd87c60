"""The input of an import: one Workspace and the objects that came with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Place, UsageError
from kaito_pack.base.trees import Manifest, get, mapping, text
from kaito_pack.documents import Document
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.facts.tables import table
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.values.secrets import SecretPlaces
from kaito_pack.workspace import WorkspaceView, read_workspace
from kaito_pack.workspace.command_line import options, read_commands
from kaito_pack.workspace.inference_sets import CREATED_BY, inference_set_of, is_inference_set, workspace_of
from kaito_pack.workspace.labels import WORKSPACE_LABEL

# The fields in which a Workspace names the objects that it reads, by kind.
NAMED_BY_WORKSPACE: dict[str, FieldPath] = {"ConfigMap": ("inference", "config")}


@dataclass(frozen=True)
class StreamObject:
    """One object of a stream and its place there."""

    document: Document
    path: FieldPath
    body: Manifest

    def place(self, path: FieldPath) -> Place:
        """Return the place of a part of the object in its file."""
        return self.document.place((*self.path, *path))

    @cached_property
    def secrets(self) -> SecretPlaces:
        """The places of secrets in the object."""
        return SecretPlaces(self.body)

    @property
    def is_live(self) -> bool:
        """Whether it comes from a cluster, which adds fields."""
        return bool(mapping(self.body.get("metadata")).get("uid"))


@dataclass(frozen=True)
class Stream:
    """A Workspace and the other objects of its stream in the same namespace."""

    workspace: StreamObject
    others: Sequence[StreamObject] = ()

    @cached_property
    def view(self) -> WorkspaceView:
        """The view of the Workspace, whoever wrote it."""
        return read_workspace(self.workspace.body)

    def of_kind(self, kind: str) -> Iterator[Manifest]:
        """Yield the objects of a kind; only the one that the Workspace reads, if it names one."""
        path = NAMED_BY_WORKSPACE.get(kind)
        name = get(workspace_of(self.workspace.body), path) if path else None
        for other in self.others:
            if other.body.get("kind") == kind and (path is None or _named(other)[1] == name):
                yield other.body

    @cached_property
    def container(self) -> Any:
        """The container that serves the model; an empty map if there is none."""
        return get(self.workspace.body, self.view.container) if self.view.container else {}

    @cached_property
    def options(self) -> Mapping[str, str | None]:
        """The options of the model's server with their values, the last if repeated; None for no value."""
        given = [pair for command in read_commands(self.container) for pair in options(command)]
        return {**dict(given), **{name: value for name, value in given if value is not None}}


def choose(documents: Sequence[Document], name: str | None = None, namespace: str | None = None) -> Stream:
    """Return the Workspace among `documents`. UsageError if there is none, or if several match."""
    objects = [candidate for document in documents for candidate in _objects(document, (), document.value)]
    workspaces = _serving(objects)
    if not workspaces:
        kinds = ", ".join(sorted({shown(candidate.body.get("kind")) for candidate in objects}))
        raise UsageError(f"no Workspace found{f', but {kinds}' if kinds else ''}")
    meant = [
        candidate
        for candidate in workspaces
        if name in (None, _named(candidate)[1])
        and (namespace is None or _named(candidate)[0] in (None, namespace))
    ]
    if len(meant) != 1:
        names = ", ".join(shown("/".join(filter(None, _named(candidate)))) for candidate in workspaces)
        if not meant:
            raise UsageError(f"no Workspace {shown(name or namespace)} found, only {names}")
        raise UsageError(f"it contains several Workspaces: {names}. Select one with --name or -n")
    (workspace,) = meant
    beside = [
        candidate for candidate in objects if not _serves(candidate) and _is_beside(candidate, workspace)
    ]
    return Stream(workspace, beside if len(workspaces) == 1 else [item for item in beside if item.is_live])


def _serves(candidate: StreamObject) -> bool:
    return is_workspace(candidate.body) or is_inference_set(candidate.body)


def _serving(objects: Sequence[StreamObject]) -> list[StreamObject]:
    """Return the InferenceSets and the Workspaces; a Workspace of an InferenceSet counts as that set."""
    serving = [candidate for candidate in objects if is_inference_set(candidate.body)]
    names = {_named(candidate) for candidate in serving}
    for candidate in objects:
        if is_workspace(candidate.body):
            body = inference_set_of(candidate.body)
            owner = candidate if body is None else StreamObject(candidate.document, candidate.path, body)
            if body is None or _named(owner) not in names:
                serving.append(owner)
                names.add(_named(owner) if body is not None else (None, None))
    return serving


def _objects(document: Document, path: FieldPath, value: object) -> Iterator[StreamObject]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _objects(document, (*path, index), item)
    elif isinstance(value, Mapping):
        if str(value.get("kind")).endswith("List") and isinstance(value.get("items"), list):
            yield from _objects(document, (*path, "items"), value["items"])
        elif isinstance(value.get("kind"), str):
            yield StreamObject(document, path, value)


def _named(owner: StreamObject) -> tuple[str | None, str | None]:
    metadata = mapping(owner.body.get("metadata"))
    return text(metadata.get("namespace")) or None, text(metadata.get("name")) or None


def _is_beside(candidate: StreamObject, workspace: StreamObject) -> bool:
    """Return whether an object may belong to the Workspace's manifests.

    Objects of a controller, KAITO's chart or the cluster do not, nor does another Workspace's Service.
    """
    namespace, name = _named(candidate)
    kind = candidate.body.get("kind")
    if mapping(candidate.body.get("metadata")).get("ownerReferences"):
        return False
    if name in table("kaito/added.json")["objects"].get(kind, ()):
        return False
    if kind == "Service" and candidate.is_live:
        label = CREATED_BY if is_inference_set(workspace.body) else WORKSPACE_LABEL
        selected = get(candidate.body, ("spec", "selector", label))
        if selected != _named(workspace)[1]:
            return False
    return namespace in (None, _named(workspace)[0]) or not candidate.is_live


@rule("values/import-tuning", on="part")
def refuse_tuning(stream: Stream) -> None:
    """Raise ProblemsError for a fine-tuning job, because the pack's values describe served models."""
    from kaito_pack.base.problems import ProblemsError

    if stream.view.is_tuning and stream.workspace.body.get("tuning") is not None:
        place = stream.workspace.place(("tuning",))
        raise ProblemsError([problem("values/import-tuning", ("tuning",), place)])
