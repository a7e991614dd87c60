"""Detects whether the files of a run depend on each other, without keeping their manifests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kaito_pack.base.records import NamedTuple
from kaito_pack.kaito.target import Surroundings
from kaito_pack.rendering.manifests import RenderedManifest

Key = int  # a hash: a collision costs time but changes no verdict


class Footprint(NamedTuple):
    """The keys that a file provides for others, those it looked up in itself, and those it did not find."""

    held: tuple[Key, ...] = ()
    resolved: tuple[Key, ...] = ()
    missed: tuple[Key, ...] = ()
    name: Key | None = None


def footprint_of(manifests: Sequence[RenderedManifest], around: Surroundings) -> Footprint:
    """Return the footprint of a file that was checked in `around`, which has only its own manifests."""
    held = tuple(hash((table, key)) for table, groups in around.tables.items() for key in groups)
    resolved = tuple(hash((table, key)) for table, key in around.asked if key in around.tables[table])
    missed = tuple(hash((table, key)) for table, key in around.asked if key not in around.tables[table])
    if not manifests:
        return Footprint(held, resolved, missed)
    body: Any = manifests[0].body
    name = (body["kind"], body["metadata"].get("namespace"), body["metadata"].get("name"))
    return Footprint(held, resolved, missed, hash(name))


class Tally:
    """A count of the files that provide each key, and the keys that each file has looked up."""

    def __init__(self) -> None:
        self._held: dict[Key, int] = {}
        self._resolved: set[Key] = set()
        self._missed: set[Key] = set()
        self._names: set[Key] = set()
        self._has_twins = False

    def add(self, file: Footprint) -> None:
        """Add one file."""
        for key in file.held:
            self._held[key] = self._held.get(key, 0) + 1
        self._resolved.update(file.resolved)
        self._missed.update(file.missed)
        if file.name is not None:
            self._has_twins = self._has_twins or file.name in self._names
            self._names.add(file.name)

    @property
    def is_entangled(self) -> bool:
        """Return whether any verdict could change now that all files are known."""
        return (
            self._has_twins
            or any(self._held[key] > 1 for key in self._resolved)
            or not self._missed.isdisjoint(self._held)
        )
