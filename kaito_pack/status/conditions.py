"""The facts about a Workspace's status that the rows of `facts/kaito/status.json` require."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kaito_pack.base.display import one_line
from kaito_pack.base.sentences import filled
from kaito_pack.base.trees import Manifest, mapping, text
from kaito_pack.facts.tables import Rows, first, per_pack
from kaito_pack.workspace import desired_replicas

Conditions = Mapping[str, "Condition"]
LONGEST_FIELD = 120  # maximum characters of a field path in a reason


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a status; an absent condition has status "" ."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    changed: str = ""

    @property
    def is_true(self) -> bool:
        return self.status == "True"

    @property
    def is_false(self) -> bool:
        return self.status == "False"


ABSENT = Condition()


@per_pack
def table() -> Rows:
    """Return `facts/kaito/status.json`: rows of precedence, condition reasons, sentences."""
    return first("kaito/status.json")


def read_conditions(workspace: Manifest) -> Conditions:
    """Return the conditions by type; the first one of a type counts, as in Kubernetes' own lookup."""
    by_type: dict[str, Condition] = {}
    listed = mapping(workspace.get("status")).get("conditions")
    for entry in listed if isinstance(listed, list) else []:
        kind = text(mapping(entry).get("type"))
        if kind and kind not in by_type:
            keys = ("status", "reason", "message", "lastTransitionTime")
            by_type[kind] = Condition(kind, *(_as_text(entry.get(key)) for key in keys))
    return by_type


def facts(workspace: Manifest) -> frozenset[str]:
    """Return the names of the facts that are true for the Workspace alone, as used in the table."""
    conditions = read_conditions(workspace)
    state = state_of(workspace)
    inference = conditions.get("InferenceReady", ABSENT)
    succeeded = conditions.get("WorkspaceSucceeded", ABSENT)
    resource = conditions.get("ResourceReady", ABSENT)
    known = table()
    answers = {
        "deleting": _is_deleting(workspace, conditions),
        "inference": workspace.get("inference") is not None,
        "tuning": workspace.get("tuning") is not None,
        "conditions": bool(conditions),
        "state": bool(state),
        "state_ready": state == "Ready",
        "state_not_ready": state == "NotReady",
        "state_pending": state == "Pending",
        "nodes_there": nodes_there(conditions, state),
        "nodes_ready": conditions.get("NodesReady", ABSENT).is_true,
        "claims": claim(conditions) is not ABSENT,
        "inference_ready": inference.is_true,
        "resource_false": resource.is_false,
        "succeeded_false": succeeded.is_false,
        "benchmark_failed": succeeded.is_false and succeeded.reason == "BenchmarkFailed",
        "refused": next(refusals(conditions), None) is not None,
        "streaming_failed": not inference.is_true and _is_streaming(inference.reason),
        "mirror_pending": conditions.get("ModelMirrorReady", ABSENT).is_false
        or (resource.is_false and resource.reason == "ModelMirrorNotReady"),
        "workers_missing": worker_count(workspace) < desired_replicas(workspace),
        "unschedulable": inference.reason == "Unschedulable",
        "pod_cause": inference.reason in known["podCauses"],
        "timed_out": inference.is_false and _has_any(inference.message, known["timeouts"]),
        "reconcile_error": any(reconcile_errors(conditions)),
        "inference_failed": inference.is_false and inference.reason != "WorkspaceInferenceStatusPending",
    }
    return frozenset(name for name, holds in answers.items() if holds)


def state_of(workspace: Manifest) -> str:
    """Return `status.state` (KAITO 0.9 and later, v1beta1 only); "" if there is none."""
    return text(mapping(workspace.get("status")).get("state"))


def nodes_there(conditions: Conditions, state: str) -> bool:
    """Return whether the nodes that the Workspace needs are ready.

    From 0.9 (`state` is set) ResourceReady shows it. Before, ResourceReady can lag behind (0.8) or be True
    without any node (0.7), so NodesReady and the NodeClaims' condition take precedence.
    """
    resource = conditions.get("ResourceReady", ABSENT)
    if state:
        return resource.is_true
    claims = claim(conditions)
    return conditions.get("NodesReady", resource).is_true and (claims is ABSENT or claims.is_true)


def claim(conditions: Conditions) -> Condition:
    """Return the condition of the NodeClaims; if both names exist, the one that changed last.

    0.8 writes NodeClaimsReady; 0.7 and 0.9 write NodeClaimReady and leave the other one unchanged.
    """
    present = [conditions[kind] for kind in table()["claimConditions"] if kind in conditions]
    return max(present, key=lambda condition: condition.changed, default=ABSENT)


def refusals(conditions: Conditions) -> Iterator[str]:
    """Yield the messages with which the API server or KAITO permanently rejects the Workspace."""
    known = table()
    for error in reconcile_errors(conditions):
        if _is_refusal(error):
            yield error
    for condition in conditions.values():
        is_verdict = condition.is_false and condition.reason in known["refusalReasons"]
        if is_verdict and _is_refusal(condition.message):
            yield condition.message


def change_for(refusal: str) -> str:
    """Return what to change in a Workspace that is rejected with this message.

    The pod template of a rejected StatefulSet comes from `inference.template`.
    """
    known = table()
    for row in known["changes"]:
        if row["phrase"] in refusal:
            return str(row["change"])
    field = re.search(r"\bspec\.template\.(\S+?):(?:\s|$)", refusal)
    if field is None:
        return str(known["notes"]["change"])
    where = one_line(f"inference.template.{field[1]}", LONGEST_FIELD)
    return filled(known["notes"]["changeAt"], {"field": where})


def reconcile_errors(conditions: Conditions) -> Iterator[str]:
    """Yield the text that 0.9 and later append to the message of every condition after an error."""
    for condition in conditions.values():
        _, marker, error = condition.message.partition(table()["reconcileError"])
        if marker:
            yield error.removesuffix(")")


def worker_count(workspace: Manifest) -> int:
    """Return the number of nodes in `status.workerNodes`."""
    workers = mapping(workspace.get("status")).get("workerNodes")
    return len(workers) if isinstance(workers, list) else 0


def _is_deleting(workspace: Manifest, conditions: Conditions) -> bool:
    asked = bool(mapping(workspace.get("metadata")).get("deletionTimestamp"))
    return asked or conditions.get("WorkspaceDeleting", ABSENT).is_true


def _is_streaming(reason: str) -> bool:
    return reason in table()["streamingReasons"] or reason.startswith(tuple(table()["streamingPrefixes"]))


def _is_refusal(message: str) -> bool:
    """Return whether a message rejects the Workspace permanently, so that waiting does not help."""
    known = table()
    return _has_any(message, known["refusalPhrases"]) and not _has_any(message, known["passingPhrases"])


def _has_any(message: str, phrases: list[str]) -> bool:
    return any(phrase in message for phrase in phrases)


def _as_text(value: object) -> str:
    return str(value) if isinstance(value, str | bool | int | float) else ""
