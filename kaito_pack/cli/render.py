"""`kaito-pack render`: renders values files to a stream, a file, a tree, or the trees of a fleet."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from kaito_pack import output
from kaito_pack.base.records import NamedTuple
from kaito_pack.cli._progress import bar
from kaito_pack.cli.formats import format_option
from kaito_pack.cli.shared.help import Command
from kaito_pack.cli.shared.options import ClusterOptions, cluster_options
from kaito_pack.cli.shared.output import exit_code, put_rendering
from kaito_pack.cli.shared.words import File
from kaito_pack.kubernetes.objects.apply_order import in_apply_order
from kaito_pack.rendering import manifests
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.run.judgement import Judgement
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import named_files

if TYPE_CHECKING:
    from kaito_pack.cli.results import Differing
    from kaito_pack.output.tree import Tree

STDOUT = "-"
OWN = {"yaml": "text", "json": "text"}  # formats of manifests; each shows problems and differences as text


class RenderJob(NamedTuple):
    """The arguments: the values, and the format and destination of the manifests."""

    values: tuple[str, ...]
    form: str
    out: str | None
    fleet: str | None
    check: bool
    prune: bool

    @property
    def is_whole(self) -> bool:
        """Whether the values describe the complete output, so that all other files are stale."""
        return self.fleet is not None or (bool(self.values) and all(map(os.path.isdir, self.values)))

    @property
    def report_form(self) -> str:
        """The format of problems and differences: JSON for `--check` of a tree, not for manifests."""
        is_report = self.check and (self.fleet is not None or self.tree is not None)
        return self.form if is_report and self.form == "json" else OWN.get(self.form, self.form)

    @property
    def tree(self) -> str | None:
        """The folder to write to; None for a stream or one file."""
        if self.out is None or self.out == STDOUT or not output.is_tree(self.out):
            return None
        # JSON output is one file, whatever its name, unless the path is clearly a folder.
        is_sure = self.form != "json" or os.path.isdir(self.out) or self.out.endswith("/")
        return self.out if is_sure else None


@click.command("render", cls=Command)
@click.argument("values", nargs=-1, type=File(), metavar="VALUES...")
@cluster_options
@format_option("rendering", OWN)
@click.option(
    "--out",
    type=File(),
    metavar="PATH",
    help="Write a tree of files to folder PATH, or one file if PATH ends in .yaml or .json.",
)
@click.option(
    "--fleet", type=File(), metavar="FILE", help="Render the values of every cluster in FILE to its own tree."
)
@click.option(
    "--check", is_flag=True, help="Write nothing; print the differences and exit with 1 if there are any."
)
@click.option("--prune", is_flag=True, help="Remove generated files whose values file no longer exists.")
@click.pass_context
def command(context: click.Context, /, cluster: ClusterOptions, **asked: Any) -> None:
    """Render values files to KAITO manifests

    VALUES are files or folders; - is stdin. Manifests go to stdout, or to --out. The command checks every
    manifest first. If anything is wrong, it prints and writes nothing.
    """
    job = RenderJob(**asked)
    _refuse_misuse(job)
    if job.fleet is not None:
        if cluster.target_file is not None:
            raise click.UsageError(
                "--fleet and --target cannot be used together. The fleet file names the targets"
            )
        from kaito_pack.cli._tree import render_fleet

        outcomes, trees = render_fleet(job.fleet, cluster)
    else:
        outcomes = {"": _outcomes(job, cluster)}
        trees = _trees(job, outcomes[""])
    code = max(map(exit_code, outcomes.values()), default=0)
    differing = _differing(job, trees, outcomes) if job.check and not code else []
    put_rendering(outcomes, differing, job.report_form)
    if code or job.check:
        context.exit(code or min(len(differing), 1))
    context.exit(_write(job, trees, outcomes, _inputs(job, cluster)))


def _outcomes(job: RenderJob, cluster: ClusterOptions) -> list[Judgement]:
    """Render the values files; keep only the parts of the manifests that the output needs."""
    keep = _tree_text() if job.tree else _bodies if job.form == "json" else manifests.as_yaml
    pipeline = Pipeline(*cluster.scope(), with_advice=False)
    files = named_files(job.values)
    with bar(len(files), "rendering") as each:
        return pipeline.judge_apart(files, manifests.grouped(keep, len(files) < 2), each)


def _tree_text() -> Callable[[Sequence[RenderedManifest]], tuple[str, str]]:
    from kaito_pack.output.tree import text_of

    return text_of


def _bodies(rendered: Sequence[RenderedManifest]) -> list[Any]:
    return [manifest.body for manifest in rendered]


def _trees(job: RenderJob, outcomes: Sequence[Judgement]) -> list[Tree]:
    """Return the trees to write; none for a stream or one file."""
    if job.tree is None:
        return []
    from kaito_pack.cli._tree import tree_of

    return [tree_of(job.tree, outcomes)]


def _differing(
    job: RenderJob, trees: Sequence[Tree], outcomes: Mapping[str, Sequence[Judgement]]
) -> Sequence[Differing]:
    """Return how the output differs from the rendered values."""
    from kaito_pack.cli._tree import differing_file, differing_trees

    if trees or job.out is None:
        return differing_trees(trees, job.is_whole)
    return differing_file(job.out, "".join(_pieces(outcomes[""], job.form)))


def _inputs(job: RenderJob, cluster: ClusterOptions) -> list[str]:
    """Return the files named on the command line, which must not be overwritten."""
    target = [cluster.target_file] if cluster.target_file is not None else []
    return [*job.values, *cluster.layer_files, *cluster.catalogues, *target]


def _write(
    job: RenderJob,
    trees: Sequence[Tree],
    outcomes: Mapping[str, Sequence[Judgement]],
    inputs: Sequence[str],
) -> int:
    """Write or print the manifests; return the exit code."""
    if trees or job.fleet is not None:
        from kaito_pack.cli._tree import write

        return write(trees, job.prune, with_summary=job.fleet is not None)
    pieces = _pieces(outcomes[""], job.form)
    if job.out is None or job.out == STDOUT:
        sys.stdout.writelines(pieces)
        sys.stdout.flush()  # raises now if the reader has closed the pipe
    else:
        from kaito_pack.output import manifest_file

        manifest_file.write(job.out, "".join(pieces), inputs)
    return 0


def _pieces(outcomes: Sequence[Judgement], form: str) -> Iterator[str]:
    """Yield the output piece by piece, so a fleet's manifests are in memory only once."""
    groups = in_apply_order([each.content for each in outcomes if each.content], lambda group: group.bonds)
    if form == "json":
        yield manifests.as_json([body for group in groups for body in group.content])
        return
    for number, group in enumerate(groups):
        yield f"---\n{group.content}" if number else group.content


def _refuse_misuse(job: RenderJob) -> None:
    """Raise UsageError for invalid combinations of options."""
    has_tree = job.fleet is not None or job.tree is not None
    if job.fleet is not None and (job.values or job.out is not None):
        raise click.UsageError("--fleet cannot be used with VALUES or --out. The fleet file names both")
    if job.fleet is None and not job.values:
        raise click.UsageError("no values file given. Pass one, such as llama.yaml, or use --fleet")
    if (job.check or job.prune) and job.fleet is None and job.out in (None, STDOUT):
        raise click.UsageError("--check and --prune need an output. Pass --out DIR or --fleet FILE")
    if job.check and job.prune:
        raise click.UsageError("--check and --prune cannot be used together")
    if job.prune and not job.is_whole:
        raise click.UsageError("--prune needs all values files. Pass folders as VALUES, or use --fleet")
    if job.prune and not has_tree:
        raise click.UsageError("--prune needs a folder as --out, not a file")
    if job.form == "json" and has_tree and not job.check:
        raise click.UsageError("a tree is always YAML. Omit -o json, or name one file *.json as --out")
    if job.form not in OWN and not job.check:
        raise click.UsageError(f"-o {job.form} needs --check")
