"""The order in which objects are applied: each object follows those that it needs.

A webhook may reject an object whose ConfigMap does not exist, and no pod starts without its Secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Manifest, mapping, sequence, text
from kaito_pack.facts.tables import per_pack, table

Item = TypeVar("Item")
Key = int  # a hash: a collision changes the order and nothing else

OWN = ("apiVersion", "kind", "metadata")  # fields that identify the object itself
ALWAYS = hash("first")  # needed by every object that is not among the first ones


class Bonds(NamedTuple):
    """The keys that an object, or a group of objects, provides, and those that it needs if others do."""

    given: frozenset[Key] = frozenset()
    needed: frozenset[Key] = frozenset()


@per_pack
def _kinds(row: str) -> frozenset[str]:
    return frozenset(table("apply-order.json")[row])


def bonds_of(body: Manifest) -> Bonds:
    """Return the bonds of one object: it needs every object that any of its fields names."""
    metadata = mapping(body.get("metadata"))
    kind, namespace, name = (
        text(body.get("kind")),
        text(metadata.get("namespace")),
        text(metadata.get("name")),
    )
    given, is_first = {hash((kind, namespace, name))}, kind in _kinds("first")
    if is_first:
        given.add(ALWAYS)
    if is_first or kind in _kinds("named"):
        given.add(hash((namespace, name)))
    needed = {hash(("", namespace))} if is_first else {hash(("", namespace)), ALWAYS}
    waiting: list[Any] = [value for key, value in body.items() if key not in OWN]
    waiting += sequence(metadata.get("ownerReferences"))
    while waiting:  # not `walk`: computing the paths would take longer than everything else
        part = waiting.pop()
        if isinstance(part, str):
            needed.update((hash((namespace, part)), hash(("", part))))
        elif isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            waiting += part.values()
            if isinstance(other := part.get("kind"), str):
                there, called = text(part.get("namespace")) or namespace, text(part.get("name"))
                needed.update((hash((other, there, called)), hash((other, "", called))))
    return Bonds(frozenset(given), frozenset(needed))


def joined(group: Iterable[Bonds]) -> Bonds:
    """Return the bonds of a group of objects that are applied together."""
    all_bonds = list(group)
    given = frozenset[Key]().union(*(bonds.given for bonds in all_bonds))
    return Bonds(given, frozenset[Key]().union(*(bonds.needed for bonds in all_bonds)))


def in_apply_order(items: Sequence[Item], bonds: Callable[[Item], Bonds]) -> list[Item]:
    """Return the items with each after those that it needs; their order is otherwise unchanged.

    If items need each other, the first of them comes last.
    """
    if len(items) < 2:
        return list(items)
    all_bonds = [bonds(item) for item in items]
    givers: dict[Key, list[int]] = {}
    for index, each in enumerate(all_bonds):
        for key in each.given:
            givers.setdefault(key, []).append(index)
    needs = [
        sorted({giver for key in each.needed & givers.keys() for giver in givers[key]} - {index})
        for index, each in enumerate(all_bonds)
    ]
    order: dict[int, None] = {}
    waiting, is_open = list(reversed(range(len(items)))), set[int]()
    while waiting:
        index = waiting[-1]
        missing = [need for need in needs[index] if need not in order and need not in is_open]
        if index in order or index in is_open or not missing:
            order.setdefault(waiting.pop())
        else:
            is_open.add(index)
            waiting += reversed(missing)
    return [items[index] for index in order]
