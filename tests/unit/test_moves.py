"""Which Workspace was another one before."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.plan.moves import moves, nameable
from kaito_pack.workspace.identity import identity


def workspace(
    name: str, namespace: str = "a", model: str = "m", instance: str | None = None
) -> dict[str, Any]:
    labels = {"app.kubernetes.io/instance": instance or name}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    inference = {"template": {"model": model}}
    return {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "Workspace",
        "metadata": metadata,
        "inference": inference,
    }


def moves_of(
    gone: list[Any], created: list[Any], guess: bool = True, **same_file: Any
) -> list[tuple[str, str]]:
    keyed = [{identity(item): item for item in bodies} for bodies in (gone, created)]
    pairs = moves(keyed[0], keyed[1], same_file.get("same_file", {}), guess)
    return [("/".join(old[2:]), "/".join(new[2:])) for new, old in pairs.items()]


def test_the_same_values_file_made_it() -> None:
    old, new = workspace("x", model="1"), workspace("y", model="2")
    assert moves_of([old], [new], False, same_file={identity(new): identity(old)}) == [("a/x", "a/y")]


def test_the_same_instance_has_moved_with_another_model() -> None:
    assert moves_of([workspace("x", model="1")], [workspace("x", "b", model="2")]) == [("a/x", "b/x")]


def test_the_same_model_has_another_name() -> None:
    assert moves_of([workspace("x")], [workspace("y")]) == [("a/x", "a/y")]


def test_nothing_is_guessed_where_the_old_one_may_stay() -> None:
    assert moves_of([workspace("x")], [workspace("x", "b")], guess=False) == []


def test_nothing_is_guessed_where_two_could_be_meant() -> None:
    assert moves_of([workspace("x", model="1"), workspace("y", model="1")], [workspace("z", model="1")]) == []
    assert moves_of([workspace("x")], [workspace("y"), workspace("z")]) == []


def test_other_kinds_do_not_move() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}}
    assert moves_of([service], [{**service, "metadata": {"name": "y"}}]) == []


def test_an_object_without_a_namespace_is_in_default() -> None:
    body = workspace("x", "default")
    del body["metadata"]["namespace"]
    assert identity(body) == identity(workspace("x", "default"))
    assert identity(body) != identity(workspace("x", "a"))


@pytest.mark.parametrize("word", ["", "--all", "a; rm b", "a\nb", "$(a)", "a'b", "\u0661", "\u00e9"])
def test_what_no_object_can_be_called_is_no_word_of_a_command(word: str) -> None:
    assert not nameable("workspace", word)


def test_names_of_objects_are_words_of_a_command() -> None:
    assert nameable("Workspace", "a-1.b", "system:node", "1a")
