"""Checks that nodes have room for pods: taints, allocatable resources, and the requests of other pods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem, UsageError
from kaito_pack.base.trees import Fields, Manifest, mapping, sequence, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.pods.sums import Amounts, amounts_of, pod_amounts
from kaito_pack.preflight.asking import ClusterReader
from kaito_pack.preflight.pods import is_of, tolerates

Node = Mapping[str, Any]

JUDGED = ("cpu", "memory", "ephemeral-storage")  # devices have their own rules
BYTES = ("memory", "ephemeral-storage")
KEEPING_OUT = ("NoSchedule", "NoExecute")
ENDED = ("Succeeded", "Failed")
GIB = 2**30
MOST_NAMED = 3  # maximum number of nodes or taints in a message


@rule("preflight/node-tainted", on="part")
def untainted(
    nodes: Sequence[Node], tolerated: Sequence[Fields], replicas: int
) -> tuple[list[Node], list[Problem]]:
    """Return the nodes whose taints the pods tolerate, and a problem if there are too few."""
    kept_out: dict[str, str] = {}
    free: list[Node] = []
    for node in nodes:
        taints = [taint for taint in _taints(node) if not tolerates(tolerated, taint)]
        if taints:
            kept_out[_name(node)] = _taint_text(taints[0])
        else:
            free.append(node)
    problems = []
    if kept_out and len(free) < replicas:
        named = [f"{shown(taint)} on {name}" for name, taint in list(kept_out.items())[:MOST_NAMED]]
        facts = {"taints": ", ".join(named), "count": len(free), "replicas": replicas}
        problems.append(problem("preflight/node-tainted", **facts))
    return free, problems


def _taints(node: Node) -> list[Fields]:
    taints = sequence(mapping(node.get("spec")).get("taints"))
    return [taint for taint in map(mapping, taints) if taint.get("effect") in KEEPING_OUT]


def _taint_text(taint: Fields) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key')}{value}:{taint.get('effect')}"


def _name(node: Node) -> str:
    return shown(mapping(node.get("metadata")).get("name"), quote=False)


@rule("preflight/resource-short", "preflight/resource-taken", "preflight/resources-together", on="part")
@rule("preflight/resources-enough", on="part")
def check_room(
    spec: Fields, nodes: Sequence[Node], replicas: int, cluster: ClusterReader, workspace: Manifest
) -> Iterator[Problem]:
    """Yield the resources that are missing for one pod on as many nodes as there are replicas.

    If there are fewer nodes, which is reported elsewhere, each of them must have room for a pod.
    """
    replicas = min(replicas, len(nodes))
    requests, _ = pod_amounts(spec)
    allocatable = [amounts_of(mapping(node.get("status")).get("allocatable")) for node in nodes]
    wanted = {name: number for name, number in requests.items() if any(name in each for each in allocatable)}
    if not wanted or not nodes:
        return
    used = _used(cluster, workspace)
    free = [_rest(each, used.get(_name(node), {})) for node, each in zip(nodes, allocatable, strict=True)]
    is_right = True
    for name, number in wanted.items():
        facts = {"resource": name, "wanted": amount_text(name, number), "replicas": replicas}
        for rule_name, amounts in (("resource-short", allocatable), ("resource-taken", free)):
            count = sum(_has(each, {name: number}) for each in amounts)
            if count < replicas:
                is_right = False
                if rule_name == "resource-taken" or name in JUDGED:
                    most = max((each.get(name, Fraction(0)) for each in amounts), default=Fraction(0))
                    facts |= {"count": count, "most": amount_text(name, max(most, Fraction(0)))}
                    yield problem(f"preflight/{rule_name}", **facts)
                break
    count = sum(_has(each, wanted) for each in free)
    needs = ", ".join(f"{amount_text(name, number)} {name}" for name, number in wanted.items())
    if is_right and count < replicas:
        yield problem("preflight/resources-together", needs=needs, count=count, replicas=replicas)
    elif is_right and any(name in JUDGED for name in wanted):
        yield problem("preflight/resources-enough", needs=needs, count=count)


def _has(amounts: Amounts, wanted: Amounts) -> bool:
    """Return whether a node has all wanted resources; those that it does not report are not checked."""
    return all(name not in amounts or amounts[name] >= number for name, number in wanted.items())


def _rest(allocatable: Amounts, used: Amounts) -> Amounts:
    return {name: number - used.get(name, Fraction(0)) for name, number in allocatable.items()}


def _used(cluster: ClusterReader, workspace: Manifest) -> Mapping[str, Amounts]:
    """Return the requests of other pods by node; empty if pods may not be read."""
    used: dict[str, dict[str, Fraction]] = defaultdict(dict)
    for pod in _pods(cluster):
        spec = mapping(pod.get("spec"))
        node = text(spec.get("nodeName"))
        if not node or is_of(pod, workspace) or mapping(pod.get("status")).get("phase") in ENDED:
            continue
        for name, number in pod_amounts(spec)[0].items():
            used[node][name] = used[node].get(name, Fraction(0)) + number
    return used


def _pods(cluster: ClusterReader) -> list[Manifest]:
    """Return all pods; none, and a warning, if they cannot be read."""
    try:
        return cluster.objects("pods", everywhere=True) or []
    except UsageError as error:
        cluster.leave_out("pods", str(error))
        return []


def amount_text(name: str, number: Fraction) -> str:
    """Return an amount as text: memory and storage in GiB, or in MiB below 1 GiB."""
    if name.rpartition(".")[2] in (*BYTES, "storage"):
        is_small = abs(number) < GIB
        return f"{float(number / (GIB / 1024 if is_small else GIB)):.4g} {'MiB' if is_small else 'GiB'}"
    return f"{float(number):.6g}"
