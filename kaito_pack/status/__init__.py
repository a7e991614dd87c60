"""Reports what a Workspace is doing: one phase and one sentence, for every KAITO from 0.6 to 0.12.

The precedence of the rows and their sentences are in `facts/kaito/status.json`; `conditions` finds the
facts that the rows ask for, `reasons` fills the sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kaito_pack.base.trees import Manifest, mapping
from kaito_pack.status.conditions import facts, table
from kaito_pack.status.reasons import reason
from kaito_pack.workspace import WorkspaceView, read_workspace

Phase = Literal["Pending", "Deploying", "Running", "Failed", "Terminating", "Unknown"]
PHASES: tuple[Phase, ...] = ("Pending", "Deploying", "Running", "Failed", "Terminating", "Unknown")


@dataclass(frozen=True, slots=True)
class Status:
    """The answer for one Workspace; None if neither it nor the objects beside it can tell.

    `ready` counts replicas; `endpoint` is `<Service>:<port>` by the spec alone and `service_exists`
    whether that Service was seen (None: no one looked). `row` is the row of the table that decided.
    """

    name: str | None
    namespace: str | None
    phase: Phase
    model_id: str | None
    gguf_file: str | None
    engine: str | None
    desired: int
    ready: int | None
    endpoint: str | None
    reason: str
    row: int
    view: WorkspaceView
    service_exists: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the status as `status -o json` prints it."""
        return {
            "name": self.name,
            "namespace": self.namespace,
            "phase": self.phase,
            "modelId": self.model_id,
            "ggufFile": self.gguf_file,
            "engine": self.engine,
            "replicas": {"desired": self.desired, "ready": self.ready},
            "endpoint": self.endpoint,
            "reason": self.reason,
        }


def status_of(
    workspace: object,
    statefulset: Manifest | None = None,
    services: Iterable[Manifest] | None = None,
    view: WorkspaceView | None = None,
) -> Status:
    """Return the status of a Workspace, v1alpha1 or v1beta1, of any shape. Never raises.

    `statefulset` (up to KAITO 0.7 a Deployment) of the same name tells the ready replicas; `services`
    are those of its namespace, None if no one looked.
    """
    whole = mapping(workspace)
    view = view or read_workspace(whole)
    row = _row(facts(whole))
    phase: Phase = row["phase"]
    counted = _ready_replicas(statefulset)
    ready = counted if counted is not None else view.desired if phase == "Running" else None
    return Status(
        name=view.name,
        namespace=view.namespace,
        phase=phase,
        model_id=view.model_id,
        gguf_file=view.gguf_file,
        engine=view.engine,
        desired=view.desired,
        ready=ready,
        endpoint=view.endpoint,
        reason=reason(row, whole, view, ready),
        row=row["row"],
        view=view,
        service_exists=service_exists(view.endpoint, services),
    )


def _row(facts: frozenset[str]) -> Mapping[str, Any]:
    """Return the first row all of whose facts hold; the last row asks for none."""
    rows: list[Mapping[str, Any]] = table()["rows"]
    return next(row for row in rows if all(_holds(fact, facts) for fact in row["when"]))


def _holds(fact: str, facts: frozenset[str]) -> bool:
    return fact.removeprefix("not ") not in facts if fact.startswith("not ") else fact in facts


def _ready_replicas(workload: Manifest | None) -> int | None:
    """Ready replicas of a StatefulSet or Deployment; Kubernetes leaves a 0 out once it has reported."""
    status = mapping(mapping(workload).get("status"))
    ready = status.get("readyReplicas", 0 if status else None)
    return ready if isinstance(ready, int) and not isinstance(ready, bool) else None


def service_exists(endpoint: str | None, services: Iterable[Manifest] | None) -> bool | None:
    """Return whether the Service of an endpoint is among `services`; None if no one looked."""
    if services is None or endpoint is None:
        return None
    name = endpoint.rpartition(":")[0]
    return any(mapping(service.get("metadata")).get("name") == name for service in services)
