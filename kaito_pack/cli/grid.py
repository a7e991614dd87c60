"""`kaito-pack grid`: which models run on which clusters or instance types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from kaito_pack.base.problems import UsageError
from kaito_pack.cli.formats import format_option
from kaito_pack.cli.results import Grid
from kaito_pack.cli.shared.help import Command
from kaito_pack.cli.shared.options import ClusterOptions, targets_options
from kaito_pack.cli.shared.output import put
from kaito_pack.cli.shared.words import File
from kaito_pack.run.scope import Scope


@click.command("grid", cls=Command)
@click.argument("values", nargs=-1, type=File(), metavar="[VALUES...]")
@click.option("--fleet", type=File(), metavar="FILE", help="Compare the clusters of a fleet file.")
@click.option("--instance-types", "of_types", is_flag=True, help="Compare the instance types of --cloud.")
@targets_options
@format_option("grid", {"text": "text"})
@click.pass_context
def command(
    context: click.Context,
    values: tuple[str, ...],
    fleet: str | None,
    of_types: bool,
    targets: tuple[str, ...],
    cluster: ClusterOptions,
    form: str,
) -> None:
    """Show which models run on which clusters or instance types

    \b
    grid models/ --fleet fleet.yaml                  values files by the clusters of a fleet
    grid models/ --target eu.yaml --target us.yaml   the same by targets
    grid llama.yaml --instance-types --cloud aws     the smallest instance types for a model

    Each cell says whether the cluster accepts the values, whether the model fits the memory of the GPUs and
    how much is left, and the longest context. Reasons are below the table.

    Exit code: 0 every model runs on every cluster (or on an instance type); 1 one does not; 2 a file cannot
    be read.
    """
    from kaito_pack import grid

    if of_types:
        if fleet or len(targets) > 1:
            raise click.UsageError("--instance-types is for one cluster. Omit --fleet; give one --target")
        scope = cluster.changed(target_file=next(iter(targets), None)).scope()
        columns, rows = grid.rows_by_instance_type(_files(values), scope)
    else:
        scopes = _scopes(values, fleet, targets, cluster)
        columns, rows = [name for name, _, _ in scopes], grid.rows_by_cluster(scopes)
    put(Grid(columns, rows, of_types), form)
    if any(row.unread for row in rows):
        context.exit(2)
    good = any if of_types else all
    are_good = all(good(cell.is_good and (cell.fits or not of_types) for cell in row.cells) for row in rows)
    context.exit(0 if are_good else 1)


def _files(values: Sequence[str]) -> Sequence[str]:
    if not values:
        raise click.UsageError("no values file given. Pass one, such as llama.yaml, or a folder")
    return values


def _scopes(
    values: Sequence[str], fleet: str | None, targets: Sequence[str], cluster: ClusterOptions
) -> list[tuple[str, Scope, Sequence[str]]]:
    """Return the clusters to compare, each with its values files."""
    if fleet is None:
        stems = [Path(file).stem for file in targets]
        names = [file if stems.count(stem) > 1 else stem for file, stem in zip(targets, stems, strict=True)]
        files: list[str | None] = [*targets] or [None]
        scopes = [cluster.changed(target_file=file).scope() for file in files]
        return [
            (name, scope, _files(values)) for name, scope in zip(names or ["cluster"], scopes, strict=True)
        ]
    if targets:
        raise click.UsageError("--fleet names the targets itself. Omit --target")
    from kaito_pack.run.targets import read_fleet

    entries = read_fleet(fleet, cluster.pack)
    if not entries:
        raise UsageError("the fleet has no targets")
    return [
        (entry.name, cluster.over(entry.scope), values or [named.file for named in entry.values])
        for entry in entries
    ]
