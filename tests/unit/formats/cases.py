"""Results that every format has to show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from kaito_pack.base.problems import Place, Problem
from kaito_pack.cli import formats
from kaito_pack.cli.results import Result, ResultCase
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.plan import Planned, plan
from kaito_pack.plan.upgrade import Reason, Upgraded
from kaito_pack.run.judgement import Entry
from kaito_pack.run.validation import Report

# What a terminal, a workflow command, XML or a cell of a table would act on.
HOSTILE = 'a\x1b[31m\x7f\x85\u202e\n::error::|`</failure>]]>&"\ud800\x00'
RAW = "\x1b\x7f\x85\u202e\ud800\x00"


def problem(severity: str = "error", rule: str = "values/missing", **changes: object) -> Problem:
    facts = {"layer": "values", "path": ("a", 0), "message": "missing", "fix": "give one"}
    facts |= {"rule": rule, "severity": severity, "place": Place("x.yaml", 4, 2)} | changes
    return Problem(**facts)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Cases:
    """A result of a kind that no format knows."""

    given: tuple[ResultCase, ...]
    is_strict: bool = False
    kind: ClassVar[str] = "trial"

    def cases(self) -> Iterator[ResultCase]:
        return iter(self.given)


def shown(name: str, result: Result) -> str:
    """What a format puts on stdout."""
    return "".join(piece for piece in formats.show(name, result) if not isinstance(piece, formats.Note))


def notes(name: str, result: Result) -> list[str]:
    """What a format puts on stderr."""
    return [piece for piece in formats.show(name, result) if isinstance(piece, formats.Note)]


HOSTILE_CASE = ResultCase(
    HOSTILE, HOSTILE, [problem(message=HOSTILE, fix=HOSTILE, place=Place(HOSTILE, 1, 1))]
)


def report(*entries: Entry) -> dict[str, Report]:
    return {"0.12": Report(list(entries))}


def planned() -> list[tuple[str, Planned]]:
    old = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"type": "ClusterIP"}}
    new = old | {"spec": {"type": HOSTILE}}
    return [("east", each) for each in plan([old], [new], Target(Pack().kaito_version(), "1.35"))]


def upgraded() -> list[tuple[str, Upgraded]]:
    return [("east", Upgraded("default", "a", "0.11", [Reason(problem(message=HOSTILE), "create")]))]
