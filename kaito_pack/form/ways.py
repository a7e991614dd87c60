"""One question for several values, such as how a model scales: the `ways` of a value's `x-form`.

A way:

    {
      "value": "clock", "title": "By the clock", "detail": "KEDA runs replicas by a schedule.",
      "values": {"autoscaling": {"schedule": {}}},  (the values that it sets, and that identify it)
      "asks": ["autoscaling.schedule.start"],       (the values that it asks for)
      "kind": "InferenceSet",                       (the kind of KAITO that it needs)
      "metric": "requests_waiting"                  (the metric of the engine that it needs)
    }

The schema has the ways and their requirements; `facts/` has what each KAITO version and engine supports.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from kaito_pack.base.records import NamedTuple
from kaito_pack.base.sentences import sentence
from kaito_pack.base.trees import Schema, ValuesMap, get, with_value
from kaito_pack.kaito.kinds import has_kind
from kaito_pack.values.commands import filled_in
from kaito_pack.workspace.engines import engine


class Way(NamedTuple):
    """One of the answers: the values that it sets, the values that it asks for, and its requirements."""

    value: str
    title: str
    detail: str = ""
    values: ValuesMap = MappingProxyType({})
    asks: Sequence[str] = ()
    kind: str = ""
    metric: str = ""


def ways_of(part: Schema) -> list[Way]:
    """Return the ways to answer a value; none for an ordinary value."""
    return [Way(**way) for way in part.get("x-form", {}).get("ways", ())]


def current(ways: Sequence[Way], answers: ValuesMap) -> Way:
    """Return the way that matches the most answers."""
    return max((way for way in ways if _holds(way, answers)), key=lambda way: len(list(_leaves(way.values))))


def _holds(way: Way, answers: ValuesMap) -> bool:
    """Return whether the answers have the values of a way; numbers may differ."""
    for path, wanted in _leaves(way.values):
        value = get(answers, path)
        if value is None or (isinstance(wanted, str) and value != wanted):
            return False
    return True


def _leaves(values: ValuesMap, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name), value


def with_answer(
    parts: Mapping[str, Schema], path: Sequence[str], value: Any, answers: ValuesMap
) -> ValuesMap:
    """Return the answers with one added; None removes it, but not the way that asks for it."""
    ways = ways_of(parts.get(path[0], {})) if len(path) == 1 else []
    if ways and (value is None or any(way.value == value for way in ways)):
        return _taken(ways, value, answers)
    result: ValuesMap = with_value(answers, path, value)
    for way in [current(ways, answers) for ways in map(ways_of, parts.values()) if ways and value is None]:
        for leaf, wanted in _leaves(way.values):
            if tuple(path[: len(leaf)]) == leaf and get(result, leaf) is None:
                result = with_value(result, leaf, wanted)
    return result


def _taken(ways: Sequence[Way], value: Any, answers: ValuesMap) -> ValuesMap:
    """Return the answers after a way is chosen; None means the first way.

    Answers that the new way also asks for stay.
    """
    way = next((way for way in ways if way.value == value), ways[0])
    if way == current(ways, answers):
        return answers
    for path in _asked_by_others(ways, way):
        answers = with_value(answers, path.split("."), None)
    for name in {name for each in ways for name in each.values} - set(way.values):
        answers = with_value(answers, (name,), None)
    for leaf, wanted in _leaves(way.values):
        if get(answers, leaf) is None or isinstance(wanted, str):
            answers = with_value(answers, leaf, wanted)
    return answers


def _asked_by_others(ways: Sequence[Way], way: Way) -> set[str]:
    return {path for each in ways for path in each.asks} - set(way.asks)


def shown_by_ways(parts: Mapping[str, Schema], answers: ValuesMap) -> tuple[set[str], set[str]]:
    """Return the values that the current ways ask for, and those that they hide."""
    asked: set[str] = set()
    hidden: set[str] = set()
    for part in parts.values():
        if ways := ways_of(part):
            way = current(ways, answers)
            asked.update(way.asks)
            hidden |= _asked_by_others(ways, way)
    return asked, hidden


def offered(part: Schema, answers: ValuesMap, kaito: str, engine_name: object) -> tuple[list[Way], list[str]]:
    """Return the ways that the KAITO version and the engine allow, and why others are missing.

    The way that the answers already use is always included.
    """
    ways = ways_of(part)
    row = engine(engine_name)
    metrics = {metric["id"] for metric in row.get("keyMetrics", ())}
    words = {"kaito": kaito, "engine": row.get("title", engine_name)}
    lacks, result, reasons = part["x-form"].get("lacks", {}), [], []
    for way in ways:
        lacking = "kind" if way.kind and not has_kind(way.kind, kaito) else ""
        lacking = lacking or ("metric" if way.metric and way.metric not in metrics else "")
        if lacking:
            reasons.append(sentence(filled_in(lacks.get(lacking, ""), {**words, **way._asdict()})))
        if not lacking or way == current(ways, answers):
            result.append(way)
    return result, list(dict.fromkeys(filter(None, reasons)))
