"""`kaito-pack plan`: shows the effects of a change before it is merged."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import click

from kaito_pack.base.display import shown
from kaito_pack.base.records import NamedTuple
from kaito_pack.cli._plan_commit import at_commit, before_commit, outcomes_then, report_lost
from kaito_pack.cli._plan_old import Before, Run, bodies_of, of_objects, of_tree, runs
from kaito_pack.cli._progress import bar
from kaito_pack.cli.formats import format_option
from kaito_pack.cli.results import Plan, Upgrade
from kaito_pack.cli.shared.help import Command
from kaito_pack.cli.shared.options import ClusterOptions, cluster_options
from kaito_pack.cli.shared.output import put, put_outcomes
from kaito_pack.cli.shared.words import File, Folder, Words, kaito_versions
from kaito_pack.plan import LABELS, Planned, plan
from kaito_pack.plan.commit import files_at
from kaito_pack.plan.upgrade import EFFECTS, upgraded
from kaito_pack.run.judgement import Judgement

Rendered = Sequence[tuple[Run, Sequence[Judgement]]]
Objects = list[tuple[str, Planned]]  # each with the name of its cluster in a fleet
FAILING = (*LABELS, "created", "deleted", *EFFECTS)
LISTED = tuple(label for label in FAILING if label != "refused")  # "rejected" includes it


class PlanJob(NamedTuple):
    """The arguments: the values, the other side of the comparison, and the output format."""

    values: tuple[str, ...]
    out: str | None
    against: str | None
    old: tuple[str, ...]
    upgrade: str | None
    fleet: str | None
    form: str
    fail_on: tuple[str, ...]

    @property
    def failing(self) -> set[str]:
        """The labels that make the run fail."""
        return {word.strip() for word in ",".join(self.fail_on).split(",") if word.strip()}

    @property
    def is_whole(self) -> bool:
        """Whether the values describe the complete output, so that all other objects are deleted."""
        return self.fleet is not None or all(map(os.path.isdir, self.values))


@click.command("plan", cls=Command)
@click.argument("values", nargs=-1, type=File(), metavar="VALUES...")
@cluster_options
@click.option("--out", type=Folder(), metavar="DIR", help="Compare with the committed output tree in DIR.")
@click.option(
    "--against",
    metavar="GIT-REF",
    help="Compare with the files at that commit; with --out, with the tree at that commit.",
)
@click.option(
    "--old",
    multiple=True,
    type=File(),
    metavar="FILE",
    help="Compare with the stored objects in FILE; - is stdin. Repeatable.",
)
@click.option(
    "--upgrade",
    type=Words(kaito_versions),
    metavar="VERSION",
    help="Report what VERSION handles differently from the current KAITO version.",
)
@click.option(
    "--fleet",
    type=File(),
    metavar="FILE",
    help="Plan for every cluster in FILE, instead of VALUES and --out.",
)
@format_option("plan", {"text": "text"})
@click.option(
    "--fail-on",
    multiple=True,
    type=Words(lambda _: LISTED),
    metavar="LABELS",
    help=f"Exit with 1 if any of these labels occurs: {', '.join(LISTED)}.",
)
@click.pass_context
def command(context: click.Context, /, cluster: ClusterOptions, **asked: Any) -> None:
    """Show what KAITO does with each changed field

    The plan compares the manifests of VALUES with --out, --against or --old, and prints a command if you
    have to act.

    Labels: rejected, not-rolled-out, rolled-out-by-job, recreate, live, ignored; created and deleted. With
    --upgrade: rejected, breaks, differs.

    Exit codes: 0 unless --fail-on names a label that occurs; 1 it does, or the values are wrong; 2 nothing
    could be compared.
    """
    job = PlanJob(**asked)
    _refuse_misuse(job)
    if job.upgrade is not None:
        present = runs(job.values, _present(cluster, job.upgrade, job.fleet), job.fleet, job.out)
        context.exit(_upgrade(_rendered(context, present), job.upgrade, job.form, job.failing))
    rendered = _rendered(context, runs(job.values, cluster, job.fleet, job.out))
    if job.against is None:
        objects = _against_output(rendered, job)
    else:
        objects = _against_commit(rendered, job, job.against, cluster)
    contexts = {run.name: run.pipeline.target.context for run, _ in rendered}
    put(Plan(objects, contexts), job.form)
    context.exit(1 if job.failing & {label for _, planned in objects for label in planned.labels} else 0)


def _against_output(rendered: Rendered, job: PlanJob) -> Objects:
    """Return the plan against stored objects, or against each current output tree."""
    objects: Objects = []
    for run, outcomes in rendered:
        if job.old:
            objects += _planned(run, of_objects(job.old), outcomes, False)
        elif run.tree is not None:
            before = of_tree(run.tree, bodies_of(outcomes), job.is_whole)
            objects += _planned(run, before, outcomes, job.is_whole)
    return objects


def _against_commit(rendered: Rendered, job: PlanJob, reference: str, cluster: ClusterOptions) -> Objects:
    """Return the plan against a commit: its output tree with --out, else its rendered files."""
    objects: Objects = []
    with files_at(reference) as commit:
        then = at_commit(commit, job.values, cluster, job.fleet) if job.out is None else []
        report_lost([run for run, _ in rendered], then, commit)
        for run, outcomes in rendered:
            if job.out is not None:
                before = of_tree(job.out, bodies_of(outcomes), job.is_whole, commit)
                objects += _planned(run, before, outcomes, job.is_whole)
            else:
                before = before_commit(commit, outcomes_then(run, then, commit), outcomes)
                objects += _planned(run, before, outcomes, True)
    return objects


def _refuse_misuse(job: PlanJob) -> None:
    """Raise UsageError for invalid combinations of options."""
    if unknown := job.failing - set(FAILING):
        raise click.UsageError(
            f"--fail-on {shown(', '.join(sorted(unknown)))} is not a label. Use {', '.join(LISTED)}"
        )
    if job.fleet is None and not job.values:
        raise click.UsageError("no values file given. Pass one, such as llama.yaml, or use --fleet")
    if job.fleet is not None and (job.values or job.out or job.old):
        raise click.UsageError(
            "--fleet cannot be used with VALUES, --out or --old. The fleet file "
            "names values and output folders"
        )
    named = sum((job.out is not None or job.against is not None, bool(job.old)))
    if job.upgrade is not None and named:
        raise click.UsageError(
            "--upgrade cannot be used with --out, --against or --old. It compares two KAITO versions"
        )
    if job.upgrade is None and named != 1 and (job.fleet is None or named):
        raise click.UsageError(
            "nothing to compare with. Pass one of --out DIR, --against GIT-REF or --old FILE"
        )


def _planned(run: Run, before: Before, outcomes: Sequence[Judgement], is_whole: bool) -> Objects:
    objects = plan(before.bodies, bodies_of(outcomes), run.pipeline.target, is_whole, before.same_file)
    return [(run.name, planned) for planned in objects]


def _present(cluster: ClusterOptions, upgrade: str, fleet: str | None) -> ClusterOptions:
    """Return the current cluster; its KAITO version defaults to the one before the upgrade."""
    then = cluster.pack.kaito_version(upgrade)
    if fleet is not None or cluster.kaito_version is not None or cluster.target_file is not None:
        return cluster
    known = list(cluster.pack.kaito_versions)
    now = known[max(known.index(then) - 1, 0)]
    click.echo(
        f"Assuming that the cluster runs KAITO {now}. Set --kaito-version or --target to change that",
        err=True,
    )
    return cluster.changed(kaito_version=now)


def _rendered(context: click.Context, present: Sequence[Run]) -> Rendered:
    """Return the outcomes of each cluster; if there are problems, report all of them and exit."""
    rendered: list[tuple[Run, Sequence[Judgement]]] = []
    for run in present:
        with bar(len(run.sources), f"rendering {run.name}".rstrip(), 2) as run.pipeline.progress:
            rendered.append((run, run.pipeline.judge(run.sources)))
    if code := max((put_outcomes(outcomes) for _, outcomes in rendered), default=0):
        context.exit(code)
    return rendered


def _upgrade(present: Rendered, version: str, form: str, wanted: set[str]) -> int:
    workspaces = []
    for run, outcomes in present:
        now = run.pipeline.target
        then = now._replace(kaito=run.pipeline.pack.kaito_version(version))
        workspaces += [(run.name, each) for each in upgraded(bodies_of(outcomes), now, then)]
    put(Upgrade(workspaces, version), form)
    effects = {reason.effect for _, workspace in workspaces for reason in workspace.reasons}
    wanted = wanted | ({"refused"} if "rejected" in wanted else set())
    return 1 if wanted & effects else 0
