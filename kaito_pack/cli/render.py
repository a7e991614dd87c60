"""`render.py render`: values files in, manifests out: a stream, a file, a tree, a fleet of trees."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from kaito_pack import output
from kaito_pack.cli._options import Cluster, cluster_options
from kaito_pack.cli._output import tell_outcomes
from kaito_pack.cli._progress import bar
from kaito_pack.pipeline import Pipeline
from kaito_pack.rendering import manifests
from kaito_pack.rendering.manifests import Manifest
from kaito_pack.sources import named_files

STDOUT = "-"


@click.command("render")
@click.argument("values", nargs=-1, metavar="VALUES...")
@cluster_options
@click.option(
    "-o", "--output", "form", type=click.Choice(["yaml", "json", "github"]), default="yaml", help="Format."
)
@click.option(
    "--out", metavar="PATH", help="Write there instead: a tree of files, or one file named *.yaml or *.json."
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
        if cluster.target_file is not None:
            raise click.UsageError("--fleet names the targets itself; leave --target away")
        from kaito_pack.cli._tree import render_fleet

        context.exit(render_fleet(fleet, cluster, check, prune, form))
    is_tree = out is not None and out != STDOUT and _is_tree(out, form)
    keep = _tree_text() if is_tree else manifests.as_yaml if form != "json" else _bodies
    pipeline = Pipeline(cluster.pack, cluster.target(), cluster.below, cluster.above, with_advice=False)
    files = named_files(values)
    with bar(len(files), "rendering") as each:
        outcomes = pipeline.run_lean(files, keep, each)
    if code := tell_outcomes(outcomes, form):
        context.exit(code)
    if out is not None and is_tree:
        from kaito_pack.cli._tree import bring_up_to_date, texts_of

        context.exit(bring_up_to_date([(out, texts_of(outcomes))], whole, check, prune, form))
    pieces = _pieces([outcome.kept for outcome in outcomes if outcome.kept], form)
    if out is None or out == STDOUT:
        sys.stdout.writelines(pieces)
        sys.stdout.flush()  # here a reader that has gone is no error yet
    elif check:
        from kaito_pack.cli._tree import check_file

        context.exit(check_file(out, "".join(pieces), form))
    else:
        output.write_atomically(Path(out), "".join(pieces))


def _is_tree(out: str, form: str) -> bool:
    """JSON is one file, whatever its name, unless a folder is meant for sure."""
    return output.is_tree(out) and (form != "json" or os.path.isdir(out) or out.endswith("/"))


def _tree_text() -> Callable[[Sequence[Manifest]], tuple[str, str]]:
    from kaito_pack.output.tree import text_of  # a stream needs no tree

    return text_of


def _bodies(manifests: Sequence[Manifest]) -> list[Any]:
    return [manifest.body for manifest in manifests]


def _pieces(kept: Sequence[Any], form: str) -> Iterator[str]:
    """What is printed, piece by piece: a fleet's manifests are in memory once."""
    if form == "json":
        yield manifests.as_json([body for bodies in kept for body in bodies])
        return
    for number, text in enumerate(kept):
        yield f"---\n{text}" if number else text


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
    if (check or prune) and fleet is None and out in (None, STDOUT):
        raise click.UsageError("--check and --prune need --out DIR or --fleet FILE")
    if check and prune:
        raise click.UsageError("--check writes nothing, so it removes nothing; leave --prune away")
    if prune and not whole:
        raise click.UsageError("--prune needs the whole set: a folder as VALUES, or --fleet")
    is_tree = fleet is not None or (out is not None and _is_tree(out, form))
    if prune and not is_tree:
        raise click.UsageError("--prune is for a folder as --out, not for one file")
    if form == "json" and is_tree:
        raise click.UsageError("a tree holds YAML; leave -o json away")
    if form == "github" and not check:
        raise click.UsageError("-o github is for --check")
