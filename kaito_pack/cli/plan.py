"""`render.py plan`: what a change will do, before it is merged."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import click

from kaito_pack.cli._options import Cluster, cluster_options
from kaito_pack.cli._output import tell_outcomes
from kaito_pack.cli._plan_text import as_markdown, as_rows, as_text, upgrade_text
from kaito_pack.documents import read_file, read_text
from kaito_pack.pipeline import Outcome, Pipeline
from kaito_pack.plan import LABELS, plan
from kaito_pack.problems import ProblemsError, UsageError, shown
from kaito_pack.sources import Source, values_sources
from kaito_pack.tree import workspace_files
from kaito_pack.upgrade import upgraded

FAILING = (*LABELS, "created", "deleted", "refused")


@click.command("plan")
@click.argument("values", nargs=-1, metavar="VALUES...")
@cluster_options
@click.option("--out", metavar="DIR", help="Compare with the output tree that is there.")
@click.option("--against", metavar="GIT-REF", help="Compare with what the values were at that commit.")
@click.option(
    "--old", multiple=True, metavar="FILE", help="Compare with stored objects; - is kubectl's on stdin."
)
@click.option(
    "--upgrade", metavar="VERSION", help="Say what that KAITO would treat otherwise than the present one."
)
@click.option("--fleet", metavar="FILE", help="With --upgrade or --out trees: the clusters of a fleet file.")
@click.option(
    "-o", "--output", "form", type=click.Choice(["text", "json", "markdown"]), default="text", help="Format."
)
@click.option("--fail-on", metavar="LABELS", default="", help=f"Exit with 1 on any of: {', '.join(FAILING)}.")
@click.pass_context
def command(
    context: click.Context,
    values: tuple[str, ...],
    cluster: Cluster,
    out: str | None,
    against: str | None,
    old: tuple[str, ...],
    upgrade: str | None,
    fleet: str | None,
    form: str,
    fail_on: str,
) -> None:
    """Say what KAITO will do with each field that VALUES change, and the command that helps.

    Labels: rejected, not-rolled-out, rolled-out-by-job, recreate, live, ignored; created and deleted.
    """
    wanted = {word.strip() for word in fail_on.split(",") if word.strip()}
    if unknown := wanted - set(FAILING):
        raise click.UsageError(
            f"--fail-on {shown(', '.join(sorted(unknown)))}: choose from {', '.join(FAILING)}"
        )
    runs = _runs(values, cluster, fleet, out)
    if upgrade is not None:
        context.exit(_upgrade(runs, cluster, upgrade, form, wanted))
    if fleet is None and sum((out is not None, against is not None, bool(old))) != 1:
        raise click.UsageError("name one thing to compare with: --out DIR, --against GIT-REF, or --old FILE")
    planned = []
    for pipeline, sources, tree in runs:
        outcomes = pipeline.run_sources(sources)
        if code := tell_outcomes(outcomes):
            context.exit(code)
        new = _bodies(outcomes)
        whole = fleet is not None or all(map(os.path.isdir, values))
        if tree is not None:
            before = _of_tree(tree, new, whole)
        elif against is not None:
            before, whole = _of_commit(against, sources, pipeline), True
        else:
            before, whole = [body for file in old for body in _objects(file)], False
        planned += plan(before, new, pipeline.target, whole)
    show = {"text": as_text, "markdown": as_markdown}.get(form)
    rows = json.dumps(as_rows(planned), indent=2, ensure_ascii=False) + "\n"
    click.echo(show(planned) if show else rows, nl=False)
    context.exit(1 if wanted & {label for one in planned for label in one.labels} else 0)


Run = tuple[Pipeline, Sequence[Source], str | None]


def _runs(values: tuple[str, ...], cluster: Cluster, fleet: str | None, out: str | None) -> list[Run]:
    """Each cluster's pipeline, values and tree; one without a fleet."""
    if fleet is None:
        if not values:
            raise click.UsageError("name a values file, such as llama.yaml, or a --fleet")
        return [
            (
                Pipeline(cluster.pack, cluster.target(), cluster.below, cluster.above, False),
                values_sources(values),
                out,
            )
        ]
    if values or out:
        raise click.UsageError("--fleet names values and output folders itself; leave VALUES and --out away")
    from kaito_pack.targets import read_fleet

    return [
        (
            Pipeline(cluster.pack, cluster.over(one.of.target), one.of.layers, cluster.above, False),
            values_sources(one.values),
            one.out,
        )
        for one in read_fleet(fleet, cluster.pack)
    ]


def _bodies(outcomes: Sequence[Outcome]) -> list[Mapping[str, Any]]:
    return [manifest.body for outcome in outcomes for manifest in outcome.manifests]


def _of_tree(tree: str, new: Sequence[Mapping[str, Any]], whole: bool) -> list[Mapping[str, Any]]:
    """What the tree holds: everything of the pack's, or only the files of these Workspaces."""
    files = workspace_files(tree)
    if not whole:
        names = {f"{one['metadata'].get('namespace')}/{one['metadata']['name']}.yaml" for one in new}
        files = [file for file in files if file in names]
    return [body for file in files for body in _objects(os.path.join(tree, file))]


def _objects(file: str) -> list[Mapping[str, Any]]:
    """The objects in a file or on stdin; Lists are taken apart."""
    found: list[Mapping[str, Any]] = []
    for document in read_file(file):
        if isinstance(document.value, dict):
            items = document.value.get("items")
            is_list = str(document.value.get("kind", "")).endswith("List") and isinstance(items, list)
            found += [one for one in items or () if isinstance(one, dict)] if is_list else [document.value]
    return found


def _of_commit(ref: str, sources: Sequence[Source], pipeline: Pipeline) -> list[Mapping[str, Any]]:
    """What the same values files rendered to at that commit, by the templates of today."""
    _git(["rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"], f"{shown(ref)} is no commit here")
    outcomes = []
    for source in sources:
        folder, name = os.path.split(source.file)
        done = subprocess.run(
            ["git", "show", f"{ref}:./{name}"], cwd=folder or ".", capture_output=True, check=False
        )
        if done.returncode == 0:  # otherwise the file is new
            try:
                documents = read_text(done.stdout, f"{ref}:{source.file}")
            except ProblemsError:
                continue  # it could not be rendered then, so nothing of it was applied
            outcomes.append(pipeline.rendered(Source(source.file, documents)))
    return _bodies(outcomes)


def _git(arguments: list[str], otherwise: str) -> None:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except OSError as error:
        raise UsageError(f"git: {error.strerror}") from None
    if done.returncode:
        raise UsageError(f"--against: {otherwise}")


def _upgrade(runs: Sequence[Run], cluster: Cluster, version: str, form: str, wanted: set[str]) -> int:
    found = []
    for pipeline, sources, _ in runs:
        bodies = _bodies([pipeline.rendered(source) for source in sources])
        then = cluster.over(pipeline.target, version)
        found += upgraded(bodies, pipeline.target, then)
    click.echo(upgrade_text(found, version, form), nl=False)
    refused = any(one.is_refused for one in found)
    return 1 if refused and wanted & {"refused", "rejected"} else 0
