"""`render.py render`: values files in, manifests out: a stream, a file, a tree, a fleet of trees."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kaito_pack import output, rendering
from kaito_pack.cli._options import Cluster, cluster_options
from kaito_pack.cli._output import tell_outcomes
from kaito_pack.pipeline import Pipeline
from kaito_pack.sources import values_sources


@click.command("render")
@click.argument("values", nargs=-1, metavar="VALUES...")
@cluster_options
@click.option(
    "-o", "--output", "form", type=click.Choice(["yaml", "json", "github"]), default="yaml", help="Format."
)
@click.option(
    "--out", metavar="PATH", help="Write there instead: a tree (PATH/, or a folder that exists) or one file."
)
@click.option("--fleet", metavar="FILE", help="Render every cluster of a fleet file into its own tree.")
@click.option(
    "--check", is_flag=True, help="Write nothing; show how the tree differs, and exit with 1 if it does."
)
@click.option("--prune", is_flag=True, help="Remove the pack's files in the tree whose values are gone.")
@click.pass_context
def command(
    context: click.Context,
    values: tuple[str, ...],
    cluster: Cluster,
    form: str,
    out: str | None,
    fleet: str | None,
    check: bool,
    prune: bool,
) -> None:
    """Render VALUES files or folders (- is stdin) to KAITO manifests on stdout.

    Every manifest is checked first; when anything is wrong, nothing is printed or written.
    """
    whole = fleet is not None or (bool(values) and all(os.path.isdir(path) for path in values))
    _refuse_misuse(values, form, out, fleet, check, prune, whole)
    if fleet is not None:
        from kaito_pack.cli._tree import render_fleet

        context.exit(render_fleet(fleet, cluster, check, prune, form))
    pipeline = Pipeline(cluster.pack, cluster.target(), cluster.below, cluster.above, with_advice=False)
    outcomes = pipeline.run_sources(values_sources(values))
    code = tell_outcomes(outcomes)
    if code:
        context.exit(code)
    groups = [outcome.manifests for outcome in outcomes]
    if out is not None and (output.is_folder(out) or check):
        from kaito_pack.cli._tree import bring_up_to_date

        context.exit(bring_up_to_date([(out, groups)], whole, check, prune, form))
    write = rendering.as_json if form == "json" else rendering.as_yaml
    text = write([one for group in groups for one in group])
    if out is None:
        click.echo(text, nl=False)
    else:
        output.write_atomically(Path(out), text)


def _refuse_misuse(
    values: tuple[str, ...],
    form: str,
    out: str | None,
    fleet: str | None,
    check: bool,
    prune: bool,
    whole: bool,
) -> None:
    """Combinations of options that say nothing."""
    if fleet is not None and (values or out is not None):
        raise click.UsageError("--fleet names values and output folders itself; leave VALUES and --out away")
    if fleet is None and not values:
        raise click.UsageError("name a values file, such as llama.yaml, or a --fleet")
    if (check or prune) and fleet is None and out is None:
        raise click.UsageError("--check and --prune need --out DIR/ or --fleet FILE")
    if prune and not whole:
        raise click.UsageError("--prune needs the whole set: a folder as VALUES, or --fleet")
    tree = fleet is not None or (out is not None and (output.is_folder(out) or check))
    if form == "json" and tree:
        raise click.UsageError("a tree holds YAML; leave -o json away")
    if form == "github" and not check:
        raise click.UsageError("-o github is for --check")
