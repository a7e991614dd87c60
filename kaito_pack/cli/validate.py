"""`kaito-pack validate`: what a cluster would say of values and manifests, without one."""

from __future__ import annotations

import click

from kaito_pack.cli._options import ClusterOptions, cluster_options
from kaito_pack.cli._output import put
from kaito_pack.cli._results import Reports, distinct
from kaito_pack.cli.formats import format_option
from kaito_pack.run.sources import read_sources
from kaito_pack.run.validation import Validator


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER|-...")
@cluster_options
@click.option(
    "--old",
    multiple=True,
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
    old: tuple[str, ...],
    strict: bool,
    form: str,
) -> None:
    """Check values files and manifests as a cluster would

    The command recognizes manifests by apiVersion and kind, and searches folders for *.yaml, *.yml and
    *.json; - is stdin. With --kaito-version all it prints a table of manifests and versions.

    Exit codes: 0 no errors; 1 at least one error, or with --strict a warning or an undecidable manifest;
    2 a file cannot be read.
    """
    scopes = cluster.scopes()
    sources, stored = read_sources(files), read_sources(old)
    targets = [scope.target for scope in scopes]
    judged = Validator(*scopes[0]).run_for(targets, sources, stored)
    reports = dict(zip((target.kaito for target in targets), judged, strict=True))
    unread = [(source.file, source.unread) for source in (*sources, *stored) if source.unread]
    result = Reports(reports, unread, strict)
    put(result, form)
    failed = any(problem.is_error or strict for problem in distinct(result.cases()))
    context.exit(2 if unread else 1 if failed else 0)
