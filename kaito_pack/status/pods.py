"""Finds why the pods of a Workspace do not serve, from the causes that kubelet and scheduler record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kaito_pack.base.display import one_line
from kaito_pack.base.sentences import filled
from kaito_pack.base.trees import Fields, Manifest, mapping, sequence, text, whole
from kaito_pack.facts.tables import Row
from kaito_pack.status.conditions import table
from kaito_pack.status.words import kubectl, shell_word

LONGEST_MESSAGE = 200  # maximum characters of a message of the kubelet or a container
FAILING_RESTARTS = 3  # restarts that make an exit a fault (the kubelet then waits at least 40 s)
CRASH_LOOP = "CrashLoopBackOff"


@dataclass(frozen=True, slots=True)
class PodFault:
    """One cause in a pod: its row of the table and the row's index; the lowest `rank` takes precedence."""

    rank: int
    row: Row
    words: Mapping[str, str]

    @property
    def phase(self) -> str:
        """The phase of a Workspace whose pod has the fault."""
        return str(self.row["phase"])

    @property
    def reason(self) -> str:
        """The error and the fix, without a full stop."""
        return filled(self.row["reason"], self.words)

    def look_at(self, nodes: str) -> tuple[str, ...]:
        """Return the commands that show more; `nodes` is the command for the Workspace's nodes."""
        return tuple(filled(command, {**self.words, "nodes": nodes}) for command in self.row["lookAt"])


def is_ready(pod: Manifest) -> bool:
    """Return whether a pod is ready, from its condition, else from its containers."""
    status = mapping(pod.get("status"))
    for condition in map(mapping, sequence(status.get("conditions"))):
        if condition.get("type") == "Ready":
            return str(condition.get("status")) == "True"
    containers = [mapping(container) for container in sequence(status.get("containerStatuses"))]
    return bool(containers) and all(container.get("ready") is True for container in containers)


def faults_of(pods: Sequence[Manifest]) -> tuple[PodFault, ...]:
    """Return the faults of the pods of one Workspace, the one that explains most first.

    Ready pods, pods that are being deleted and finished ones have none.
    """
    return tuple(sorted((fault for pod in pods for fault in _faults(pod)), key=lambda fault: fault.rank))


def _faults(pod: Manifest) -> Iterator[PodFault]:
    metadata, status = mapping(pod.get("metadata")), mapping(pod.get("status"))
    if metadata.get("deletionTimestamp") or status.get("phase") == "Succeeded" or is_ready(pod):
        return
    whole_pod = {"cause": text(status.get("reason")), "message": _message(status.get("message"))}
    yield from _fault(pod, {}, whole_pod)
    for condition in map(mapping, sequence(status.get("conditions"))):
        if condition.get("type") == "PodScheduled" and str(condition.get("status")) == "False":
            cause = text(condition.get("reason"))
            yield from _fault(pod, {}, {"cause": cause, "message": _message(condition.get("message"))})
    for key in ("initContainerStatuses", "containerStatuses"):
        for container in map(mapping, sequence(status.get(key))):
            yield from _fault(pod, container, _cause(container, is_init=key.startswith("init")))


def _cause(container: Fields, is_init: bool) -> dict[str, str]:
    """Return the cause that keeps a container from running; empty if there is none."""
    state, before = mapping(container.get("state")), mapping(container.get("lastState"))
    waiting, ended = mapping(state.get("waiting")), mapping(state.get("terminated"))
    ended = ended or mapping(before.get("terminated"))
    code = whole(ended.get("exitCode"))
    if container.get("ready") is True or (is_init and code == 0):
        return {}
    restarts = whole(container.get("restartCount")) or 0
    cause, message = text(waiting.get("reason")), _message(waiting.get("message"))
    if ended and (cause in ("", CRASH_LOOP) or ended.get("reason") == "OOMKilled"):
        exited = text(ended.get("reason")) or "Error"
        is_loop = cause == CRASH_LOOP or restarts >= FAILING_RESTARTS
        cause = exited if exited == "OOMKilled" or not is_loop else CRASH_LOOP
        message = _last_line(ended.get("message"))
    return {
        "cause": cause,
        "message": message,
        "code": "" if code is None else ", " + _code(code),
        "restarts": f", {restarts} restart{'s' if restarts != 1 else ''}" if restarts else "",
    }


def _code(code: int) -> str:
    meaning = table()["exitCodes"].get(str(code))
    return f"exit code {code}: {meaning}" if meaning else f"exit code {code}"


def _fault(pod: Manifest, container: Fields, cause: Mapping[str, str]) -> Iterator[PodFault]:
    """Yield the fault of a cause that the table knows."""
    rows = table()["podFaults"]
    rank = next((rank for rank, row in enumerate(rows) if cause.get("cause") in row["reasons"]), None)
    if rank is None:
        return
    metadata = mapping(pod.get("metadata"))
    name, namespace = text(metadata.get("name")), text(metadata.get("namespace"))
    inside, image = text(container.get("name")), text(container.get("image"))
    chosen = f" -c {shell_word(inside)}" if inside else ""
    previous = " --previous" if mapping(container.get("lastState")).get("terminated") else ""
    yield PodFault(
        rank,
        rows[rank],
        {
            "code": "",
            "restarts": "",
            **cause,
            "pod": one_line(name, 80) or "(without a name)",
            "container": one_line(inside, 80) or "(without a name)",
            "image": one_line(image, 120) or "(not given)",
            "describe": kubectl("describe", namespace, f"pod {shell_word(name)}"),
            "logs": kubectl("logs", namespace, f"{shell_word(name)}{chosen}{previous} --tail=50"),
        },
    )


def _message(message: object) -> str:
    line = one_line(text(message), LONGEST_MESSAGE).rstrip(". ")
    return f": {line}" if line else ""


def _last_line(message: object) -> str:
    """Return the last line of a termination message; in a traceback, it has the error."""
    lines = [line for line in text(message).splitlines() if line.strip()]
    return _message(lines[-1] if lines else "")


def pod_facts(pods: Sequence[Manifest], faults: Sequence[PodFault], desired: int) -> frozenset[str]:
    """Return the facts about pods that are true, as used in the rows of the table."""
    phases = {fault.phase for fault in faults}
    answers = {
        "pods_failing": "Failed" in phases,
        "pods_unschedulable": "Pending" in phases,
        "pods_unready": "Deploying" in phases,
        "pods_ready": sum(map(is_ready, pods)) >= max(desired, 1),
    }
    return frozenset(name for name, holds in answers.items() if holds)
