"""What differs between two manifests, leaf by leaf."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.base.trees import ABSENT, Difference
from kaito_pack.plan.differences import keyed_path, named_differences


@pytest.mark.parametrize(
    ("old", "new", "leaves"),
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
def test_a_leaf_has_the_path_that_a_person_reads(old: Any, new: Any, leaves: list[Any]) -> None:
    assert list(named_differences(old, new)) == [Difference(*leaf) for leaf in leaves]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["--a", "1", "--b", "2"], ["--b", "2", "--a", "1"]),
        (["--a=1"], ["--a", "1"]),
        (["--a", "1", "--a", "2"], ["--a", "2", "--a", "1"]),
    ],
)
def test_another_order_or_spelling_of_arguments_is_a_difference(old: list[str], new: list[str]) -> None:
    assert list(named_differences({"args": old}, {"args": new}))


def test_items_with_names_in_another_order_are_one_difference() -> None:
    old, new = [{"name": "A"}, {"name": "B"}], [{"name": "B"}, {"name": "A"}]
    assert list(named_differences({"env": old}, {"env": new})) == [Difference(("env",), old, new)]


def test_a_problems_path_is_told_by_names() -> None:
    manifest = {"containers": [{"name": "model", "args": ["--a", "1"], "ports": [1]}]}
    assert keyed_path(manifest, ("containers", 0, "args", 1)) == ("containers", "model", "args")
    assert keyed_path(manifest, ("containers", 0, "ports", 0)) == ("containers", "model", "ports", 0)
    assert keyed_path(manifest, ("containers", 7, "x")) == ("containers", 7, "x")
