"""Which values that were read bring the rendering nearer, and which the schema leaves room for."""

from __future__ import annotations

from collections.abc import Collection

from kaito_pack.base.trees import ABSENT, get
from kaito_pack.importing.captures import part_of
from kaito_pack.importing.comparable import weight
from kaito_pack.importing.given import Given, ValuePath, with_value, without_value
from kaito_pack.importing.trial import UNRENDERED, Trial
from kaito_pack.rendering.extending import HASH
from kaito_pack.rendering.trace import other_value


def nearest(trial: Trial, given: Given, paths: Collection[ValuePath], required: Collection[str]) -> Given:
    """Return `given` without the values at `paths` that only look like the mode's, such as a volume's name.

    Such a value makes the Workspace differ more than it would without it. `required` names stay.
    """
    best = _distance(trial, given)
    for path in dict.fromkeys(paths) if best else ():
        is_free = path[0] not in required and get(given, path, ABSENT) is not ABSENT
        less = without_value(given, path, {})
        if is_free and trial.accepts(less) and (distance := _distance(trial, less)) < best:
            given, best = less, distance
    return given


def _distance(trial: Trial, given: Given) -> int:
    """Return how much the Workspace differs, without its hash, which is right once the rest is."""
    if not trial.rendered(given):
        return UNRENDERED
    differences = (difference for owner, difference in trial.lost(given) if owner is None)
    return sum(weight(difference) for difference in differences if HASH not in difference.path)


def could_hold(trial: Trial, given: Given, path: ValuePath) -> bool:
    """Return whether the schema accepts a value at `path` beside those of `given`."""
    other = other_value(None, part_of(trial.mode, path))
    return other is None or trial.accepts(with_value(given, path, other))
