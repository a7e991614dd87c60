"""What commands show: each result has a kind, by which a format is found, and most have cases."""

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

VERDICT_TITLES = {  # verdicts as people read them; programs get the verdict itself
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
    """Something that a command shows; `kind` is the name of the function of a format that shows it."""

    kind: ClassVar[str]


class ResultOfCases(Result, Protocol):
    """A result that every format with a function `cases` can show; it fails on warnings if `is_strict`."""

    @property
    def is_strict(self) -> bool:
        """Whether warnings count as failures."""

    def cases(self) -> Iterator[ResultCase]:
        """Yield what was checked."""


class ResultCase(NamedTuple):
    """One thing that was checked, called `name` in `file`, with its problems.

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
    """Return the problems of all cases, each once, though several KAITO versions may have it."""
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
    """The reports of `validate`, by KAITO version or by cluster, and why which file could not be read."""

    reports: Mapping[str, Report]
    unread: Sequence[tuple[str, str]] = ()
    is_strict: bool = False
    by: Literal["kaito", "cluster"] = "kaito"
    kind: ClassVar[str] = "validation"

    @property
    def is_split(self) -> bool:
        """Whether there is a report for each of several versions, or for each cluster of a fleet."""
        return len(self.reports) > 1 or self.by == "cluster"

    def cases(self) -> Iterator[ResultCase]:
        """Yield a case a document and version, or cluster."""
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
    """Return a name, or the beginning of one that is longer than any of Kubernetes."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def full_name(entry: Entry) -> str:
    """Return `default/llama`."""
    name = short_name(entry.name)
    return f"{short_name(entry.namespace)}/{name}" if entry.namespace else name


class Preflight(Record):
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


class Rendering(Record):
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
                unread = outcome.unread or ""
                yield ResultCase(outcome.file, name, reported(outcome), unread=unread, version=cluster)


def reported(outcome: Judgement) -> list[Problem]:
    """Return the problems of an outcome without advice, which is validate's to give."""
    return [problem for problem in outcome.problems if problem.layer != "advice"]


class Plan(Record):
    """What will become of each object, with the name of its cluster in a fleet, else "".

    `contexts` are those of the kubeconfig by cluster.
    """

    objects: Sequence[tuple[str, Planned]]
    contexts: Mapping[str, str] = MappingProxyType({})
    kind: ClassVar[str] = "plan"

    def command(self, remedy: str, cluster: str) -> str:
        """Return a remedy; a command of kubectl names the context of the cluster."""
        context = self.contexts.get(cluster)
        if not context or not remedy.startswith("kubectl "):
            return remedy
        import shlex

        return f"kubectl --context {shlex.quote(context)} {remedy.removeprefix('kubectl ')}"


class Upgrade(Record):
    """What KAITO `version` treats otherwise, Workspace by Workspace, with the names of their clusters."""

    workspaces: Sequence[tuple[str, Upgraded]]
    version: str
    kind: ClassVar[str] = "upgrade"


class Grid(Record):
    """Values files by clusters, or by instance types of a cloud: the columns' names, and a row per file."""

    columns: Sequence[str]
    rows: Sequence[GridRow]
    of_types: bool = False
    kind: ClassVar[str] = "grid"


RESULTS: Mapping[str, type[Result]] = {
    result.kind: result for result in (Reports, Preflight, Rendering, Plan, Upgrade, Grid)
}
