"""Reports the state of a Workspace as one phase and one sentence, for every KAITO from 0.6 to 0.12.

`facts/kaito/status.json` has the rows in order of precedence and their sentences. `conditions` finds the
facts that the rows require; `reasons` fills in the sentences.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kaito_pack.base.masking import Masker
from kaito_pack.base.trees import Manifest, mapping, text
from kaito_pack.facts.tables import Row
from kaito_pack.pack.catalogue_schema import MODEL_ID
from kaito_pack.status.conditions import facts, read_conditions, table
from kaito_pack.status.pods import faults_of, is_ready, pod_facts
from kaito_pack.status.reasons import Observed, explanation
from kaito_pack.workspace import WorkspaceView, read_workspace
from kaito_pack.workspace.inference_sets import KIND as INFERENCE_SET

Phase = Literal["Pending", "Deploying", "Running", "Failed", "Terminating", "Unknown"]
PHASES: tuple[Phase, ...] = ("Pending", "Deploying", "Running", "Failed", "Terminating", "Unknown")


@dataclass(frozen=True, slots=True)
class Status:
    """The status of one Workspace; a field is None if neither the Workspace nor the related objects have it.

    `ready` counts replicas; a tuning job has none, so `desired` is None as well. `endpoint` is
    `<Service>:<port>` from the spec alone; `service_exists` is whether that Service was seen (None: not
    checked). `look_at` are commands that show more. `row` is the row of the table that matched.
    """

    name: str | None
    namespace: str | None
    phase: Phase
    model_id: str | None
    gguf_file: str | None
    engine: str | None
    desired: int | None
    ready: int | None
    endpoint: str | None
    reason: str
    look_at: tuple[str, ...]
    row: int
    view: WorkspaceView
    service_exists: bool | None = None
    created: str | None = None
    workspaces: tuple[Status, ...] | None = None  # the Workspaces of an InferenceSet; None for a Workspace

    def as_json(self) -> dict[str, Any]:
        """Return the status as `status -o json` prints it."""
        is_served = self.desired is not None
        return {
            "name": self.name,
            "namespace": self.namespace,
            "created": self.created,
            "phase": self.phase,
            MODEL_ID: self.model_id,
            "ggufFile": self.gguf_file,
            "engine": self.engine,
            "replicas": {"desired": self.desired, "ready": self.ready} if is_served else None,
            "endpoint": self.endpoint,
            "reason": self.reason,
            "lookAt": list(self.look_at),
            **self._of_set(),
        }

    def _of_set(self) -> dict[str, Any]:
        """Return the additional fields of an InferenceSet: its kind and its Workspaces."""
        if self.workspaces is None:
            return {}
        return {"kind": INFERENCE_SET, "workspaces": [each.as_json() for each in self.workspaces]}


def status_of(
    workspace: object,
    workload: Manifest | None = None,
    services: Container[str] | None = None,
    view: WorkspaceView | None = None,
    pods: Sequence[Manifest] = (),
) -> Status:
    """Return the status of a Workspace, v1alpha1 or v1beta1, of any shape. Never raises.

    `workload` is the StatefulSet (up to KAITO 0.7 a Deployment) of the same name, which counts the ready
    replicas; `services` are the names of the Services in its namespace, None if not checked; `pods` are its
    known pods.
    """
    manifest, *pods = without_quoted_secrets(mapping(workspace), *pods)
    view = view or read_workspace(manifest)
    faults = faults_of(pods)
    row = _row(facts(manifest) | pod_facts(pods, faults, view.desired))
    phase: Phase = row["phase"]
    ready = _ready_replicas(workload, pods, view.desired if phase == "Running" else None)
    conditions = read_conditions(manifest)
    reason, look_at = explanation(row, Observed(manifest, view, conditions, faults, ready))
    return Status(
        name=view.name,
        namespace=view.namespace,
        phase=phase,
        model_id=view.model_id,
        gguf_file=view.gguf_file,
        engine=view.engine,
        desired=None if view.is_tuning else view.desired,
        ready=None if view.is_tuning else ready,
        endpoint=view.endpoint,
        reason=reason,
        look_at=look_at,
        row=row["row"],
        view=view,
        service_exists=service_exists(view.endpoint, services),
        created=text(mapping(manifest.get("metadata")).get("creationTimestamp")) or None,
    )


def without_quoted_secrets(*objects: Manifest) -> list[Manifest]:
    """Return the objects without secrets in their status: the API server quotes what it rejects."""
    masker = Masker(objects)
    return [
        {**each, "status": masker.quoting(each["status"])} if "status" in each else each for each in objects
    ]


def _row(facts: frozenset[str]) -> Row:
    """Return the first row whose facts are all true; the last row requires none."""
    rows: list[Row] = table()["rows"]
    return next(row for row in rows if all(_holds(fact, facts) for fact in row["when"]))


def _holds(fact: str, facts: frozenset[str]) -> bool:
    return fact.removeprefix("not ") not in facts if fact.startswith("not ") else fact in facts


def _ready_replicas(workload: Manifest | None, pods: Sequence[Manifest], other: int | None) -> int | None:
    """Return the ready replicas from the StatefulSet or Deployment, else from the pods, else `other`.

    Kubernetes omits a count of 0 after the first report.
    """
    status = mapping(mapping(workload).get("status"))
    ready = status.get("readyReplicas", 0 if status else None)
    if isinstance(ready, int) and not isinstance(ready, bool):
        return ready
    return sum(map(is_ready, pods)) if pods else other


def service_exists(endpoint: str | None, services: Container[str] | None) -> bool | None:
    """Return whether the Service of an endpoint is among `services`; None if not checked."""
    if services is None or endpoint is None:
        return None
    return endpoint.rpartition(":")[0] in services
