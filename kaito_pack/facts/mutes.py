"""Rules that a team ignores for a values file, a target or a fleet, each with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kaito_pack.base.display import did_you_mean, one_line, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Place, Problem, RuleLayer
from kaito_pack.base.records import NamedTuple
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import all_rules, former_names, problem

FIELD = "ignoredRules"
LONGEST_REASON = 500  # characters of an escaped reason that are shown
# Errors of these layers predict what a server does. Rejections by KAITO or Kubernetes cannot be ignored.
IGNORABLE: tuple[RuleLayer, ...] = ("model", "advice")


class Mute(NamedTuple):
    """An ignored rule, the reason, and the place of the entry."""

    rule: str
    reason: str
    place: Place


def read_mutes(rows: object, place_of: Callable[[FieldPath], Place]) -> tuple[list[Mute], list[Problem]]:
    """Return the mutes of a file's `ignoredRules`, and the problems of invalid entries."""
    mutes: list[Mute] = []
    problems: list[Problem] = []
    for index, row in enumerate(rows if isinstance(rows, Sequence) else ()):
        path: FieldPath = (FIELD, index, "rule")
        wrong = _wrong(row["rule"], path)
        if wrong is None:
            name = former_names().get(row["rule"], row["rule"])
            mutes.append(Mute(name, one_line(row["reason"], LONGEST_REASON), place_of(path)))
        else:
            problems.append(wrong.located(place_of(path)))
    return mutes, problems


@rule("values/ignored-rule-unknown", "values/ignored-rule-error", on="part")
def _wrong(name: str, path: FieldPath) -> Problem | None:
    """Return the problem of a rule that does not exist, or whose error KAITO or Kubernetes reports."""
    rules: Mapping[str, Any] = all_rules()
    current = former_names().get(name, name)
    if current not in rules:
        near = did_you_mean(name, rules)
        remedy = f"did you mean {shown(near)}" if near else "Use the name in brackets after a message"
        return problem("values/ignored-rule-unknown", path, value=shown(name), remedy=remedy)
    row = rules[current]
    if row.severity == "error" and row.layer not in IGNORABLE:
        return problem("values/ignored-rule-error", path, value=shown(name))
    return None


def is_ignorable(reported: Problem) -> bool:
    """Return whether a problem may be ignored: it is not an error of KAITO, Kubernetes or the values."""
    return not reported.is_error or reported.layer in IGNORABLE


def muted(problems: Iterable[Problem], mutes: Sequence[Mute], used: set[Mute]) -> Iterator[Problem]:
    """Yield the problems, marked as ignored if a mute names their rule; add the matching mutes to `used`."""
    reasons = {mute.rule: mute for mute in reversed(mutes)}
    for each in problems:
        mute = reasons.get(each.rule)
        if mute is None or each.severity == "ok" or not is_ignorable(each):
            yield each
        else:
            used.update(other for other in mutes if other.rule == each.rule)
            yield each._replace(severity="ok", ignored=mute.reason)


@rule("advice/ignored-rule-unused", on="part")
def unused(mutes: Iterable[Mute], used: set[Mute], path: FieldPath = ()) -> Iterator[Problem]:
    """Yield a warning for each mute that matched no problem."""
    for mute in mutes:
        if mute not in used:
            yield problem("advice/ignored-rule-unused", path, mute.place, value=shown(mute.rule))
