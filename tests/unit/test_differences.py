"""What differs between two manifests, leaf by leaf."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.plan.differences import ABSENT, Difference, differences, keyed_path


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"args": ["--a", "1"]}, {"args": ["--a", "2"]}, [(("args", "--a"), "1", "2")]),
        ({"args": ["--a=1"]}, {"args": ["--a=2"]}, [(("args", "--a"), "1", "2")]),
        ({"args": ["--a"]}, {"args": ["--a", "--b"]}, [(("args", "--b"), ABSENT, None)]),
        ({"args": ["a", "b"]}, {"args": ["a", "c"]}, [(("args", "[1]"), "b", "c")]),
        (
            {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]},
            {"env": [{"name": "B", "value": "1"}]},
            [(("env", "A"), {"name": "A", "value": "1"}, ABSENT)],
        ),
        ({"a": [1, 2]}, {"a": [1]}, [(("a", 1), 2, ABSENT)]),
        ({"a": 1}, {"a": True}, [(("a",), 1, True)]),
        ({"a": {}}, {"a": {}}, []),
    ],
)
def test_a_leaf_is_told_by_what_a_person_calls_it(old: Any, new: Any, found: list[Any]) -> None:
    assert list(differences(old, new)) == [Difference(*one) for one in found]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["--a", "1", "--b", "2"], ["--b", "2", "--a", "1"]),
        (["--a=1"], ["--a", "1"]),
        (["--a", "1", "--a", "2"], ["--a", "2", "--a", "1"]),
    ],
)
def test_another_order_or_spelling_of_arguments_is_a_difference(old: list[str], new: list[str]) -> None:
    assert list(differences({"args": old}, {"args": new}))


def test_items_with_names_in_another_order_are_one_difference() -> None:
    old, new = [{"name": "A"}, {"name": "B"}], [{"name": "B"}, {"name": "A"}]
    assert list(differences(old, new, ("env",))) == [Difference(("env",), old, new)]


def test_a_problems_path_is_told_by_names() -> None:
    manifest = {"containers": [{"name": "model", "args": ["--a", "1"], "ports": [1]}]}
    assert keyed_path(manifest, ("containers", 0, "args", 1)) == ("containers", "model", "args")
    assert keyed_path(manifest, ("containers", 0, "ports", 0)) == ("containers", "model", "ports", 0)
    assert keyed_path(manifest, ("containers", 7, "x")) == ("containers", 7, "x")
