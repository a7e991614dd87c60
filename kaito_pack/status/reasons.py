"""Explains why a Workspace is in its phase, with sentences of `facts/kaito/status.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kaito_pack.base.sentences import filled
from kaito_pack.base.trees import Manifest, get, mapping
from kaito_pack.facts.tables import Row
from kaito_pack.status import conditions as reading
from kaito_pack.status.conditions import ABSENT, Condition, Conditions, table
from kaito_pack.status.pods import PodFault
from kaito_pack.status.words import kubectl, printable, shell_word
from kaito_pack.workspace import WorkspaceView, desired_replicas
from kaito_pack.workspace.labels import WORKSPACE_LABEL

POD = "{pod}"  # placeholder for the commands for the pod of a sentence


@dataclass(frozen=True, slots=True)
class Observed:
    """The known facts of one Workspace: the object, its view, the faults of its pods, its ready replicas."""

    workspace: Manifest
    view: WorkspaceView
    conditions: Conditions
    faults: tuple[PodFault, ...] = ()
    ready: int | None = None


def explanation(row: Row, observed: Observed) -> tuple[str, tuple[str, ...]]:
    """Return the sentence of a row for a Workspace, and the commands that show more."""
    fault = _fault_for(row, observed)
    words = _words(row, observed, fault)
    reason = filled(row["reason"], words)
    look_at: list[str] = [filled(command, words) for command in row.get("lookAt", ())]
    ready, desired = observed.ready, observed.view.desired
    if row["phase"] == "Running" and ready is not None and ready < desired:
        reason += ", " + filled(table()["notes"]["fewerReady"], words)
        look_at = look_at or [str(words["pods"])]
        if fault is not None:
            reason += f": {fault.reason}"
            look_at = [POD]
    if fault is not None and POD in look_at:
        look_at = list(fault.look_at(str(words["nodes"])))
    return reason, tuple(look_at)


def _fault_for(row: Row, observed: Observed) -> PodFault | None:
    """Return the fault for a row's sentence: the first of its phase, else the first."""
    of_phase = [fault for fault in observed.faults if fault.phase == row["phase"]]
    return next(iter(of_phase or observed.faults), None)


def _words(row: Row, observed: Observed, fault: PodFault | None) -> Mapping[str, object]:
    """Return the variables of a row's sentence and commands."""
    workspace, view, conditions = observed.workspace, observed.view, observed.conditions
    name, namespace = shell_word(view.name), view.namespace
    is_pod = row.get("detail") == "pod" and fault is not None
    return {
        "get": kubectl("get", namespace, f"workspace {name}"),
        "pods": kubectl("describe", namespace, f"pods -l {WORKSPACE_LABEL}={name}"),
        "jobs": kubectl("get", namespace, f"jobs,pods -l {WORKSPACE_LABEL}={name}"),
        "nodes": "kubectl get nodes" + _selector(workspace),
        "pod": POD,
        "state": printable(_state(workspace, conditions), 40),
        "cause": printable(conditions.get("InferenceReady", ABSENT).reason, 60),
        "change": reading.change_for(next(reading.refusals(conditions), "")),
        "detail": fault.reason if is_pod and fault else _detail(row.get("detail", ""), workspace, conditions),
        "desired": view.desired,
        "ready": observed.ready,
    }


def _detail(kind: str, workspace: Manifest, conditions: Conditions) -> str:
    """Return the most informative message, for a row whose sentence includes one."""
    notes = table()["notes"]
    inference = conditions.get("InferenceReady", ABSENT)
    message = ""
    if kind == "refusal":
        message = next(reading.refusals(conditions), "")
    elif kind == "succeeded":
        message = conditions.get("WorkspaceSucceeded", ABSENT).message
    elif kind == "inference":
        message = inference.message
    elif kind == "reconcile":
        message = next(reading.reconcile_errors(conditions), "")
    elif kind == "mirror":
        message = (_first_not_true(conditions, "ModelMirrorReady", "ResourceReady") or ABSENT).message
    elif kind == "nodes":
        message = _node_message(conditions)
    elif kind == "contradiction":
        message = _contradiction(workspace, conditions)
    elif kind == "workers":
        counts = {"workers": reading.worker_count(workspace), "desired": desired_replicas(workspace)}
        workers = filled(notes["workers"], counts)
        message = ": ".join([workers, *list(reading.reconcile_errors(conditions))[:1]])
    return printable(message).rstrip(". ") or str(notes["noMessage"])


def _node_message(conditions: Conditions) -> str:
    """Return why the node is missing: the cloud's message, else that of a timeout, else KAITO's."""
    claims = reading.claim(conditions)
    succeeded = conditions.get("WorkspaceSucceeded", ABSENT)
    named = not claims.is_true and claims.reason not in ("", *table()["plainClaimReasons"])
    if named and claims.message:
        return claims.message
    if succeeded.is_false and succeeded.reason == "workspaceFailed" and succeeded.message:
        return succeeded.message
    kinds = ("NodeClaimReady", "NodeClaimsReady", "NodesReady", "ResourceReady")
    current = {
        kind: condition
        for kind, condition in conditions.items()
        if kind not in kinds[:2] or condition is claims
    }
    missing = _first_not_true(current, *kinds)
    return missing.message or missing.reason if missing else "ResourceReady is not reported"


def _contradiction(workspace: Manifest, conditions: Conditions) -> str:
    other = _first_not_true(conditions, "ResourceReady", "WorkspaceSucceeded")
    if other:
        return f"{other.type} is {other.status}, {other.message or other.reason}"
    return f"its state is {reading.state_of(workspace) or 'not set'}"


def _first_not_true(conditions: Conditions, *kinds: str) -> Condition | None:
    return next(
        (conditions[kind] for kind in kinds if kind in conditions and not conditions[kind].is_true), None
    )


def _state(workspace: Manifest, conditions: Conditions) -> str:
    """Return a tuning job's state; before 0.9 it comes from the conditions."""
    if state := reading.state_of(workspace):
        return state
    if conditions.get("WorkspaceSucceeded", ABSENT).is_true:
        return "Succeeded"
    started = conditions.get("JobStarted", ABSENT)
    return "started" if started.is_true else started.reason or "not reported"


def _selector(workspace: Manifest) -> str:
    labels = mapping(get(workspace, ("resource", "labelSelector", "matchLabels")))
    pairs = [f"{key}={value}" for key, value in labels.items() if isinstance(value, str)]
    return f" -l {shell_word(','.join(pairs))}" if pairs else ""
