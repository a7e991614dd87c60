"""Marks the problems that the values, the target or the fleet ignore."""

from __future__ import annotations

from kaito_pack.facts.mutes import FIELD, muted, read_mutes
from kaito_pack.kaito.target import Target
from kaito_pack.run.judgement import Judgement


def ignore_rules(judgement: Judgement, target: Target) -> None:
    """Mark the problems of a judgement whose rules its values or the target ignore."""
    if (values := judgement.values) is not None and FIELD in values.filled:
        judgement.mutes, problems = read_mutes(values.filled[FIELD], values.place)
        judgement.own += problems
    if mutes := [*judgement.mutes, *target.mutes]:
        judgement.own = list(muted(judgement.own, mutes, judgement.used_mutes))
        for entry in judgement.objects:
            entry.problems = list(muted(entry.problems, mutes, judgement.used_mutes))
