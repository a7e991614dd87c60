"""What commands show: each result has a kind, by which a format is found, and most have cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from kaito_pack.base.problems import Place, Problem
from kaito_pack.base.records import NamedTuple

if TYPE_CHECKING:
    from kaito_pack.plan import Planned
    from kaito_pack.plan.upgrade import Upgraded
    from kaito_pack.run.judgement import Entry, Judgement
    from kaito_pack.run.validation import Report

DRIFT = {
    "missing": "not there; render it",
    "differs": "not what its values render to; render it again",
    "stale": "its values are gone; remove it with --prune",
    "foreign": "not written by kaito-pack, and in the way",
}


class Result(Protocol):
    """Something that a command shows; `kind` is the name of the function of a format that shows it."""

    kind: ClassVar[str]


class ResultOfCases(Result, Protocol):
    """A result that every format with a function `cases` can show; it fails on warnings if `is_strict`."""

    @property
    def is_strict(self) -> bool:
        """Whether warnings count as failures."""

    def cases(self) -> Iterator[ResultCase]:
        """Yield what was judged."""


class ResultCase(NamedTuple):
    """One thing that was judged, called `name` in `file`, with its problems.

    `unread` is the reason if it could not be judged at all.
    """

    file: str
    name: str
    problems: Sequence[Problem] = ()
    is_skipped: bool = False
    unread: str = ""


def distinct(cases: Iterable[ResultCase]) -> list[Problem]:
    """Return the problems of all cases, each once, though several KAITO versions may have it."""
    return list(dict.fromkeys(problem for case in cases for problem in case.problems))


@dataclass(frozen=True)
class Reports:
    """The reports of `validate`, by KAITO version, and why which file could not be read."""

    reports: Mapping[str, Report]
    unread: Sequence[tuple[str, str]] = ()
    is_strict: bool = False
    kind: ClassVar[str] = "validation"

    def cases(self) -> Iterator[ResultCase]:
        """Yield a case a document and version."""
        for kaito, report in self.reports.items():
            version = f" (KAITO {kaito})" if len(self.reports) > 1 else ""
            for entry in report.entries:
                is_skipped = entry.verdict == "skipped"
                yield ResultCase(entry.file, title_of(entry) + version, entry.problems, is_skipped)
        yield from (ResultCase(file, file, unread=reason) for file, reason in self.unread)


def title_of(entry: Entry) -> str:
    """Return `Workspace default/llama`, or the number of a document that has neither kind nor name."""
    return f"{entry.kind} {full_name(entry)}".strip() or f"document {entry.document}"


def full_name(entry: Entry) -> str:
    """Return `default/llama`."""
    return f"{entry.namespace}/{entry.name}" if entry.namespace else entry.name


@dataclass(frozen=True)
class Preflight:
    """The answers of a cluster, each with the values file that it is about."""

    answers: Sequence[tuple[str, Problem]]
    is_strict: ClassVar[bool] = False
    kind: ClassVar[str] = "preflight"

    def cases(self) -> Iterator[ResultCase]:
        """Yield a case an answer."""
        for file, answer in self.answers:
            located = answer if answer.place else answer.located(Place(file))
            yield ResultCase(file, answer.rule.partition("/")[2], [located])


class Differing(NamedTuple):
    """Files of one output that are not what they should be, each with a word of DRIFT; and a unified diff."""

    files: Sequence[tuple[str, str]]
    diff: Iterable[str]


@dataclass(frozen=True)
class Rendering:
    """The outcomes of `render` by the names of a fleet's clusters; with `--check` also what differs."""

    outcomes: Mapping[str, Sequence[Judgement]]
    outputs: Sequence[Differing] = ()
    kind: ClassVar[str] = "rendering"
    is_strict: ClassVar[bool] = False

    def cases(self) -> Iterator[ResultCase]:
        """Yield a case for each values file and cluster, and one for each file of output that differs."""
        yield from self.values_cases()
        for output in self.outputs:
            for file, word in output.files:
                problem = Problem(f"drift/{word}", "values", "error", (), DRIFT[word], "", Place(file))
                yield ResultCase(file, "output", [problem])

    def values_cases(self) -> Iterator[ResultCase]:
        """Yield a case for each values file and cluster."""
        for cluster, outcomes in self.outcomes.items():
            for outcome in outcomes:
                name = f"values on {cluster}" if cluster else "values"
                yield ResultCase(outcome.file, name, reported(outcome), unread=outcome.unread or "")


def reported(outcome: Judgement) -> list[Problem]:
    """Return the problems of an outcome without advice, which is validate's to give."""
    return [problem for problem in outcome.problems if problem.layer != "advice"]


@dataclass(frozen=True)
class Plan:
    """What will become of each object, with the name of its cluster in a fleet, else ""."""

    objects: Sequence[tuple[str, Planned]]
    kind: ClassVar[str] = "plan"


@dataclass(frozen=True)
class Upgrade:
    """What KAITO `version` treats otherwise, Workspace by Workspace, with the names of their clusters."""

    workspaces: Sequence[tuple[str, Upgraded]]
    version: str
    kind: ClassVar[str] = "upgrade"


RESULTS: Mapping[str, type[Result]] = {
    result.kind: result for result in (Reports, Preflight, Rendering, Plan, Upgrade)
}
