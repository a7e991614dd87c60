"""The cases of tests/pairs/, read for the tests and for the examples in docs/reference/rules/.

A pair is two files, RULE.bad.yaml and RULE.good.yaml, in a folder that says who judges them. The first line
of the bad one names the rule that it breaks and the good one keeps, and what the judge must know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kaito_pack.base.problems import Problem, ProblemsError
from kaito_pack.documents import Document, read_text
from kaito_pack.importing import import_workspace
from kaito_pack.kaito.target import Target
from kaito_pack.krm import resource_list
from kaito_pack.kubernetes.objects.custom_kinds import check_custom
from kaito_pack.pack import Pack
from kaito_pack.plan.upgrade import upgraded
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import Source
from kaito_pack.run.validation import Validator

FOLDER = Path(__file__).resolve().parent / "pairs"
Options = Mapping[str, str]


@dataclass(frozen=True)
class Pair:
    """Two texts, one that breaks a rule and one that keeps it, and the folder that says who judges."""

    rule: str
    judge: str
    options: Options
    bad: str
    good: str

    def problems(self, text: str) -> list[Problem]:
        """What the judge of the pair says of one of its texts."""
        return _JUDGES[self.judge](read_text(text, "pair.yaml"), self.options)

    def breaches(self, text: str) -> set[tuple[Any, ...]]:
        """Where the text breaks the pair's rule."""
        return {result.path for result in self.problems(text) if result.rule == self.rule}


def pairs() -> tuple[Pair, ...]:
    """Every pair, by folder and name."""
    return tuple(map(_read, sorted(FOLDER.glob("*/*.bad.yaml"))))


def _read(file: Path) -> Pair:
    head, _, bad = file.read_text(encoding="utf-8").partition("\n")
    rule, *options = head.removeprefix("# expect: ").split()
    twin = file.with_name(file.name.replace(".bad.", ".good."))
    known = dict(option.split("=", 1) for option in options)
    return Pair(rule, file.parent.name, known, bad, twin.read_text(encoding="utf-8"))


def _pipeline(pack: Pack) -> Pipeline:
    return Pipeline(pack, Target(pack.kaito_version(), "1.35"))


def _by_import(documents: Sequence[Document], _: Options) -> list[Problem]:
    try:
        return list(import_workspace(documents, Pack()).losses)
    except ProblemsError as error:
        return error.problems


def _in_one_run(documents: Sequence[Document], _: Options) -> list[Problem]:
    """Each document as a values file of its own."""
    sources = [Source(f"{index}.yaml", [item]) for index, item in enumerate(documents)]
    return [result for outcome in _pipeline(Pack()).judge(sources) for result in outcome.problems]


def _by_krm(documents: Sequence[Document], _: Options) -> list[Problem]:
    (outcome,) = _pipeline(Pack()).judge([Source("pair.yaml", [resource_list.function_config(documents[0])])])
    return [*outcome.problems, *resource_list.taken(documents[0].value["items"], outcome)]


def _by_upgrade(documents: Sequence[Document], options: Options) -> list[Problem]:
    now, then = (Target(options[name], "1.30") for name in ("now", "then"))
    result = upgraded([item.value for item in documents], now, then)
    return [reason.problem for item in result for reason in item.reasons]


def _by_schema(documents: Sequence[Document], _: Options) -> list[Problem]:
    """Values of a mode with limits that no schema of ours has; the mode has no templates."""
    with _pack_of_pairs() as pack:
        outcome = _pipeline(pack).rendered(Source("pair.yaml", documents))
        return list(outcome.problems)


def _by_crd(documents: Sequence[Document], _: Options) -> list[Problem]:
    """Custom resources of a kind that has alternatives, as none of ours has."""
    with _pack_of_pairs():
        return [result for item in documents for result in check_custom(item.value, "1.35") or ()]


def _among_files(documents: Sequence[Document], _: Options) -> list[Problem]:
    """Manifests that are validated together."""
    validation = Validator(Pack(), Target("0.12", "1.35", "auto"))
    entries = validation.run([Source("pair.yaml", documents)]).entries
    return [result for entry in entries for result in entry.problems]


def _by_update(documents: Sequence[Document], _: Options) -> list[Problem]:
    """A stored object and its update, for a made-up KAITO 0.13 that is rows alone."""
    try:
        validation = Validator(Pack([FOLDER.parent / "packs" / "kaito-0.13"]), Target("0.13", "1.35", "auto"))
        old, new = ([Source("pair.yaml", [document])] for document in documents)
        return [result for entry in validation.run(new, old).entries for result in entry.problems]
    finally:
        Pack()


@contextmanager
def _pack_of_pairs() -> Iterator[Pack]:
    """A pack whose tables are in use until it is left."""
    try:
        yield Pack([FOLDER / "pack"])
    finally:
        Pack()


_JUDGES: Mapping[str, Callable[[Sequence[Document], Options], list[Problem]]] = {
    "import": _by_import,
    "together": _in_one_run,
    "krm": _by_krm,
    "upgrade": _by_upgrade,
    "schema": _by_schema,
    "kinds": _by_crd,
    "next": _by_update,
    "files": _among_files,
}
