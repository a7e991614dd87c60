"""The toolbox for JSON trees."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.base.trees import ABSENT, DEEPEST, Difference, by_key, children, differences, get, put, walk
from kaito_pack.workspace.identity import identity

TREE: dict[str, Any] = {"a": [{"b": 1}, None], "c": {"d": "x"}}
PATHS = [(), ("a",), ("a", 0), ("a", 0, "b"), ("a", 1), ("c",), ("c", "d")]


def test_get_follows_keys_and_indexes() -> None:
    assert get(TREE, ()) is TREE
    assert get(TREE, ("a", 0, "b")) == 1
    assert get(TREE, ("a", 1), ABSENT) is None


@pytest.mark.parametrize("path", [("x",), ("a", 2), ("a", "0"), ("c", "d", 0), ("c", 0), ("a", 1, "b")])
def test_get_returns_absent_for_a_path_that_leads_nowhere(path: tuple[Any, ...]) -> None:
    assert get(TREE, path, ABSENT) is ABSENT


def test_put_sets_a_part_in_place() -> None:
    tree: dict[str, Any] = {"a": [{"b": 1}]}
    put(tree, ("a", 0, "b"), 2)
    put(tree, ("new",), [])
    assert tree == {"a": [{"b": 2}], "new": []}


def test_walk_returns_each_part_after_what_holds_it() -> None:
    assert [path for path, _ in walk(TREE)] == PATHS
    assert all(get(TREE, path, ABSENT) is part for path, part in walk(TREE))
    assert list(children("text")) == []


@pytest.mark.parametrize(
    ("old", "new", "leaves"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [(("a",), 1, True)]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": None}, {}, [(("a",), None, ABSENT)]),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, [(("a", 2), ABSENT, 3)]),
        ([1, 2], [2, 1], [((0,), 1, 2), ((1,), 2, 1)]),
        ({"a": {}}, {"a": []}, [(("a",), {}, [])]),
    ],
)
def test_differences_are_leaves(old: Any, new: Any, leaves: list[Any]) -> None:
    assert list(differences(old, new)) == [Difference(*leaf) for leaf in leaves]


def test_the_pairing_decides_which_items_are_compared() -> None:
    def backwards(old: list[Any], new: list[Any], path: Any) -> tuple[dict[Any, Any], dict[Any, Any]]:
        return dict(enumerate(old)), dict(enumerate(reversed(new)))

    assert list(differences([1, 2], [2, 1], pairing=backwards)) == [Difference((), [1, 2], [2, 1])]
    assert list(differences([1, 2], [3, 1], pairing=backwards)) == [Difference((1,), 2, 3)]


def test_a_tree_deeper_than_any_document_is_compared_whole_at_the_last_level() -> None:
    old: Any = 1
    new: Any = 2
    for _ in range(DEEPEST + 10):
        old, new = {"a": old}, {"a": new}
    (leaf,) = differences(old, new)
    assert len(leaf.path) == DEEPEST


def test_items_have_keys_only_if_each_has_its_own() -> None:
    assert by_key([{"name": "a"}, {"name": "b"}], "name") == {"a": {"name": "a"}, "b": {"name": "b"}}
    assert by_key([{"name": "a"}, {"name": "a"}], "name") is None
    assert by_key([{"name": "a"}, "b"], "name") is None
    assert by_key([{"port": 1}], "port") is None
    assert by_key([{"port": 1}], "port", str | int) == {1: {"port": 1}}


def test_neither_the_version_nor_an_unset_namespace_makes_another_object() -> None:
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}}
    other = {"apiVersion": "apps/v2", "kind": "Deployment", "metadata": {"name": "a", "namespace": "default"}}
    assert identity(body) == identity(other) == ("apps", "Deployment", "default", "a")
    assert identity(body, "") != identity(other, "")
    assert identity({"kind": 1, "metadata": 2}) == ("", "1", "default", "")
