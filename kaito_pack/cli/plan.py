"""`render.py plan`: what a change will do, before it is merged."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

import click

from kaito_pack.cli._options import Cluster, cluster_options
from kaito_pack.cli._output import tell_outcomes
from kaito_pack.cli._plan_commit import at_commit, before_commit, of_cluster, tell_of_lost
from kaito_pack.cli._plan_old import Before, Run, bodies_of, of_objects, of_tree, runs
from kaito_pack.cli._plan_text import as_markdown, as_rows, as_text, upgrade_text
from kaito_pack.pipeline import Outcome
from kaito_pack.plan import LABELS, Planned, plan
from kaito_pack.plan.commit import files_at
from kaito_pack.plan.upgrade import EFFECTS, upgraded
from kaito_pack.problems import shown

Rendered = Sequence[tuple[Run, Sequence[Outcome]]]
FAILING = (*LABELS, "created", "deleted", *EFFECTS)


@click.command("plan")
@click.argument("values", nargs=-1, metavar="VALUES...")
@cluster_options
@click.option("--out", metavar="DIR", help="Compare with the output tree that is there.")
@click.option(
    "--against",
    metavar="GIT-REF",
    help="Compare with what the files were at that commit; with --out, with the tree there.",
)
@click.option(
    "--old", multiple=True, metavar="FILE", help="Compare with stored objects; - is kubectl's on stdin."
)
@click.option(
    "--upgrade", metavar="VERSION", help="Say what that KAITO would treat otherwise than the present one."
)
@click.option("--fleet", metavar="FILE", help="The clusters of a fleet file instead of VALUES and --out.")
@click.option(
    "-o", "--output", "form", type=click.Choice(["text", "json", "markdown"]), default="text", help="Format."
)
@click.option(
    "--fail-on", multiple=True, metavar="LABELS", help=f"Exit with 1 on any of: {', '.join(FAILING)}."
)
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
    fail_on: tuple[str, ...],
) -> None:
    """Say what KAITO will do with each field that VALUES change, and the command that helps.

    Labels: rejected, not-rolled-out, rolled-out-by-job, recreate, live, ignored; created and deleted. With
    --upgrade: refused, breaks, differs.
    """
    wanted = {word.strip() for word in ",".join(fail_on).split(",") if word.strip()}
    _refuse_misuse(values, out, against, old, upgrade, fleet, wanted)
    if upgrade is not None:
        present = runs(values, _present(cluster, upgrade, fleet), fleet, out)
        context.exit(_upgrade(_rendered(context, present), upgrade, form, wanted))
    made = _rendered(context, runs(values, cluster, fleet, out))
    whole = fleet is not None or all(map(os.path.isdir, values))
    planned: list[Planned] = []
    with ExitStack() as stack:
        commit = stack.enter_context(files_at(against)) if against is not None else None
        then = at_commit(commit, values, cluster, fleet) if commit and out is None else []
        if commit:
            tell_of_lost([run for run, _ in made], then, commit)
        for run, outcomes in made:
            new = bodies_of(outcomes)
            if commit and out is not None:
                planned += _planned(run, of_tree(out, new, whole, commit), outcomes, whole)
            elif commit:
                before = before_commit(commit, of_cluster(run, then, commit), outcomes)
                planned += _planned(run, before, outcomes, True)
            elif old:
                planned += _planned(run, of_objects(old), outcomes, False)
            elif run.tree is not None:
                planned += _planned(run, of_tree(run.tree, new, whole), outcomes, whole)
    show = {"text": as_text, "markdown": as_markdown}.get(form)
    click.echo(show(planned) if show else _json(planned), nl=False)
    context.exit(1 if wanted & {label for one in planned for label in one.labels} else 0)


def _refuse_misuse(
    values: Sequence[str],
    out: str | None,
    against: str | None,
    old: Sequence[str],
    upgrade: str | None,
    fleet: str | None,
    wanted: set[str],
) -> None:
    """Combinations of options that say nothing."""
    if unknown := wanted - set(FAILING):
        raise click.UsageError(
            f"--fail-on {shown(', '.join(sorted(unknown)))}: choose from {', '.join(FAILING)}"
        )
    if fleet is None and not values:
        raise click.UsageError("name a values file, such as llama.yaml, or a --fleet")
    if fleet is not None and (values or out or old):
        raise click.UsageError("--fleet names values and output folders; leave VALUES, --out and --old away")
    named = sum((out is not None or against is not None, bool(old)))
    if upgrade is not None and named:
        raise click.UsageError("--upgrade compares two KAITO versions; leave --out, --against and --old away")
    if upgrade is None and named != 1 and (fleet is None or named):
        raise click.UsageError("name one thing to compare with: --out DIR, --against GIT-REF, or --old FILE")


def _planned(run: Run, before: Before, outcomes: Sequence[Outcome], whole: bool) -> Iterator[Planned]:
    found = plan(before.bodies, bodies_of(outcomes), run.pipeline.target, whole, before.same_file)
    for one in found:
        one.cluster = run.name
        yield one


def _json(planned: Sequence[Planned]) -> str:
    return json.dumps(as_rows(planned), indent=2, ensure_ascii=False, default=str) + "\n"


def _present(cluster: Cluster, upgrade: str, fleet: str | None) -> Cluster:
    """The cluster as it is now; where nobody says its KAITO, the one before that of the upgrade."""
    then = cluster.pack.kaito_version(upgrade)
    if fleet is not None or cluster.kaito_version is not None or cluster.target_file is not None:
        return cluster
    known = list(cluster.pack.kaito_versions)
    now = known[max(known.index(then) - 1, 0)]
    click.echo(
        f"Taking KAITO {now} for the present one; --kaito-version or --target says otherwise", err=True
    )
    return replace(cluster, kaito_version=now)


def _rendered(context: click.Context, present: Sequence[Run]) -> Rendered:
    """The outcomes of each cluster; where any is wrong, all that is wrong is told, and that is the end."""
    made: Rendered = [(run, run.pipeline.run_sources(run.sources)) for run in present]
    if code := max((tell_outcomes(outcomes) for _, outcomes in made), default=0):
        context.exit(code)
    return made


def _upgrade(present: Rendered, version: str, form: str, wanted: set[str]) -> int:
    found = []
    for run, outcomes in present:
        now = run.pipeline.target
        then = replace(now, kaito=run.pipeline.pack.kaito_version(version))
        found += upgraded(bodies_of(outcomes), now, then, run.name)
    click.echo(upgrade_text(found, version, form), nl=False)
    effects = {reason.effect for one in found for reason in one.reasons}
    wanted = wanted | ({"refused"} if "rejected" in wanted else set())
    return 1 if wanted & effects else 0
