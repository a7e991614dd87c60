"""The results of commands: the kind of a result selects the function of a format; most have cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

from kaito_pack.base.problems import Place, Problem, merged
from kaito_pack.base.records import NamedTuple, Protocol, Record

if TYPE_CHECKING:
    from kaito_pack.grid import Row as GridRow
    from kaito_pack.plan import Planned
    from kaito_pack.plan.upgrade import Upgraded
    from kaito_pack.run.judgement import Entry, Judgement
    from kaito_pack.run.validation import Report

VERDICT_TITLES = {  # verdicts for people; programs get the verdict itself
    "accepted": "accepted",
    "refused": "rejected",
    "undecidable": "undecidable",
    "skipped": "skipped",
}
LONGEST_NAME = 253  # characters of a name in a result, as in Kubernetes
DRIFT = {
    "missing": "this file does not exist. Render the values again",
    "differs": "not what its values render to. Render them again",
    "stale": "its values file no longer exists. Remove it with --prune",
    "foreign": "not written by kaito-pack, but its path is needed",
}


class Result(Protocol):
    """The result of a command; `kind` is the name of the function that shows it in a format."""

    kind: ClassVar[str]


class ResultOfCases(Result, Protocol):
    """A result that every format with a function `cases` can show; it fails on warnings if `is_strict`."""

    @property
    def is_strict(self) -> bool:
        """Whether warnings count as failures."""

    def cases(self) -> Iterator[ResultCase]:
        """Yield the checked cases."""


class ResultCase(NamedTuple):
    """One checked item, called `name` in `file`, with its problems.

    `unread` is the reason if it could not be checked at all; `version` the KAITO version or
    the cluster, if there are several.
    """

    file: str
    name: str
    problems: Sequence[Problem] = ()
    is_skipped: bool = False
    unread: str = ""
    version: str = ""


def distinct(cases: Iterable[ResultCase]) -> list[Problem]:
    """Return the problems of all cases, each once even if several KAITO versions have it."""
    return list(versions_of(cases))


def versions_of(cases: Iterable[ResultCase]) -> dict[Problem, list[str]]:
    """Return the problems of all cases, each with the KAITO versions or clusters that have it."""
    files: dict[tuple[str, str], list[Problem]] = {}
    for case in cases:
        files.setdefault((case.version, case.file), []).extend(case.problems)
    versions: dict[Problem, list[str]] = {}
    for (version, _), problems in files.items():
        for problem in merged(problems):
            names = versions.setdefault(problem, [])
            names += [version] if version not in names else []
    return versions


class Reports(Record):
    """The reports of `validate` by KAITO version or cluster, and the reasons for unreadable files."""

    reports: Mapping[str, Report]
    unread: Sequence[tuple[str, str]] = ()
    is_strict: bool = False
    by: Literal["kaito", "cluster"] = "kaito"
    kind: ClassVar[str] = "validation"

    @property
    def is_split(self) -> bool:
        """Whether there are separate reports for several versions or for the clusters of a fleet."""
        return len(self.reports) > 1 or self.by == "cluster"

    def cases(self) -> Iterator[ResultCase]:
        """Yield a case for each document and version or cluster."""
        for name, report in self.reports.items():
            where = f" on {name}" if self.by == "cluster" else f" (KAITO {name})"
            suffix = where if name and self.is_split else ""
            for entry in report.entries:
                is_skipped = entry.verdict == "skipped"
                title = title_of(entry) + suffix
                yield ResultCase(entry.file, title, entry.problems, is_skipped, version=suffix and name)
        yield from (ResultCase(file, file, unread=reason) for file, reason in self.unread)


def title_of(entry: Entry) -> str:
    """Return `Workspace default/llama`, or the number of a document that has neither kind nor name."""
    return f"{short_name(entry.kind)} {full_name(entry)}".strip() or f"document {entry.document}"


def short_name(name: str) -> str:
    """Return a name, cut to the maximum length of a Kubernetes name."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def full_name(entry: Entry) -> str:
    """Return `default/llama`."""
    name = short_name(entry.name)
    return f"{short_name(entry.namespace)}/{name}" if entry.namespace else name


class Preflight(Record):
    """The answers of a cluster, each with its values file."""

    answers: Sequence[tuple[str, Problem]]
    is_strict: ClassVar[bool] = False
    kind: ClassVar[str] = "preflight"

    def cases(self) -> Iterator[ResultCase]:
        """Yield a case for each answer."""
        for file, answer in self.answers:
            located = answer if answer.place else answer.located(Place(file))
            yield ResultCase(file, answer.rule.partition("/")[2], [located])


class Differing(NamedTuple):
    """The files of one output that differ, each with a word of DRIFT, and a unified diff."""

    files: Sequence[tuple[str, str]]
    diff: Iterable[str]


class Rendering(Record):
    """The outcomes of `render` by cluster name of a fleet; with `--check` also the differences."""

    outcomes: Mapping[str, Sequence[Judgement]]
    outputs: Sequence[Differing] = ()
    kind: ClassVar[str] = "rendering"
    is_strict: ClassVar[bool] = False

    def cases(self) -> Iterator[ResultCase]:
        """Yield a case for each values file and cluster, and for each output file that differs."""
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
                unread = outcome.unread or ""
                yield ResultCase(outcome.file, name, reported(outcome), unread=unread, version=cluster)


def reported(outcome: Judgement) -> list[Problem]:
    """Return the problems of an outcome without advice, which only `validate` gives."""
    return [problem for problem in outcome.problems if problem.layer != "advice"]


class Plan(Record):
    """The planned change of each object, with the name of its cluster in a fleet, else "".

    `contexts` are the kubeconfig contexts by cluster.
    """

    objects: Sequence[tuple[str, Planned]]
    contexts: Mapping[str, str] = MappingProxyType({})
    kind: ClassVar[str] = "plan"

    def command(self, remedy: str, cluster: str) -> str:
        """Return a remedy; a kubectl command names the context of the cluster."""
        context = self.contexts.get(cluster)
        if not context or not remedy.startswith("kubectl "):
            return remedy
        import shlex

        return f"kubectl --context {shlex.quote(context)} {remedy.removeprefix('kubectl ')}"


class Upgrade(Record):
    """The differences in KAITO `version`, by Workspace, with the names of their clusters."""

    workspaces: Sequence[tuple[str, Upgraded]]
    version: str
    kind: ClassVar[str] = "upgrade"


class Grid(Record):
    """Values files by cluster or instance type: the names of the columns, and a row per file."""

    columns: Sequence[str]
    rows: Sequence[GridRow]
    of_types: bool = False
    kind: ClassVar[str] = "grid"


RESULTS: Mapping[str, type[Result]] = {
    result.kind: result for result in (Reports, Preflight, Rendering, Plan, Upgrade, Grid)
}
