"""Selects the read values that bring the rendering closer to the input and that the schema accepts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.records import Protocol
from kaito_pack.base.trees import ABSENT, by_key, by_place, differences, get
from kaito_pack.importing.captures import Capture, part_of
from kaito_pack.importing.comparable import weight
from kaito_pack.importing.given import Given, ValuePath, with_value, without_value
from kaito_pack.importing.trial import UNRENDERED, Trial
from kaito_pack.rendering.extending import HASH
from kaito_pack.rendering.trace import other_value


class Settling(Protocol):
    """A search that decides which of its proposals count."""

    proposals: list[Capture]

    def settled(self, given: Given, taken: frozenset[ValuePath]) -> tuple[Given, frozenset[ValuePath]]:
        """Return `given` with every proposal that the schema accepts, and their paths."""

    def accepts(self, given: Given) -> bool:
        """Return whether the mode's schema accepts `given`."""

    def distance(self, given: Given) -> int:
        """Return how much the rendering of `given` differs from the input."""


def nearest(trial: Trial, given: Given, paths: Collection[ValuePath], required: Collection[str]) -> Given:
    """Return `given` without the values at `paths` that only look like the mode's, such as a volume's name.

    The Workspace differs more with such a value than without it. `required` names stay.
    """
    best = _distance(trial, given)
    for path in dict.fromkeys(paths) if best else ():
        is_free = path[0] not in required and get(given, path, ABSENT) is not ABSENT
        less = without_value(given, path, {})
        if is_free and trial.accepts(less) and (distance := _distance(trial, less)) < best:
            given, best = less, distance
    return given


def with_refused(
    search: Settling, start: Given, given: Given, taken: frozenset[ValuePath]
) -> tuple[Given, frozenset[ValuePath]]:
    """Return `given`, or closer values with a proposal that others excluded, and the used paths.

    The schema rejects some combinations of values, and the first value is not always the right one.
    """
    best = search.distance(given)
    for path, value in search.proposals if best else ():
        first = with_value(start, path, value)
        if path in taken or not search.accepts(first):
            continue
        other, others_taken = search.settled(first, frozenset([path]))
        if (distance := search.distance(other)) < best:
            given, taken, best = other, others_taken, distance
    return given, taken


def _distance(trial: Trial, given: Given) -> int:
    """Return how much the Workspace differs, without its hash, which is right once the rest is."""
    if not trial.rendered(given):
        return UNRENDERED
    leaves = differences(trial.wanted, trial.body(given), pairing=by_name)
    return sum(weight(difference) for difference in leaves if HASH not in difference.path)


def by_name(old: list[Any], new: list[Any], path: FieldPath) -> tuple[Mapping[Any, Any], Mapping[Any, Any]]:
    """Pair the items of two lists by name, if all have one, so an added volume does not shift the others."""
    named = by_key(old, "name"), by_key(new, "name")
    if named[0] is None or named[1] is None:
        return by_place(old, new, path)
    return named[0], named[1]


def could_hold(trial: Trial, given: Given, path: ValuePath) -> bool:
    """Return whether the schema accepts a value at `path` in addition to those of `given`."""
    other = other_value(None, part_of(trial.mode, path))
    return other is None or trial.accepts(with_value(given, path, other))
