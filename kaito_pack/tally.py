"""Whether the files of one run have to do with each other, without keeping what they render to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kaito_pack.rendering import Manifest
from kaito_pack.target import Surroundings

Key = int  # a hash: two that are the same by chance cost time, no verdict


class Tally:
    """Counts the files that hold what others may look up, and notes what each file has looked up."""

    def __init__(self) -> None:
        self._held: dict[Key, int] = {}
        self._found: set[Key] = set()
        self._missed: set[Key] = set()
        self._names: set[Key] = set()
        self._has_twins = False

    def add(self, manifests: Sequence[Manifest], around: Surroundings) -> None:
        """Take in one file, which was judged in `around`, its own manifests alone."""
        for table, groups in around.tables.items():
            for key in groups:
                held = hash((table, key))
                self._held[held] = self._held.get(held, 0) + 1
        for table, key in around.asked:
            (self._found if key in around.tables[table] else self._missed).add(hash((table, key)))
        if manifests:
            metadata: Any = manifests[0].body["metadata"]
            name = hash((metadata.get("namespace"), metadata.get("name")))
            self._has_twins = self._has_twins or name in self._names
            self._names.add(name)

    @property
    def is_entangled(self) -> bool:
        """Whether any verdict could be another one, now that all files are known."""
        return (
            self._has_twins
            or any(self._held[key] > 1 for key in self._found)
            or not self._missed.isdisjoint(self._held)
        )
