"""Reuses check results for several KAITO versions if the problems do not depend on the version.

The dependency is observed, not declared: a check that did not read `target.kaito` returns the same result for
every version.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from kaito_pack.base.problems import Problem

Compute = Callable[[], Iterable[Problem]]


class VersionReads:
    """A count of how often this process has read the KAITO version of a watched target."""

    count = 0


class Shared:
    """The problems of one document that are the same for all targets of a run."""

    def __init__(self) -> None:
        # Keep the part whose id is in the key: an id can be reused after its object is freed.
        self._answers: dict[tuple[Hashable, int], tuple[object, Any]] = {}

    def once(self, key: Hashable, part: object, make: Callable[[], Any]) -> Any:
        """Return the result of `make` for `part`, computed once per key."""
        if (answer := self._answers.get((key, id(part)))) is None:
            answer = self._answers[key, id(part)] = part, make()
        return answer[1]

    def answers(self, key: Hashable, part: object) -> dict[str, Sequence[Problem]]:
        """Return the known results of `part` for all versions, by rule name; the caller adds to it."""
        answers: dict[str, Sequence[Problem]] = self.once(("rules", key), part, dict)
        return answers

    def computed(self, compute: Compute) -> tuple[Sequence[Problem], bool]:
        """Return the reports of `compute`, and whether they are the same for every version of KAITO."""
        before = VersionReads.count
        problems = list(compute())
        return problems, VersionReads.count == before

    def problems(self, key: Hashable, part: object, compute: Compute) -> Sequence[Problem]:
        """Return the reports of `compute` on `part`, computed once unless it reads the KAITO version."""
        answer = self._answers.get((key, id(part)))
        if answer is None:
            problems, is_same = self.computed(compute)
            if not is_same:
                return problems
            answer = self._answers[key, id(part)] = part, problems
        shared: Sequence[Problem] = answer[1]
        return shared

    def silent(self, key: Hashable, part: object, compute: Compute) -> Sequence[Problem]:
        """Return the reports of `compute` on `part`, or nothing if the key was used before."""
        if (key, id(part)) in self._answers:
            return ()
        problems = list(compute())
        if not problems:
            self._answers[key, id(part)] = part, ()
        return problems
