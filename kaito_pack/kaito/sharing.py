"""What is checked once for several versions of KAITO: the problems that do not depend on the version.

Whether they depend on it is seen, not declared: a check that did not read `target.kaito` would answer the
same for every version.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from kaito_pack.base.problems import Problem

Compute = Callable[[], Iterable[Problem]]


class VersionReads:
    """How often the version of KAITO of a watched target was read in this process."""

    count = 0


class Shared:
    """The problems of one document that are the same for all targets of a run."""

    def __init__(self) -> None:
        # With the part that was checked, whose id is in the key: an id is used again once its object is gone.
        self._answers: dict[tuple[Hashable, int], tuple[object, Any]] = {}

    def once(self, key: Hashable, part: object, make: Callable[[], Any]) -> Any:
        """Return what `make` makes for `part`, made once for a key."""
        if (answer := self._answers.get((key, id(part)))) is None:
            answer = self._answers[key, id(part)] = part, make()
        return answer[1]

    def answers(self, key: Hashable, part: object) -> dict[str, Sequence[Problem]]:
        """Return what is known of `part` for all versions, by the name of the rule; the caller adds to it."""
        answers: dict[str, Sequence[Problem]] = self.once(("rules", key), part, dict)
        return answers

    def computed(self, compute: Compute) -> tuple[Sequence[Problem], bool]:
        """Return what `compute` reports, and whether it is the same for every version of KAITO."""
        before = VersionReads.count
        problems = list(compute())
        return problems, VersionReads.count == before

    def problems(self, key: Hashable, part: object, compute: Compute) -> Sequence[Problem]:
        """Return what `compute` reports of `part`, computed once unless it reads the version of KAITO."""
        answer = self._answers.get((key, id(part)))
        if answer is None:
            problems, is_same = self.computed(compute)
            if not is_same:
                return problems
            answer = self._answers[key, id(part)] = part, problems
        shared: Sequence[Problem] = answer[1]
        return shared

    def silent(self, key: Hashable, part: object, compute: Compute) -> Sequence[Problem]:
        """Return what `compute` reports of `part`; nothing if it did so before under the same key."""
        if (key, id(part)) in self._answers:
            return ()
        problems = list(compute())
        if not problems:
            self._answers[key, id(part)] = part, ()
        return problems
