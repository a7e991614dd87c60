"""Checks a cluster before a deployment, with `kubectl get` only."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from kaito_pack.base.display import shown
from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, mapping
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.preflight import admission, installed, nodes, ownership, references, scaling, secrets
from kaito_pack.preflight.asking import ClusterReader
from kaito_pack.run import judging
from kaito_pack.run.pipeline import surroundings
from kaito_pack.workspace import set_replicas
from kaito_pack.workspace.inference_sets import child_of, is_inference_set

__all__ = ["ClusterReader", "preflight"]


def preflight(
    bodies: Sequence[Manifest],
    cluster: ClusterReader,
    target: Target,
    asked_version: str | None = None,
    with_prometheus: bool = False,
) -> list[Problem]:
    """Return the cluster's answers about rendered manifests, including `ok`; the Workspace comes first.

    An InferenceSet may replace the Workspace; `with_prometheus` also checks the Prometheus that scales it.

    `target` is the target of the manifests, `asked_version` the KAITO version that the user named. Raises
    UsageError if kubectl fails altogether.
    """
    cluster.unreadable.clear()
    answers = list(_answers(bodies, cluster, target, asked_version, with_prometheus))
    return [*answers, *cluster.unreadable]


def _answers(
    bodies: Sequence[Manifest],
    cluster: ClusterReader,
    target: Target,
    asked_version: str | None,
    with_prometheus: bool,
) -> Iterator[Problem]:
    body, is_set = bodies[0], is_inference_set(bodies[0])
    workspace = _workspace(body)
    kaito = installed.look(cluster, target, asked_version)
    yield from kaito.problems
    if is_set and kaito.is_installed:
        yield from scaling.check(bodies, cluster, kaito, target.kaito, with_prometheus)
    namespace = str(mapping(body.get("metadata")).get("namespace"))
    has_namespace = yield from _namespace(cluster, namespace)
    if has_namespace:
        yield from secrets.check(bodies, cluster, namespace)
        yield from references.check(bodies, cluster, namespace)
    if not kaito.is_installed:
        return
    name = str(mapping(body.get("metadata")).get("name"))
    kind = scaling.CRD if is_set else installed.CRD
    stored = cluster.object(kind, name, namespace) if has_namespace else {}
    yield from ownership.check(body, stored)
    live = target._replace(
        kaito=kaito.kaito or target.kaito, provisioning=kaito.provisioning or target.provisioning
    )
    around = surroundings(live, bodies).with_old(stored or None)
    provisioning = around.provisioning(workspace)
    if provisioning == "auto" and (machines := installed.machines(cluster)) is not None:
        yield machines
    yield from nodes.check(workspace, cluster, provisioning, live)
    if has_namespace:
        yield from admission.check(bodies, cluster, namespace, stored)
    if provisioning == "byo":
        around = around.with_target(nodes.with_nodes(live, workspace, cluster))
        yield from _memory(workspace, around, live)
    yield from _refusals(body, around)


def _workspace(body: Manifest) -> Manifest:
    """Return the Workspace for the checks of nodes: for an InferenceSet, one with all its replicas."""
    if not is_inference_set(body):
        return body
    child = child_of(body)
    return {**child, "resource": {**child["resource"], "count": set_replicas(body)}}


@rule("preflight/gpu-memory", on="part")
def _memory(workspace: Manifest, around: Surroundings, live: Target) -> Iterator[Problem]:
    """Yield problems of the model's memory on the GPUs that the node labels report."""
    if around.target == live:
        return
    without = set(judging.check(workspace, around.with_target(live)) or ())
    for each in judging.check(workspace, around) or ():
        if each.layer in ("model", "advice") and each not in without:
            facts = {"memory": f"{around.target.gpu_memory_gib:.4g}", "message": each.message}
            yield problem("preflight/gpu-memory", fix=each.fix, **facts)


@rule("preflight/refused", on="part")
def _refusals(workspace: Manifest, around: Surroundings) -> Iterator[Problem]:
    """Yield the errors that `validate` would report for the cluster's KAITO and stored object."""
    for error in judging.check(workspace, around, with_model=False) or ():
        if error.is_error:
            facts = {"path": path_text(error.path), "message": error.message, "fix": error.fix}
            yield problem("preflight/refused", kaito=around.target.kaito, **facts)


@rule("preflight/namespace-missing", "preflight/namespace-ending", "preflight/namespace-there", on="part")
def _namespace(cluster: ClusterReader, namespace: str) -> Generator[Problem, None, bool]:
    """Yield the answer about the namespace; return whether it may exist."""
    answer = cluster.object("namespaces", namespace)
    facts = {"namespace": shown(namespace), "bare": shown(namespace, quote=False)}
    if answer == {}:
        yield problem("preflight/namespace-missing", **facts)
        return False
    if answer and mapping(answer.get("status")).get("phase") == "Terminating":
        yield problem("preflight/namespace-ending", **facts)
    elif answer:
        yield problem("preflight/namespace-there", **facts)
    return True
