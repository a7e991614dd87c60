"""Preflight: what only the cluster knows, asked with `kubectl get` before anything is applied."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from kaito_pack.base.display import shown
from kaito_pack.base.paths import path_text
from kaito_pack.base.trees import Manifest, mapping
from kaito_pack.kaito.target import Target
from kaito_pack.preflight import installed, nodes, ownership, secrets
from kaito_pack.preflight.asking import Cluster
from kaito_pack.preflight.findings import Finding, finding
from kaito_pack.run import judging as checks
from kaito_pack.run.pipeline import surroundings

__all__ = ["Cluster", "Finding", "preflight"]


def preflight(
    bodies: Sequence[Manifest], cluster: Cluster, target: Target, asked_version: str | None = None
) -> list[Finding]:
    """What the cluster says of rendered manifests, the Workspace first.

    `target` is what they are meant for, `asked_version` the KAITO version that the user named. Raises
    UsageError where kubectl fails altogether.
    """
    cluster.unseen.clear()
    found = list(_findings(bodies, cluster, target, asked_version))
    return [*found, *cluster.unseen]


def _findings(
    bodies: Sequence[Manifest], cluster: Cluster, target: Target, asked_version: str | None
) -> Iterator[Finding]:
    workspace = bodies[0]
    kaito = installed.look(cluster, target, asked_version)
    yield from kaito.findings
    namespace = str(mapping(workspace.get("metadata")).get("namespace"))
    has_namespace = yield from _namespace(cluster, namespace)
    if has_namespace:
        yield from secrets.check(bodies, cluster, namespace)
    if not kaito.is_there:
        return
    name = str(mapping(workspace.get("metadata")).get("name"))
    stored = cluster.there(installed.CRD, name, namespace) if has_namespace else {}
    yield from ownership.check(workspace, stored)
    seen = replace(
        target, kaito=kaito.kaito or target.kaito, provisioning=kaito.provisioning or target.provisioning
    )
    around = replace(surroundings(seen, bodies), old=stored or None)
    provisioning = around.provisioning(workspace)
    if provisioning == "auto" and (machines := installed.machines(cluster)) is not None:
        yield machines
    yield from nodes.check(workspace, cluster, provisioning, seen.kaito)
    for problem in checks.check(workspace, around, with_model=False) or ():
        if problem.is_error:
            facts = {"path": path_text(problem.path), "message": problem.message, "fix": problem.fix}
            yield finding("refused", kaito=seen.kaito, **facts)


def _namespace(cluster: Cluster, namespace: str) -> Generator[Finding, None, bool]:
    """The findings about the namespace; gives whether it may be there."""
    found = cluster.there("namespaces", namespace)
    facts = {"namespace": shown(namespace), "bare": shown(namespace, quote=False)}
    if found == {}:
        yield finding("namespace-missing", **facts)
        return False
    if found and mapping(found.get("status")).get("phase") == "Terminating":
        yield finding("namespace-ending", **facts)
    elif found:
        yield finding("namespace-there", **facts)
    return True
