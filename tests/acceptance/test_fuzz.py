"""Mutated values and manifests: no traceback, no surge of work, and problems at a line that matters.

`make fuzz` repeats these and all other property tests for FUZZ_SECONDS, with new inputs in each round.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from kaito_pack.base.problems import PackError, ProblemsError
from kaito_pack.base.sentences import line
from kaito_pack.documents import Document, read_text
from kaito_pack.documents.scalars import to_yaml
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.run.judgement import Entry
from kaito_pack.run.sources import Source
from kaito_pack.run.validation import Validator
from tests import work
from tests.conftest import ROOT
from tests.tiers import often

pytestmark = pytest.mark.full
MOST_WORK, EXPLAINING = 3, 5000  # times the calls without the mutation, and calls to explain a problem
PACK = Pack()
VALIDATIONS = [Validator(PACK, Target(kaito, "1.35")) for kaito in ("0.6", "0.9", "0.12")]
SEEDS = [
    file.read_text(encoding="utf-8")
    for folder in ("values", "values/rendered", "tests/manifests/accepted")
    for file in sorted((ROOT / folder).glob("*.yaml"))[:25]
]
RENDERED = [
    body
    for file in sorted((ROOT / "values" / "rendered").glob("*.yaml"))
    for body in yaml.safe_load_all(file.read_text(encoding="utf-8"))
]
ODD = [
    None,
    True,
    -1,
    0,
    1.5,
    2**70,
    "",
    "x" * 300,
    "a b",
    "no",
    "\x00",
    "\u202e",
    [],
    {},
    [None],
    {"a": None},
    [[]],
    "4GB",
]


def judge(text: str | bytes, validator: Validator) -> Any:
    """The report on a text, or the problems of reading it; anything else is a bug."""
    try:
        documents = read_text(text, "fuzz.yaml")
    except ProblemsError as error:
        assert error.problems
        return None
    report = validator.run([Source("fuzz.yaml", documents)])
    for entry in report.entries:
        assert all(line(result).count("\n") == 0 for result in entry.problems)
    return report


spots = st.integers(0, 10**6)
pieces = st.one_of(
    st.sampled_from(
        [
            "{",
            "}",
            "[",
            "]",
            ": ",
            "- ",
            "&a ",
            "*a",
            "!!str ",
            "\t",
            "\n",
            "---\n",
            "|",
            ">",
            "'",
            '"',
            "#",
            "<<: ",
        ]
    ),
    st.text(max_size=5),
)


@often(1500, *HealthCheck)
@given(
    seed=st.sampled_from(SEEDS),
    cuts=st.lists(st.tuples(spots, spots, pieces), min_size=1, max_size=4),
    validator=st.sampled_from(VALIDATIONS),
)
def test_mutated_text_is_judged_without_a_traceback(seed: str, cuts: list[Any], validator: Validator) -> None:
    text = seed
    for start, length, piece in cuts:
        position = start % (len(text) + 1)
        text = text[:position] + piece + text[position + length % 20 :]
    judge(text, validator)


@often(500, *HealthCheck)
@given(data=st.binary(max_size=200), validator=st.sampled_from(VALIDATIONS))
def test_bytes_are_judged_without_a_traceback(data: bytes, validator: Validator) -> None:
    judge(data, validator)


def places(body: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path of a body."""
    result = [path] if path else []
    for key in body if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ():
        result += places(body[key], (*path, key))
    return result


def counted(document: Document, validator: Validator) -> tuple[Entry, int]:
    """The verdict on a document, and how many calls it took."""
    entries: list[Entry] = []
    count = work.calls(lambda: entries.extend(validator.run([Source("fuzz.yaml", [document])]).entries))
    (entry,) = entries
    return entry, count


@often(400, *HealthCheck)
@given(data=st.data(), validator=st.sampled_from(VALIDATIONS))
def test_a_mutated_manifest_is_told_at_the_line_that_was_mutated_or_its_parent(
    data: st.DataObject, validator: Validator
) -> None:
    original = data.draw(st.sampled_from(RENDERED))
    path = data.draw(st.sampled_from(places(original)))
    value = data.draw(st.sampled_from(ODD) | st.text(max_size=5) | st.integers())
    body = deepcopy(original)
    owner = body
    for step in path[:-1]:
        owner = owner[step]
    owner[path[-1]] = value
    try:
        document = read_text(to_yaml(body), "fuzz.yaml")[0]
    except (ProblemsError, ValueError):
        return
    (first, usual), (entry, needed) = (
        counted(each, validator) for each in (read_text(to_yaml(original), "f")[0], document)
    )
    if needed > MOST_WORK * usual + EXPLAINING:  # the first problem of a kind loads what explains it
        needed = counted(document, validator)[1]
    assert needed <= MOST_WORK * usual + EXPLAINING
    before = {(item.rule, item.path) for item in first.problems}
    lines = {document.place(path[:length]).line for length in range(len(path) + 1)}
    lines |= {document.place(path[:length], key=True).line for length in range(1, len(path) + 1)}
    lines |= {document.place(below).line for below in places(body) if below[: len(path)] == path}
    new = [item for item in entry.problems if item.is_error and (item.rule, item.path) not in before]
    if entry.verdict == "refused" and new:
        # Where two fields contradict each other (a request above its limit), either may be named.
        beside = path[: len(path) - 2] if len(path) > 4 else None
        assert any(
            (item.place is not None and item.place.line in lines)
            or item.path[: len(path) - 2] == beside
            or (item.rule.endswith("-order") and item.path[:-1] == path[:-1])
            for item in new
        ), [line(item) for item in new]


def test_a_template_is_never_the_users_fault() -> None:
    """Wrong values end in problems; PackError is for wrong templates."""
    for seed in SEEDS:
        try:
            judge(seed, VALIDATIONS[-1])
        except PackError as error:  # pragma: no cover
            raise AssertionError(seed) from error
