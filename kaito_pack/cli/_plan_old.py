"""What a plan compares with: an output tree, the same files at a commit, or stored objects."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import click

from kaito_pack.checks import is_workspace
from kaito_pack.cli._options import Cluster
from kaito_pack.documents import read_file
from kaito_pack.output.tree import workspace_files
from kaito_pack.pipeline import Outcome, Pipeline
from kaito_pack.plan.commit import Commit
from kaito_pack.plan.moves import Identity, identity
from kaito_pack.problems import ProblemsError, UsageError, escaped, shown
from kaito_pack.rules import problem
from kaito_pack.sources import Source, values_sources

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """One cluster of a plan: its name in the fleet, its pipeline, its values, and its output tree."""

    name: str
    pipeline: Pipeline
    sources: Sequence[Source]
    tree: str | None = None


@dataclass
class Before:
    """What was there, and which Workspace the same values file made."""

    bodies: list[Manifest] = field(default_factory=list)
    same_file: dict[Identity, Identity] = field(default_factory=dict)


def runs(values: Sequence[str], cluster: Cluster, fleet: str | None, out: str | None) -> list[Run]:
    """Each cluster that is planned for; one, without a name, where there is no fleet."""
    if fleet is None:
        pipeline = Pipeline(cluster.pack, cluster.target(), cluster.below, cluster.above, False)
        return [Run("", pipeline, values_sources(values), out)]
    from kaito_pack.targets import read_fleet

    return [
        Run(
            one.name,
            Pipeline(cluster.pack, cluster.over(one.of.target), one.of.layers, cluster.above, False),
            values_sources(one.values),
            one.out,
        )
        for one in read_fleet(fleet, cluster.pack)
    ]


def bodies_of(outcomes: Sequence[Outcome]) -> list[Manifest]:
    """All manifests of a run."""
    return [manifest.body for outcome in outcomes for manifest in outcome.manifests]


def of_tree(tree: str, new: Sequence[Manifest], whole: bool, commit: Commit | None = None) -> Before:
    """What the tree holds, today or at a commit: all that is the pack's, or these Workspaces' files."""
    said = tree if commit is None else f"{commit.ref}:{tree}"
    tree = tree if commit is None else commit.path(tree)
    files = workspace_files(tree)
    if not os.path.isdir(tree):
        click.echo(f"{escaped(said)}: not there yet, so everything is created", err=True)
    if not whole:
        names = {f"{one['metadata'].get('namespace')}/{one['metadata']['name']}.yaml" for one in new}
        files = [file for file in files if file in names]
    return Before([body for file in sorted(files) for body in _objects(os.path.join(tree, file))])


def of_objects(files: Sequence[str]) -> Before:
    """The objects in files and on stdin. ProblemsError where a document is none."""
    return Before([body for file in files for body in _objects(file)])


def _objects(file: str) -> list[Manifest]:
    """The objects of a file; Lists are taken apart."""
    found: list[Manifest] = []
    for document in read_file(file):
        body = document.value
        if body is None:
            continue
        if not isinstance(body, dict) or not isinstance(body.get("kind"), str):
            kind = body.get("kind") if isinstance(body, dict) else body
            facts = {"value": shown(kind), "field": "kind"}
            raise ProblemsError([problem("crd/no-kind", ("kind",), document.place(()), **facts)])
        items = body.get("items")
        is_list = body["kind"].endswith("List") and isinstance(items, list)
        found += [one for one in items or () if isinstance(one, dict)] if is_list else [body]
    return found


def at_commit(
    commit: Commit, values: Sequence[str], cluster: Cluster, fleet: str | None
) -> dict[str, list[Outcome]]:
    """What the same files rendered to then, by cluster: values, layers, target and fleet as they were.

    Templates and options are those of today. What could not be rendered then counts as not there.
    """
    if "-" in values:
        raise UsageError("--against: stdin is in no commit; name the values files")
    layers = tuple(_then(commit, file) for file in cluster.layer_files)
    target = _then(commit, cluster.target_file) if cluster.target_file else None
    past = replace(
        cluster,
        layer_files=tuple(file for file in layers if os.path.exists(file)),
        target_file=target if target and os.path.exists(target) else None,
    )
    there = [path for path in map(commit.path, values) if os.path.exists(path)]
    past_fleet = commit.path(fleet) if fleet else None
    if not there and not (past_fleet and os.path.exists(past_fleet)):
        return {}
    try:
        found = runs(there, past, past_fleet, None)
    except ProblemsError as error:
        of = error.problems[0]
        where = commit.name(of.place.file) if of.place else ""
        raise UsageError(f"--against: {escaped(where)}: {of.message}") from None
    return {run.name: list(_rendered(run, commit)) for run in found}


def _then(commit: Commit, file: str) -> str:
    return commit.path(file) if commit.has(file) else file


def _rendered(run: Run, commit: Commit) -> list[Outcome]:
    outcomes = [run.pipeline.rendered(source) for source in run.sources if source.unread is None]
    for one in outcomes:
        if not one.manifests:
            name = escaped(commit.name(one.file))
            click.echo(f"{name}: could not be rendered, so it counts as not there", err=True)
    return outcomes


def before_commit(commit: Commit, then: Sequence[Outcome], now: Sequence[Outcome]) -> Before:
    """The manifests of a commit, each Workspace of today with that of the same file."""
    by_file = {os.path.normpath(one.file): one for one in then if one.manifests}
    before = Before(bodies_of(then))
    for one in now:
        old = by_file.get(commit.path(one.file))
        pair = [_workspace(each) for each in (one, old) if each is not None]
        if len(pair) == 2 and pair[0] and pair[1]:
            before.same_file[identity(pair[0])] = identity(pair[1])
    return before


def _workspace(outcome: Outcome) -> Manifest | None:
    return next((one.body for one in outcome.manifests if is_workspace(one.body)), None)
