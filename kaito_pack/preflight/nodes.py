"""Checks that a cluster has the nodes that a Workspace requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, Manifest, get, mapping, sequence
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.facts.tables import table
from kaito_pack.kaito.fields import TEMPLATE
from kaito_pack.kaito.target import Nodes, Provisioning, Target
from kaito_pack.kubernetes.decoding.amounts import amount
from kaito_pack.models.vllm_arguments import GPU
from kaito_pack.preflight.asking import ClusterReader
from kaito_pack.preflight.capacity import Node, check_room, untainted
from kaito_pack.preflight.pods import pods_of, tolerations

Labels = Mapping[str, Any]  # the labels of a node or of a selector


def check(
    workspace: Manifest, cluster: ClusterReader, provisioning: Provisioning, target: Target
) -> Iterator[Problem]:
    """Yield the answers about nodes; none if nodes may not be read."""
    nodes = cluster.objects("nodes")
    if nodes is None:
        return
    resource = mapping(workspace.get("resource"))
    labels = _selected_labels(workspace)
    yield from _preferred(resource, nodes, labels)
    if provisioning == "auto":
        yield from _made_nodes([node for node in nodes if _matches(node, labels)], labels, target.kaito)
    else:
        yield from _existing(workspace, nodes, cluster, target)


@rule("preflight/nodes-matched", "preflight/nodes-few", on="part")
def _existing(
    workspace: Manifest, nodes: Sequence[Node], cluster: ClusterReader, target: Target
) -> Iterator[Problem]:
    """Yield the answer whether enough existing nodes can each run a pod."""
    (pods,) = pods_of([workspace])
    labels = {**mapping(mapping(pods.spec).get("nodeSelector")), **_selected_labels(workspace)}
    ready = [node for node in nodes if _matches(node, labels) and _is_usable(node)]
    facts = {"count": len(ready), "labels": _shown(labels), "replicas": pods.replicas}
    name = "preflight/nodes-matched" if len(ready) >= pods.replicas else "preflight/nodes-few"
    yield problem(name, **facts)
    usable, problems = untainted(ready, tolerations(pods.spec, target.cloud), pods.replicas)
    yield from problems
    for device, wanted in _devices(workspace).items():
        yield _enough(device, wanted, ready, pods.replicas)
    if pods.spec is not None:
        yield from check_room(pods.spec, usable, pods.replicas, cluster, workspace)


def _selected_labels(workspace: Manifest) -> Labels:
    return mapping(get(workspace, ("resource", "labelSelector", "matchLabels")))


def with_nodes(target: Target, workspace: Manifest, cluster: ClusterReader) -> Target:
    """Return the target with the GPUs of the nodes that the Workspace selects, from their labels.

    It is unchanged if nodes may not be read, or if one of them has no label with the memory of its GPUs.
    """
    facts = table("kaito/cluster.json")
    labels = _selected_labels(workspace)
    matching = [
        node for node in cluster.objects("nodes") or [] if _matches(node, labels) and _is_usable(node)
    ]
    groups = []
    for node in matching:
        memory, count = (
            amount(_labels(node).get(facts[name])) for name in ("gpuMemoryLabel", "gpuCountLabel")
        )
        gpus = count or amount(_allocatable(node).get(GPU))
        if not memory or not gpus:
            return target
        text_labels = tuple((str(key), str(value)) for key, value in _labels(node).items())
        groups.append(Nodes(text_labels, 1, int(gpus), float(memory) / 1024))
    if not groups:
        return target
    least = min(group.gpu_memory_gib for group in groups)
    return target._replace(nodes=tuple(groups), gpu_memory_gib=least)


@rule("preflight/preferred-missing", "preflight/preferred-other", "preflight/preferred-there", on="part")
def _preferred(resource: Fields, nodes: Sequence[Node], labels: Labels) -> Iterator[Problem]:
    by_name = {mapping(node.get("metadata")).get("name"): node for node in nodes}
    preferred = resource.get("preferredNodes")
    for name in preferred if isinstance(preferred, list) else []:
        if name not in by_name:
            yield problem("preflight/preferred-missing", node=shown(name))
        elif not _matches(by_name[name], labels):
            yield problem("preflight/preferred-other", node=shown(name), labels=_shown(labels))
        else:
            yield problem("preflight/preferred-there", node=shown(name))


@rule("preflight/nodes-counted", "preflight/nodes-created", on="part")
def _made_nodes(matching: Sequence[Node], labels: Labels, kaito: str) -> Iterator[Problem]:
    """Yield the answers for auto-provisioning; some versions count existing nodes, even without a GPU."""
    facts = table("kaito/cluster.json")
    counted = [
        node for node in matching if _is_ready(node) and facts["provisionerLabel"] not in _labels(node)
    ]
    if counted and get_rule(facts["countedRule"]).holds_for(kaito):
        yield problem("preflight/nodes-counted", count=len(counted), labels=_shown(labels), kaito=kaito)
    elif not matching:
        yield problem("preflight/nodes-created", labels=_shown(labels))


@rule("preflight/gpu-enough", "preflight/gpu-short", on="part")
def _enough(name: str, wanted: Fraction, nodes: Sequence[Node], replicas: int) -> Problem:
    """Return the answer whether enough nodes can each allocate `wanted` of a device."""
    allocatable = [amount(_allocatable(node).get(name)) or Fraction(0) for node in nodes]
    enough = sum(capacity >= wanted for capacity in allocatable)
    facts = {"wanted": wanted, "resource": name, "count": enough, "replicas": replicas}
    if enough >= replicas:
        return problem("preflight/gpu-enough", **facts)
    return problem("preflight/gpu-short", most=max(allocatable, default=Fraction(0)), **facts)


def _devices(workspace: Manifest) -> dict[str, Fraction]:
    """Return the devices that one pod requests: resources with a domain, such as nvidia.com/gpu."""
    pod = mapping(get(workspace, (*TEMPLATE, "spec")))
    asked: dict[str, Fraction] = {}
    for container in sequence(pod.get("containers")):
        resources = mapping(mapping(container).get("resources"))
        for name, value in {**mapping(resources.get("requests")), **mapping(resources.get("limits"))}.items():
            count = amount(value)
            if "/" in str(name) and count:
                asked[name] = asked.get(name, Fraction(0)) + count
    return asked


def _matches(node: Node, labels: Labels) -> bool:
    return all(_labels(node).get(key) == value for key, value in labels.items())


def _labels(node: Node) -> Labels:
    return mapping(mapping(node.get("metadata")).get("labels"))


def _allocatable(node: Node) -> Fields:
    return mapping(mapping(node.get("status")).get("allocatable"))


def _is_ready(node: Node) -> bool:
    conditions = mapping(node.get("status")).get("conditions")
    return any(
        mapping(condition).get("type") == "Ready" and mapping(condition).get("status") == "True"
        for condition in (conditions if isinstance(conditions, list) else [])
    )


def _is_usable(node: Node) -> bool:
    """Return whether a node is ready and not cordoned."""
    return _is_ready(node) and not mapping(node.get("spec")).get("unschedulable")


def _shown(labels: Labels) -> str:
    return ", ".join(shown(f"{key}: {value}") for key, value in labels.items()) or "an empty selector"
