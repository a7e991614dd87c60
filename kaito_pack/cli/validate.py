"""`render.py validate`: what a cluster would say of values and manifests, without one."""

from __future__ import annotations

from collections.abc import Iterable

import click

from kaito_pack.base.problems import Problem
from kaito_pack.cli._options import ClusterOptions, cluster_options
from kaito_pack.cli._output import annotate, tell
from kaito_pack.cli.formats.json import as_json
from kaito_pack.cli.formats.text import summary, table
from kaito_pack.run.sources import read_sources
from kaito_pack.run.validation import Report, Validation


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER|-...")
@cluster_options
@click.option(
    "--old", multiple=True, metavar="FILE", help="What is stored now: judge an update, not a create."
)
@click.option("--strict", is_flag=True, help="Warnings fail, too.")
@click.option(
    "-o", "--output", "form", type=click.Choice(["text", "json", "github"]), default="text", help="Format."
)
@click.pass_context
def command(
    context: click.Context,
    files: tuple[str, ...],
    cluster: ClusterOptions,
    old: tuple[str, ...],
    strict: bool,
    form: str,
) -> None:
    """Say what KAITO's webhook and the API server would say of FILES.

    Values files and manifests are told apart by apiVersion and kind; folders are searched for *.yaml, *.yml
    and *.json. Exit code 1 where there is any error; --strict counts warnings. With --kaito-version all: a
    table, manifests against versions.
    """
    targets = cluster.targets()
    sources, stored = read_sources(files), read_sources(old)
    reports = {
        target.kaito: Validation(cluster.pack, target, cluster.below, cluster.above).run(sources, stored)
        for target in targets
    }
    found = _once(reports.values())
    if form == "json":
        for piece in as_json(reports):
            click.echo(piece, nl=False)
    elif form == "github":
        annotate(found)
    else:
        tell(found)
        if len(reports) > 1:
            click.echo(table(reports), nl=False)
    if form == "text":
        click.echo(summary(reports), err=True)
    unread = [source.unread for source in (*sources, *stored) if source.unread]
    for reason in unread:
        click.echo(f"Error: {reason}", err=True)
    failed = any(one.is_error or strict for one in found)
    context.exit(2 if unread else 1 if failed else 0)


def _once(reports: Iterable[Report]) -> list[Problem]:
    """Every problem once, though several versions of KAITO have it."""
    seen: dict[Problem, None] = {}
    for report in reports:
        for entry in report.entries:
            seen.update(dict.fromkeys(entry.problems))
    return list(seen)
