"""Pairs of files: one breaks the rule that it names, the other keeps it."""

from __future__ import annotations

import pytest

from tests.rule_pairs import Pair, pairs


@pytest.fixture(params=pairs(), ids=lambda pair: pair.rule)
def pair(request: pytest.FixtureRequest) -> Pair:
    result: Pair = request.param
    return result


def test_the_bad_one_breaks_the_rule_where_the_good_one_keeps_it(pair: Pair) -> None:
    assert pair.breaches(pair.bad) - pair.breaches(pair.good)


def test_nothing_is_an_error_in_the_good_one(pair: Pair) -> None:
    assert [result for result in pair.problems(pair.good) if result.is_error] == []
