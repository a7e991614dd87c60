"""`kaito-pack validate`: checks values and manifests as a cluster would, without a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kaito_pack.base.display import escaped
from kaito_pack.cli._progress import bar
from kaito_pack.cli.formats import format_option
from kaito_pack.cli.results import Reports, distinct
from kaito_pack.cli.shared.help import Command
from kaito_pack.cli.shared.options import ClusterOptions, cluster_options
from kaito_pack.cli.shared.output import put
from kaito_pack.cli.shared.words import File
from kaito_pack.run.sources import Source, listed_files
from kaito_pack.run.validation import Report, Validator, unused_of_targets

if TYPE_CHECKING:
    from kaito_pack.run.fleet_validation import ClusterFiles


@click.command("validate", cls=Command)
@click.argument("files", nargs=-1, type=File(), metavar="FILE|FOLDER|-...")
@cluster_options
@click.option(
    "--fleet",
    type=File(),
    metavar="FILE",
    help="Check the values of each cluster of a fleet file for that cluster.",
)
@click.option(
    "--old",
    multiple=True,
    type=File(),
    metavar="FILE",
    help="Validate as an update of the stored objects in FILE; repeatable.",
)
@click.option("--strict", is_flag=True, help="Also exit with 1 on warnings and undecidable manifests.")
@format_option("validation", {"text": "text"})
@click.pass_context
def command(
    context: click.Context,
    files: tuple[str, ...],
    cluster: ClusterOptions,
    fleet: str | None,
    old: tuple[str, ...],
    strict: bool,
    form: str,
) -> None:
    """Check values files and manifests as a cluster would

    The command recognizes manifests by apiVersion and kind, and searches folders for *.yaml, *.yml and
    *.json; - is stdin. A fleet file stands for its clusters: each values file is checked for the target,
    and with the layers, of every cluster that gets it. With --kaito-version all the command prints a table
    of manifests and versions. The report goes to stdout, counts and progress go to stderr.

    Exit codes: 0 no errors; 1 at least one error, or with --strict a warning or an undecidable manifest;
    2 a file cannot be read.
    """
    if not files and fleet is None:
        raise click.UsageError("no files given. Pass values files, manifests or folders, or use --fleet")
    sources, stored = read(files if fleet is None else (*files, fleet)), read(old)
    if fleet is not None:
        _refuse_no_fleet(sources[-1])
    result = _reports(cluster, sources, stored, has_fleet=fleet is not None)
    unread = [*result.unread, *((source.file, source.unread) for source in stored if source.unread)]
    result.unread, result.is_strict = unread, strict
    put(result, form)
    failing = {"error", "warning", "undecidable"} if strict else {"error"}
    failed = any(problem.severity in failing for problem in distinct(result.cases()))
    context.exit(2 if unread else 1 if failed else 0)


def read(paths: Sequence[str]) -> list[Source]:
    """Return the content of the files; show a progress bar if there are many."""
    files = listed_files(paths)
    sources = []
    with bar(len(files), "reading", is_shared=False) as step:
        for file in files:
            sources.append(file.opened())
            step()
    return sources


def _refuse_no_fleet(source: Source) -> None:
    from kaito_pack.run.fleet_validation import is_fleet

    if source.documents and not is_fleet(source):
        raise click.UsageError(f"--fleet {escaped(source.file)}: not a fleet file. Write kind: Fleet")


def _reports(
    cluster: ClusterOptions, sources: Sequence[Source], stored: Sequence[Source], has_fleet: bool
) -> Reports:
    """Return the report for each KAITO version, or with a fleet for each cluster."""
    from kaito_pack.run import fleet_validation

    if has_fleet or any(map(fleet_validation.is_fleet, sources)):
        if cluster.target_file is not None:
            raise click.UsageError(
                "--target and a fleet cannot be used together; the fleet names the targets"
            )
        scope = cluster.over(cluster.base())
        return _of_clusters(fleet_validation.grouped(sources, scope, cluster.over), stored)
    scopes = cluster.scopes()
    targets = [scope.target for scope in scopes]
    steps = 1 + len(targets)
    with bar(len(sources), "checking", steps) as step:
        reports = Validator(*scopes[0]).run_for(targets, sources, stored, step)
    for report in reports:
        report.entries += unused_of_targets(targets, reports)
    by_version = dict(zip((target.kaito for target in targets), reports, strict=True))
    return Reports(by_version, [(source.file, source.unread) for source in sources if source.unread])


def _of_clusters(groups: Sequence[ClusterFiles], stored: Sequence[Source]) -> Reports:
    reports: dict[str, Report] = {}
    for group in groups:
        with bar(len(group.sources), f"checking {group.name}".rstrip(), 2) as step:
            (report,) = Validator(*group.scope).run_for([group.scope.target], group.sources, stored, step)
        reports[group.name] = report
    targets = [group.scope.target for group in groups]
    next(iter(reports.values())).entries += unused_of_targets(targets, list(reports.values()))
    unread = [(source.file, source.unread) for group in groups for source in group.sources if source.unread]
    return Reports(reports, list(dict.fromkeys(unread)), by="cluster")
