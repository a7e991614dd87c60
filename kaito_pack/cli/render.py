"""`render.py render`: values files in, manifests out: a stream, a file, a tree, a fleet of trees."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from kaito_pack import output
from kaito_pack.cli._options import ClusterOptions, cluster_options
from kaito_pack.cli._output import tell_outcomes
from kaito_pack.cli._progress import bar
from kaito_pack.rendering import manifests
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.run.pipeline import Outcome, Pipeline
from kaito_pack.run.sources import named_files

STDOUT = "-"


class Job(NamedTuple):
    """What is asked for: which values, and in which form and where their manifests go."""

    values: tuple[str, ...]
    form: str
    out: str | None
    fleet: str | None
    check: bool
    prune: bool

    @property
    def is_whole(self) -> bool:
        """Whether the values are all that the output is made of, so that whatever else is there is stale."""
        return self.fleet is not None or (bool(self.values) and all(map(os.path.isdir, self.values)))

    @property
    def tree(self) -> str | None:
        """The folder that is written to; None for a stream or one file."""
        if self.out is None or self.out == STDOUT or not output.is_tree(self.out):
            return None
        # JSON is one file, whatever its name, unless a folder is meant for sure.
        is_sure = self.form != "json" or os.path.isdir(self.out) or self.out.endswith("/")
        return self.out if is_sure else None


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
def command(context: click.Context, /, cluster: ClusterOptions, **asked: Any) -> None:
    """Render VALUES files or folders (- is stdin) to KAITO manifests on stdout.

    Every manifest is checked first; when anything is wrong, nothing is printed or written.
    """
    job = Job(**asked)
    _refuse_misuse(job)
    if job.fleet is not None:
        if cluster.target_file is not None:
            raise click.UsageError("--fleet names the targets itself; leave --target away")
        from kaito_pack.cli._tree import render_fleet

        context.exit(render_fleet(job.fleet, cluster, job.check, job.prune, job.form))
    keep = _tree_text() if job.tree else _bodies if job.form == "json" else manifests.as_yaml
    pipeline = Pipeline(cluster.pack, cluster.target(), cluster.below, cluster.above, with_advice=False)
    files = named_files(job.values)
    with bar(len(files), "rendering") as each:
        outcomes = pipeline.run_lean(files, keep, each)
    context.exit(tell_outcomes(outcomes, job.form) or _put_out(outcomes, job))


def _put_out(outcomes: Sequence[Outcome], job: Job) -> int:
    """Print or write the manifests, or with --check compare what is there with them; the exit code."""
    if job.tree is not None:
        from kaito_pack.cli._tree import bring_up_to_date, texts_of

        trees = [(job.tree, texts_of(outcomes))]
        return bring_up_to_date(trees, job.is_whole, job.check, job.prune, job.form)
    pieces = _pieces([outcome.kept for outcome in outcomes if outcome.kept], job.form)
    if job.out is None or job.out == STDOUT:
        sys.stdout.writelines(pieces)
        sys.stdout.flush()  # here a reader that has gone is no error yet
        return 0
    if job.check:
        from kaito_pack.cli._tree import check_file

        return check_file(job.out, "".join(pieces), job.form)
    output.write_atomically(Path(job.out), "".join(pieces))
    return 0


def _tree_text() -> Callable[[Sequence[RenderedManifest]], tuple[str, str]]:
    from kaito_pack.output.tree import text_of  # a stream needs no tree

    return text_of


def _bodies(manifests: Sequence[RenderedManifest]) -> list[Any]:
    return [manifest.body for manifest in manifests]


def _pieces(kept: Sequence[Any], form: str) -> Iterator[str]:
    """What is printed, piece by piece: a fleet's manifests are in memory once."""
    if form == "json":
        yield manifests.as_json([body for bodies in kept for body in bodies])
        return
    for number, text in enumerate(kept):
        yield f"---\n{text}" if number else text


def _refuse_misuse(job: Job) -> None:
    """Combinations of options that say nothing."""
    has_tree = job.fleet is not None or job.tree is not None
    if job.fleet is not None and (job.values or job.out is not None):
        raise click.UsageError("--fleet names values and output folders itself; leave VALUES and --out away")
    if job.fleet is None and not job.values:
        raise click.UsageError("name a values file, such as llama.yaml, or a --fleet")
    if (job.check or job.prune) and job.fleet is None and job.out in (None, STDOUT):
        raise click.UsageError("--check and --prune need --out DIR or --fleet FILE")
    if job.check and job.prune:
        raise click.UsageError("--check writes nothing, so it removes nothing; leave --prune away")
    if job.prune and not job.is_whole:
        raise click.UsageError("--prune needs the whole set: a folder as VALUES, or --fleet")
    if job.prune and not has_tree:
        raise click.UsageError("--prune is for a folder as --out, not for one file")
    if job.form == "json" and has_tree:
        raise click.UsageError("a tree holds YAML; leave -o json away")
    if job.form == "github" and not job.check:
        raise click.UsageError("-o github is for --check")
