"""Reports the state of an InferenceSet: how many of its Workspaces are ready, and why the worst is not."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from kaito_pack.base.sentences import filled
from kaito_pack.base.trees import Manifest, mapping, text, whole
from kaito_pack.status import Phase, Status, service_exists
from kaito_pack.status.conditions import table
from kaito_pack.status.words import kubectl, shell_word
from kaito_pack.workspace import WorkspaceView
from kaito_pack.workspace.inference_sets import CREATED_BY

WORST_FIRST: Sequence[Phase] = ("Failed", "Unknown", "Pending", "Deploying", "Terminating", "Running")


def status_of_set(
    inference_set: Manifest,
    view: WorkspaceView,
    workspaces: Sequence[Status],
    services: Container[str] | None = None,
) -> Status:
    """Return the status of an InferenceSet, derived from those of its Workspaces, which are in `workspaces`.

    Without any Workspace, for example in a file with only the InferenceSet, its own status counts replicas.
    """
    name, metadata = view.name, mapping(inference_set.get("metadata"))
    counted = whole(mapping(inference_set.get("status")).get("readyReplicas"))
    ready = sum(each.phase == "Running" for each in workspaces) if workspaces else counted
    worst = min(workspaces, key=lambda each: WORST_FIRST.index(each.phase), default=None)
    case = _case(bool(metadata.get("deletionTimestamp")), view.desired, ready, len(workspaces), worst)
    row: Mapping[str, str] = table()["sets"][case]
    facts = {"ready": "?" if ready is None else ready, "created": len(workspaces), **_words(view, worst)}
    look_at = tuple(filled(command, facts) for command in row.get("lookAt", ()))
    phase: Phase = worst.phase if row["phase"] == "worst" and worst is not None else _phase(row["phase"])
    return Status(
        name=name,
        namespace=view.namespace,
        phase=phase,
        model_id=view.model_id,
        gguf_file=view.gguf_file,
        engine=view.engine,
        desired=view.desired,
        ready=ready,
        endpoint=view.endpoint,
        reason=filled(row["reason"], facts),
        look_at=look_at if worst is None or case != "worst" else worst.look_at,
        row=0,
        view=view,
        service_exists=service_exists(view.endpoint, services),
        created=text(metadata.get("creationTimestamp")) or None,
        workspaces=tuple(workspaces),
    )


def _words(view: WorkspaceView, worst: Status | None) -> dict[str, object]:
    """Return the variables of the sentences except the counts."""
    name = shell_word(view.name)
    return {
        "desired": view.desired,
        "worst": "" if worst is None else worst.name or "-",
        "reason": "" if worst is None else worst.reason,
        "describe": kubectl("describe", view.namespace, f"inferenceset {name}"),
        "workspaces": kubectl("get", view.namespace, f"workspaces -l {CREATED_BY}={name}"),
    }


def _phase(name: str) -> Phase:
    return next((phase for phase in WORST_FIRST if phase == name), "Unknown")


def _case(is_deleted: bool, desired: int, ready: int | None, created: int, worst: Status | None) -> str:
    """Return the key of the sentence of `facts/kaito/status.json` that fits."""
    if is_deleted:
        return "deleting"
    if desired == 0:
        return "scaledToZero" if created == 0 else "scalingDown"
    if ready is not None and ready >= desired:
        return "ready"
    if worst is not None and worst.phase != "Running":
        return "some" if ready and worst.phase != "Failed" else "worst"
    return "creating" if ready or created else "none"
