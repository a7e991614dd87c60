"""`render.py validate`: what a cluster would say of values and manifests, without one."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from kaito_pack.cli._options import target_of, target_options
from kaito_pack.cli._output import annotation, tell
from kaito_pack.pack import Pack
from kaito_pack.validation import Entry, Report, Validation, as_rows


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER|-...")
@target_options(all_versions=True)
@click.option("--old", multiple=True, metavar="FILE", help="What is stored now: judge an update, not a create.")
@click.option("--strict", is_flag=True, help="Warnings fail, too.")
@click.option("-o", "--output", "form", type=click.Choice(["text", "json", "github"]), default="text", help="Format.")
@click.pass_context
def command(
    context: click.Context, files: tuple[str, ...], old: tuple[str, ...], strict: bool, form: str, **target: str
) -> None:
    """Say what KAITO's webhook and the API server would say of values files and manifests.

    Both are told apart by apiVersion and kind; folders are searched for *.yaml, *.yml and *.json. Exit code 1
    where there is any error; `--strict` counts warnings. With --kaito-version all: a table, manifests against
    versions.
    """
    pack = Pack()
    asked = target.pop("kaito_version")
    versions = pack.kaito_versions if asked == "all" else (pack.kaito_version(asked),)
    sources = [_from_stdin() if file == "-" else file for file in files]
    reports = [Validation(pack, target_of(pack, version, **target)).run(sources, old) for version in versions]
    if form == "json":
        rows = [_row(row, version, asked) for version, report in zip(versions, reports) for row in as_rows(report.entries)]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif form == "github":
        for found in _once(reports):
            click.echo(annotation(found))
    else:
        tell(_once(reports))
        if asked == "all":
            click.echo(_table(versions, reports))
    for reason in reports[0].unread:
        click.echo(f"Error: {reason}", err=True)
    context.exit(_code(reports, strict))
