"""Output trees on the command line: written, or compared with what is there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from kaito_pack import output
from kaito_pack.cli._options import Cluster
from kaito_pack.cli._output import tell_outcomes
from kaito_pack.output import Changes, Group
from kaito_pack.pipeline import Outcome, Pipeline
from kaito_pack.problems import Place, escaped
from kaito_pack.sources import values_sources
from kaito_pack.targets import read_fleet

MANY = 50  # files from which on a bar is drawn
Tree = tuple[str, Sequence[Group]]


def render_fleet(file: str, cluster: Cluster, check: bool, prune: bool, form: str) -> int:
    """Render all clusters of a fleet; nothing is written unless every pair of values and target works."""
    results: dict[str, list[Outcome]] = {}
    trees: list[Tree] = []
    code = 0
    for one in read_fleet(file, cluster.pack):
        target = cluster.over(one.of.target)
        pipeline = Pipeline(cluster.pack, target, one.of.layers, cluster.above, with_advice=False)
        results[one.name] = pipeline.run_sources(values_sources(one.values))
        code = max(code, tell_outcomes(results[one.name]))
        trees.append((one.out, [outcome.manifests for outcome in results[one.name]]))
    _tell_pairs(results)
    return code or bring_up_to_date(trees, True, check, prune, form)


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
    return outcome.unread or next(found.message for found in outcome.problems if found.is_error)


def bring_up_to_date(trees: Sequence[Tree], whole: bool, check: bool, prune: bool, form: str) -> int:
    """Write the trees, or with `check` show how they differ; the exit code."""
    if check:
        drift = [output.compare(Path(out), groups, whole) for out, groups in trees]
        for changes in drift:
            _show(changes, form)
        return 1 if any(changes.is_drift for changes in drift) else 0
    # Nothing at all is written while a foreign file is in the way of any tree.
    foreign = [path for out, groups in trees for path in output.compare(Path(out), groups, False).foreign]
    if not foreign:
        with _bar(sum(len(groups) for _, groups in trees)) as each:
            for out, groups in trees:
                foreign += output.write(Path(out), groups, whole, prune, each).foreign
    for path in foreign:
        click.echo(f"{escaped(str(path))}: {WORDS['foreign']}; move it, or choose another --out", err=True)
    return 1 if foreign else 0


def _bar(files: int) -> Any:
    """A progress bar on a terminal for long runs; what it gives is called after each file."""
    if files < MANY or not sys.stderr.isatty():
        nothing: Callable[[], None] = lambda: None  # noqa: E731
        return nullcontext(nothing)
    bar = click.progressbar(length=files, label="writing", file=sys.stderr)
    return _Advancing(bar)


class _Advancing:
    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def __enter__(self) -> Callable[[], None]:
        self._bar.__enter__()
        return lambda: self._bar.update(1)

    def __exit__(self, *error: object) -> None:
        self._bar.__exit__(*error)


def _show(changes: Changes, form: str) -> None:
    kinds = {
        "missing": [path for path in changes.texts if path not in changes.before],
        "differs": list(changes.before),
        "stale": changes.stale,
        "foreign": changes.foreign,
    }
    for kind, paths in kinds.items():
        for path in paths:
            if form == "github":
                click.echo(f"::error file={path},line=1,title=drift::{WORDS[kind]}")
            else:
                click.echo(f"{Place(str(path))} {kind}: {WORDS[kind]}", err=True)
    if form != "github":
        for line in changes.diff():
            click.echo(line, nl=line.endswith("\n") is False)


WORDS = {
    "missing": "not there; render it",
    "differs": "not what its values render to; render it again",
    "stale": "its values are gone; remove it with --prune",
    "foreign": "not written by kaito-pack and in the way",
}
