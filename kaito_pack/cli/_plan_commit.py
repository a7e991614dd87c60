"""The old side of a plan: the same files at a commit, rendered as today."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import click

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import ProblemsError, UsageError
from kaito_pack.base.trees import Manifest
from kaito_pack.cli._plan_old import Before, Run, bodies_of, runs
from kaito_pack.cli.shared.options import ClusterOptions
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.plan.commit import Commit
from kaito_pack.run.judgement import Judgement
from kaito_pack.workspace.identity import identity
from kaito_pack.workspace.inference_sets import is_inference_set


@dataclass(frozen=True)
class Then:
    """A cluster at a commit: its name, its output tree in the commit, and its outcomes."""

    name: str
    tree: str | None
    outcomes: Sequence[Judgement]


def outcomes_then(run: Run, then: Sequence[Then], commit: Commit) -> Sequence[Judgement]:
    """Return the outcomes of a current cluster at the commit, identified by output tree, else by name."""
    tree = commit.path(run.tree) if run.tree is not None else None
    same = [cluster for cluster in then if cluster.tree == tree] or [
        cluster for cluster in then if cluster.name == run.name
    ]
    return same[0].outcomes if same else ()


def report_lost(now: Sequence[Run], then: Sequence[Then], commit: Commit) -> None:
    """Report clusters that were removed from the fleet; their trees stay, so no object is deleted."""
    trees = {commit.path(run.tree) for run in now if run.tree is not None}
    for cluster in then:
        if (
            cluster.tree is not None
            and cluster.tree not in trees
            and cluster.name not in {run.name for run in now}
        ):
            name = escaped(commit.name(cluster.tree).partition(":")[2])
            words = f"is no longer in the fleet. Its Workspaces stay as long as {name} is applied"
            click.echo(f"{escaped(cluster.name)}: {words}", err=True)


def at_commit(
    commit: Commit, values: Sequence[str], cluster: ClusterOptions, fleet: str | None
) -> list[Then]:
    """Return the outcomes at the commit by cluster, with the values, layers, target and fleet of the commit.

    Templates and options are the current ones. Files that could not be rendered then count as absent.
    """
    if "-" in values:
        raise UsageError("--against cannot read stdin at a commit. Pass the values files")
    layers = tuple(_then(commit, file) for file in cluster.layer_files)
    target = _then(commit, cluster.target_file) if cluster.target_file else None
    past = cluster.changed(
        layer_files=tuple(file for file in layers if os.path.exists(file)),
        target_file=target if target and os.path.exists(target) else None,
    )
    existing = [path for path in map(commit.path, values) if os.path.exists(path)]
    past_fleet = commit.path(fleet) if fleet else None
    if not existing and not (past_fleet and os.path.exists(past_fleet)):
        return []
    try:
        past_runs = runs(existing, past, past_fleet, None)
    except ProblemsError as error:
        first = error.problems[0]
        where = commit.name(first.place.file) if first.place else ""
        raise UsageError(f"--against: {escaped(where)}: {first.message}") from None
    trees = [None if run.tree is None else os.path.normpath(run.tree) for run in past_runs]
    return [Then(run.name, tree, _rendered(run, commit)) for run, tree in zip(past_runs, trees, strict=True)]


def _then(commit: Commit, file: str) -> str:
    return commit.path(file) if commit.has(file) else file


def _rendered(run: Run, commit: Commit) -> list[Judgement]:
    outcomes = [run.pipeline.rendered(source) for source in run.sources if source.unread is None]
    for outcome in outcomes:
        if not outcome.manifests:
            name = escaped(commit.name(outcome.file))
            click.echo(
                f"{name}: could not be rendered at that commit, so its objects count as created", err=True
            )
    return outcomes


def before_commit(commit: Commit, then: Sequence[Judgement], now: Sequence[Judgement]) -> Before:
    """Return the manifests of a commit and, for each current Workspace, the old one of the same file."""
    by_file = {os.path.normpath(outcome.file): outcome for outcome in then if outcome.manifests}
    before = Before(bodies_of(then))
    for outcome in now:
        old = by_file.get(commit.path(outcome.file))
        pair = [_workspace(each) for each in (outcome, old) if each is not None]
        if len(pair) == 2 and pair[0] and pair[1]:
            before.same_file[identity(pair[0])] = identity(pair[1])
    return before


def _workspace(outcome: Judgement) -> Manifest | None:
    bodies = (manifest.body for manifest in outcome.manifests)
    return next((body for body in bodies if is_workspace(body) or is_inference_set(body)), None)
