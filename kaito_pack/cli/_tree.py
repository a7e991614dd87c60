"""Output trees on the command line: written, or compared with what is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from kaito_pack import output
from kaito_pack.base.display import escaped
from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Place, unread
from kaito_pack.cli._options import ClusterOptions
from kaito_pack.cli._output import tell_outcomes
from kaito_pack.cli._progress import bar
from kaito_pack.cli.formats.github import workflow_command
from kaito_pack.output import tree
from kaito_pack.output.tree import Changes, Texts
from kaito_pack.run.pipeline import Outcome, Pipeline
from kaito_pack.run.targets import read_fleet

Tree = tuple[str, Texts]


def render_fleet(file: str, cluster: ClusterOptions, check: bool, prune: bool, form: str) -> int:
    """Render all clusters of a fleet; nothing is written unless every pair of values and target works."""
    results: dict[str, list[Outcome]] = {}
    trees: list[Tree] = []
    code = 0
    for one in read_fleet(file, cluster.pack):
        target = cluster.over(one.of.target)
        pipeline = Pipeline(cluster.pack, target, one.of.layers, cluster.above, with_advice=False)
        with bar(len(one.values), one.name) as each:
            outcomes = pipeline.run_lean(one.values, tree.text_of, each)
        results[one.name] = outcomes
        code = max(code, tell_outcomes(outcomes, form))
        trees.append((one.out, texts_of(outcomes)))
    _tell_pairs(results)
    return code or bring_up_to_date(trees, True, check, prune, form)


def texts_of(outcomes: Sequence[Outcome]) -> Texts:
    """The files of a tree, of outcomes that kept `tree.text_of`."""
    return dict(outcome.kept for outcome in outcomes if outcome.kept is not None)


def _tell_pairs(results: dict[str, list[Outcome]]) -> None:
    """Per values file that does not work everywhere: where it does, where not, and why not."""
    files: dict[str, list[tuple[str, Outcome]]] = {}
    for name, outcomes in results.items():
        for outcome in outcomes:
            files.setdefault(outcome.file, []).append((name, outcome))
    for file, pairs in files.items():
        bad = [(name, outcome) for name, outcome in pairs if not outcome.is_good]
        if not bad:
            continue
        good = ", ".join(name for name, outcome in pairs if outcome.is_good)
        why = "; ".join(f"{name}: {_reason(outcome)}" for name, outcome in bad)
        accepted = f"accepted on {good}, " if good else ""
        click.echo(f"{escaped(file)}: {accepted}refused on {why}", err=True)


def _reason(outcome: Outcome) -> str:
    if outcome.unread is not None:
        return outcome.unread.removeprefix(f"{escaped(outcome.file)}: ")
    first = next(found for found in outcome.problems if found.is_error)
    return f"{path_text(first.path)}: {first.message}" if first.path else first.message


def bring_up_to_date(trees: Sequence[Tree], whole: bool, check: bool, prune: bool, form: str) -> int:
    """Write the trees, or with `check` show how they differ; the exit code."""
    if check:
        drift = [tree.compare(out, texts, whole) for out, texts in trees]
        for changes in drift:
            _show(changes, form)
        return 1 if any(changes.is_drift for changes in drift) else 0
    from kaito_pack.output.tree_writing import write

    foreign = [changes.file(path) for changes in write(trees, prune) for path in changes.foreign]
    for file in foreign:
        click.echo(f"{escaped(file)}: {WORDS['foreign']}; move it, or choose another --out", err=True)
    return 1 if foreign else 0


def check_file(out: str, text: str, form: str) -> int:
    """Show how one file of output differs from what it should be; the exit code."""
    try:
        there = output.read_bytes(out)
    except OSError as error:
        raise unread(out, error) from None
    if there is not None and output.same_text(there, text):
        return 0
    old = None if there is None else there.decode("utf-8", "replace")
    _tell(out, "missing" if there is None else "differs", form)
    _print(tree.difference(out, old, text), form)
    return 1


def _show(changes: Changes, form: str) -> None:
    kinds = {
        "missing": changes.missing,
        "differs": sorted(changes.differs),
        "stale": changes.stale,
        "foreign": changes.foreign,
    }
    for kind, paths in kinds.items():
        for path in paths:
            _tell(changes.file(path), kind, form)
    _print(changes.diff(), form)


def _tell(file: str, kind: str, form: str) -> None:
    if form == "github":
        file = Path(file).as_posix()
        click.echo(workflow_command("error", file, 1, 1, f"drift: {kind}", WORDS[kind]))
    else:
        click.echo(f"{Place(file)} {kind}: {WORDS[kind]}", err=True)


def _print(lines: Iterable[str], form: str) -> None:
    if form != "github":
        for line in lines:
            click.echo(line, nl=False)


WORDS = {
    "missing": "not there; render it",
    "differs": "not what its values render to; render it again",
    "stale": "its values are gone; remove it with --prune",
    "foreign": "not written by kaito-pack, and in the way",
}
