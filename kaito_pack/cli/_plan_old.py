"""The old side of a plan: an output tree or stored objects."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from kaito_pack.base.display import escaped, shown
from kaito_pack.base.problems import ProblemsError, UsageError
from kaito_pack.base.trees import Manifest
from kaito_pack.cli.shared.options import ClusterOptions
from kaito_pack.documents import read_file
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.output.tree import workspace_files
from kaito_pack.plan.commit import Commit
from kaito_pack.run.judgement import Judgement
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import Source, values_sources
from kaito_pack.workspace.identity import Identity


@dataclass(frozen=True)
class Run:
    """One cluster of a plan: its name in the fleet, its pipeline, its values, and its output tree."""

    name: str
    pipeline: Pipeline
    sources: Sequence[Source]
    tree: str | None = None


@dataclass
class Before:
    """The old objects, and the old identity of the Workspace of each values file."""

    bodies: list[Manifest] = field(default_factory=list)
    same_file: dict[Identity, Identity] = field(default_factory=dict)


def runs(values: Sequence[str], cluster: ClusterOptions, fleet: str | None, out: str | None) -> list[Run]:
    """Return the clusters of the plan; without a fleet, a single one without a name."""
    if fleet is None:
        pipeline = Pipeline(*cluster.scope(), with_advice=False)
        return [Run("", pipeline, values_sources(values), out)]
    from kaito_pack.run.targets import read_fleet

    return [
        Run(
            entry.name,
            Pipeline(*cluster.over(entry.scope), with_advice=False),
            values_sources(entry.values),
            entry.out,
        )
        for entry in read_fleet(fleet, cluster.pack)
    ]


def bodies_of(outcomes: Sequence[Judgement]) -> list[Manifest]:
    """Return all manifests of a run."""
    return [manifest.body for outcome in outcomes for manifest in outcome.manifests]


def of_tree(tree: str, new: Sequence[Manifest], whole: bool, commit: Commit | None = None) -> Before:
    """Return the pack's objects in the tree, now or at a commit: all, or only those of these Workspaces."""
    title = tree if commit is None else f"{commit.ref}:{tree}"
    tree = tree if commit is None else commit.path(tree)
    files = workspace_files(tree)
    if not os.path.isdir(tree):
        click.echo(f"{escaped(title)}: does not exist yet, so every object counts as created", err=True)
    if not whole:
        names = {f"{body['metadata'].get('namespace')}/{body['metadata']['name']}.yaml" for body in new}
        files = [file for file in files if file in names]
    return Before([body for file in sorted(files) for body in _objects(os.path.join(tree, file))])


def of_objects(files: Sequence[str]) -> Before:
    """Return the objects in files and on stdin. ProblemsError for other documents, UsageError if none."""
    try:
        return Before([body for file in files for body in _objects(file)])
    except ProblemsError as error:
        first = error.problems[0]
        if first.rule != "values/file-empty" or first.place is None:
            raise
        # kubectl prints nothing to stdout if it finds nothing, and reports that itself.
        raise UsageError(f"{escaped(first.place.file)}: contains no object to compare with") from None


@rule("crd/no-kind", on="shared")
def _objects(file: str) -> list[Manifest]:
    """Return the objects of a file, including those in Lists."""
    objects: list[Manifest] = []
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
        objects += [item for item in items or () if isinstance(item, dict)] if is_list else [body]
    return objects
