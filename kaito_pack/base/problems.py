"""Problems with their places, and the errors that carry them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Literal

from kaito_pack.base.display import escaped
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.records import NamedTuple

Severity = Literal["ok", "warning", "undecidable", "error"]
RuleLayer = Literal[
    "values", "crd", "webhook", "kubernetes", "controller", "model", "advice", "preflight"
]  # the component that would report the problem


MOST_PROBLEMS = 100  # problems shown per file; `shorten` counts the others


class Place(NamedTuple):
    """A position in a file; `line` and `column` count from 1, or are 0 if there is no text."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        file = escaped(self.file)
        return f"{file}:{self.line}:{self.column}" if self.line else f"{file}:"


class Problem(NamedTuple):
    """One problem: its place, what is wrong, and what to do.

    `rules.problem` creates it and knows each rule's layer, severity and words. `place` is None until the
    problem is located in a file. `ignored` is the reason if a team ignores the rule; its severity is then
    "ok". `others` is 0, or, in a line that `shorten` adds, the number of hidden problems of the same rule.
    """

    rule: str
    layer: RuleLayer
    severity: Severity
    path: FieldPath
    message: str
    fix: str = ""
    place: Place | None = None
    others: int = 0
    ignored: str = ""

    @property
    def number(self) -> int:
        """The number of problems that this line represents."""
        return self.others or 1

    def located(self, place: Place) -> Problem:
        """Return the same problem with its place in a file."""
        return self._replace(place=place)

    @property
    def is_error(self) -> bool:
        """Whether it fails a run even without `--strict`."""
        return self.severity == "error"

    @property
    def what_to_do(self) -> str:
        """The fix, or the reason why a team ignores the rule."""
        return f"Ignored. Reason: {self.ignored}" if self.ignored else self.fix

    @property
    def level(self) -> Literal["error", "warning"]:
        """The severity for programs that know only these two: "undecidable" is a warning."""
        return "error" if self.is_error else "warning"


def shorten(lists: Sequence[list[Problem]]) -> None:
    """Cut the problems of one file, which may be in several lists, to MOST_PROBLEMS in place.

    Keep the first of each rule, then those that come first. In each list, replace the others by one line per
    rule, at the place of the first of them.
    """
    if sum(map(len, lists)) <= MOST_PROBLEMS:
        return
    every = [
        (number, index, problem.rule)
        for number, problems in enumerate(lists)
        for index, problem in enumerate(problems)
        if not problem.others
    ]
    first: dict[str, tuple[int, int]] = {}
    for number, index, rule in every:
        first.setdefault(rule, (number, index))
    shown = set(list(first.values())[:MOST_PROBLEMS])
    for number, index, _ in every:
        if len(shown) >= MOST_PROBLEMS:
            break
        shown.add((number, index))
    for number, problems in enumerate(lists):
        hidden = [each for index, each in enumerate(problems) if (number, index) not in shown]
        problems[:] = [each for index, each in enumerate(problems) if (number, index) in shown]
        problems += merged(_count_line(each, each.number) for each in hidden)


def merged(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems of one file with the lines that `shorten` added for a rule merged into one."""
    lines: dict[Hashable, Problem] = {}
    for index, each in enumerate(problems):
        key: Hashable = (each.rule, each.severity) if each.others else index
        before = lines.get(key)
        lines[key] = each if before is None else _count_line(before, before.others + each.others)
    return list(lines.values())


def _count_line(first: Problem, others: int) -> Problem:
    return first._replace(message=f"and {others:,} more of the same kind", fix="", others=others)


class PackError(Exception):
    """The base class of the errors that the pack raises on purpose; the text is one line for the user."""


class UsageError(PackError):
    """An error before any check: a missing or unreadable file, a wrong option. Exit code 2."""


class ProblemsError(PackError):
    """An error for input that was read and is invalid. Exit code 1."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


def reason_of(error: Exception) -> str:
    """Return the reason that the system or Python gives, in lower case, to follow a colon."""
    return str(getattr(error, "strerror", None) or error).lower()


def unread(file: str, error: Exception) -> UsageError:
    """Return the error for a file or folder that cannot be read, in one line."""
    return UsageError(f"{escaped(file)}: cannot be read: {reason_of(error)}")
