"""Lists the pods that manifests create, if the manifests show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.trees import Fields, Manifest, get, mapping, sequence, text, whole
from kaito_pack.facts.tables import table
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.workspace import desired_replicas, set_replicas
from kaito_pack.workspace.inference_sets import CREATED_BY, is_inference_set, pod_template_path
from kaito_pack.workspace.labels import WORKSPACE_LABEL

# The path of the pod spec in the kinds that create pods.
SPECS: dict[str, FieldPath] = {
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "Deployment": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "Pod": ("spec",),
    "ReplicaSet": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
}


class Pods(NamedTuple):
    """Identical pods: their owner, the path and content of their spec, and their number.

    `spec` is None if it is not in the manifest, as for a preset, whose spec KAITO writes.
    """

    title: str
    path: FieldPath
    spec: Fields | None
    replicas: int = 1


def pods_of(bodies: Sequence[Manifest]) -> Iterator[Pods]:
    """Yield the pods of each manifest that creates any."""
    for body in bodies:
        title = shown(f"{body.get('kind')} {mapping(body.get('metadata')).get('name')}")
        if is_workspace(body) or is_inference_set(body):
            path = (*pod_template_path(body), "spec")
            spec = get(body, path)
            yield Pods(title, path, spec if isinstance(spec, dict) else None, replicas_of(body))
        elif (place := SPECS.get(text(body.get("kind")))) is not None:
            count = whole(mapping(body.get("spec")).get("replicas"))
            yield Pods(title, place, mapping(get(body, place)), 1 if count is None else count)


def replicas_of(body: Manifest) -> int:
    """Return the number of pods of a Workspace or an InferenceSet."""
    return set_replicas(body) if is_inference_set(body) else desired_replicas(body)


def is_of(pod: Manifest, workspace: Manifest) -> bool:
    """Return whether a pod belongs to a Workspace or to the InferenceSet of that Workspace."""
    metadata, own = mapping(pod.get("metadata")), mapping(workspace.get("metadata"))
    labels = mapping(metadata.get("labels"))
    label, name = WORKSPACE_LABEL, own.get("name")
    if created_by := mapping(own.get("labels")).get(CREATED_BY):
        label, name = CREATED_BY, created_by
    return bool(name) and labels.get(label) == name and metadata.get("namespace") == own.get("namespace")


def tolerations(spec: Fields | None, cloud: str) -> list[Fields]:
    """Return the tolerations of a Workspace's pods: their own and those that KAITO adds."""
    rows = table("kaito/cluster.json")["tolerations"]
    own = [each for each in sequence(mapping(spec).get("tolerations")) if isinstance(each, dict)]
    return [*own, *rows["all"], *rows.get(cloud, [])]


def tolerates(tolerated: Sequence[Fields], taint: Fields) -> bool:
    """Return whether one of the tolerations tolerates a taint of a node."""
    for each in tolerated:
        key, effect = text(each.get("key")), text(each.get("effect"))
        if effect and effect != taint.get("effect"):
            continue
        if each.get("operator") == "Exists":
            if not key or key == taint.get("key"):
                return True
        elif key == taint.get("key") and text(each.get("value")) == text(taint.get("value")):
            return True
    return False
