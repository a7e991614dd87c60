"""Output on the command line: writes trees and files, or compares them with the rendered values."""

from __future__ import annotations

from collections.abc import Sequence

import click

from kaito_pack import output
from kaito_pack.base.display import escaped
from kaito_pack.base.problems import unread
from kaito_pack.cli._progress import bar
from kaito_pack.cli.results import DRIFT, Differing
from kaito_pack.cli.shared.options import ClusterOptions
from kaito_pack.output import tree
from kaito_pack.output.tree import Changes, Tree
from kaito_pack.rendering.manifests import grouped
from kaito_pack.run.judgement import Judgement
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.targets import read_fleet


def render_fleet(file: str, cluster: ClusterOptions) -> tuple[dict[str, list[Judgement]], list[Tree]]:
    """Render the values files of all clusters; return outcomes by cluster name, and the trees to write."""
    outcomes: dict[str, list[Judgement]] = {}
    trees: list[Tree] = []
    for entry in read_fleet(file, cluster.pack):
        pipeline = Pipeline(*cluster.over(entry.scope), with_advice=False)
        keep = grouped(tree.text_of, len(entry.values) < 2)
        with bar(len(entry.values), entry.name) as each:
            outcomes[entry.name] = pipeline.judge_apart(entry.values, keep, each)
        trees.append(tree_of(entry.out, outcomes[entry.name]))
    return outcomes, trees


def tree_of(root: str, outcomes: Sequence[Judgement]) -> Tree:
    """Return the expected tree at `root`, from outcomes that kept `tree.text_of` in groups."""
    groups = [outcome.content for outcome in outcomes if outcome.content is not None]
    bonds = {group.content[0]: group.bonds for group in groups}
    return Tree(root, dict(group.content for group in groups), bonds)


def write(trees: Sequence[Tree], prune: bool, with_summary: bool = False) -> int:
    """Write the trees; return 1 and write nothing if another file is in the way.

    With `with_summary`, print a summary: `21 files, 4 changed, 0 removed`.
    """
    from kaito_pack.output.tree_writing import write as write_trees

    written = write_trees(trees, prune)
    foreign = [changes.file(path) for changes in written for path in changes.foreign]
    if with_summary and not foreign:
        total = sum(changes.total for changes in written)
        changed = sum(len(changes.texts) for changes in written)
        removed = sum(len(changes.stale) for changes in written)
        click.echo(f"{total} file{'' if total == 1 else 's'}, {changed} changed, {removed} removed", err=True)
    for file in foreign:
        click.echo(f"{escaped(file)}: {DRIFT['foreign']}. Move it, or choose another --out", err=True)
    return 1 if foreign else 0


def differing_trees(trees: Sequence[Tree], is_whole: bool) -> list[Differing]:
    """Return the differences of each tree from its texts; equal trees are left out."""
    changes = [tree.compare(root, texts, is_whole, bonds) for root, texts, bonds in trees]
    return [Differing(_states(each), each.diff()) for each in changes if each.is_drift]


def _states(changes: Changes) -> list[tuple[str, str]]:
    paths = {
        "missing": changes.missing,
        "differs": sorted(changes.differs),
        "stale": changes.stale,
        "foreign": changes.foreign,
    }
    return [(changes.file(path), word) for word in paths for path in paths[word]]


def differing_file(out: str, text: str) -> list[Differing]:
    """Return how one output file differs from its expected text; empty if it does not."""
    try:
        content = output.read_bytes(out)
    except OSError as error:
        raise unread(out, error) from None
    if content is not None and output.same_text(content, text):
        return []
    old = None if content is None else content.decode("utf-8", "replace")
    word = "missing" if content is None else "differs"
    return [Differing([(out, word)], tree.difference(out, old, text))]
