"""Why a Workspace is in its phase: sentences of `facts/kaito/status.json`, filled from its conditions."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from kaito_pack.base.display import one_line
from kaito_pack.base.sentences import filled
from kaito_pack.base.trees import Manifest, get, mapping
from kaito_pack.status import conditions as reading
from kaito_pack.status.conditions import ABSENT, Condition, Conditions, table
from kaito_pack.workspace import WorkspaceView, desired_replicas
from kaito_pack.workspace.labels import WORKSPACE_LABEL

LONGEST_DETAIL = 400  # characters of a status message that a reason repeats


def reason(row: Mapping[str, Any], workspace: Manifest, view: WorkspaceView, ready: int | None) -> str:
    """The sentence of a row for this Workspace; `ready` is the number of ready replicas, if known."""
    conditions = reading.read_conditions(workspace)
    name = _argument(view.name)
    words = {
        "get": kubectl("get", view, f"workspace {name}"),
        "pods": kubectl("describe", view, f"pods -l {WORKSPACE_LABEL}={name}"),
        "jobs": kubectl("get", view, f"jobs,pods -l {WORKSPACE_LABEL}={name}"),
        "nodes": "kubectl get nodes" + _selector(workspace),
        "state": printable(_state(workspace, conditions), 40),
        "cause": printable(conditions.get("InferenceReady", ABSENT).reason, 60),
        "detail": _detail(row.get("detail", ""), workspace, conditions),
        "desired": view.desired,
        "ready": ready,
    }
    text = filled(row["reason"], words)
    if row["phase"] == "Running" and ready is not None and ready < view.desired:
        text += ", " + filled(table()["notes"]["fewerReady"], words)
    return str(text)


def _detail(kind: str, workspace: Manifest, conditions: Conditions) -> str:
    """Return the message that tells most, for a row whose sentence wants one."""
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
    """Why the node is missing: the cloud's own words first, then a time-out's, then KAITO's general ones."""
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
    """Return a tuning job's state; before 0.9 there is only what the conditions say."""
    if state := reading.state_of(workspace):
        return state
    if conditions.get("WorkspaceSucceeded", ABSENT).is_true:
        return "Succeeded"
    started = conditions.get("JobStarted", ABSENT)
    return "started" if started.is_true else started.reason or "not reported"


def _selector(workspace: Manifest) -> str:
    labels = mapping(get(workspace, ("resource", "labelSelector", "matchLabels")))
    pairs = [f"{key}={value}" for key, value in labels.items() if isinstance(value, str)]
    return f" -l {_argument(','.join(pairs))}" if pairs else ""


def _argument(word: str | None) -> str:
    """Return a word for a command line that is printed: quoted if a shell would act on it."""
    return shlex.quote(printable(word, 300)) if word else "NAME"


def printable(message: str, longest: int = LONGEST_DETAIL) -> str:
    """Return a message of the cluster's on one line, safe for a terminal, without tokens, cut if long."""
    return one_line(message, longest)


def kubectl(verb: str, view: WorkspaceView, what: str) -> str:
    """Return a kubectl command about a Workspace, to be copied from a terminal."""
    namespace = f" -n {_argument(view.namespace)}" if view.namespace else ""
    return f"kubectl{namespace} {verb} {what}"
