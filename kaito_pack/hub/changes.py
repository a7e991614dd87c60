"""Compares entries of a catalogue with the current state of the Hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import ABSENT
from kaito_pack.hub.client import Hub, NotAllowed, NotOnHub
from kaito_pack.hub.entry import read_model
from kaito_pack.models.model import CatalogueEntry
from kaito_pack.pack.catalogue_schema import MODEL_ID

State = Literal["same", "changed", "gone", "renamed", "gated"]
ROUNDING = 0.01  # GiB; maximum difference between equal sizes


class ModelChange(NamedTuple):
    """The changes on the Hub of one model of a catalogue; `differences` are field, old value, new value."""

    model_id: str
    state: State
    differences: tuple[tuple[str, Any, Any], ...] = ()
    new_id: str | None = None
    missing: tuple[str, ...] = ()


def change_of(hub: Hub, entry: CatalogueEntry) -> ModelChange:
    """Return the changes on the Hub since an entry was written; fields that the entry lacks are ignored.

    Raises UsageError if the Hub cannot be reached.
    """
    model_id = entry[MODEL_ID]
    try:
        reading = read_model(hub, model_id)
    except NotOnHub:
        return ModelChange(model_id, "gone")
    except NotAllowed:
        return ModelChange(model_id, "gated", missing=("the Hub hides this repository from the token",))
    differences = tuple(compared(entry, reading.entry, bool(reading.missing)))
    new_id = reading.entry[MODEL_ID] if reading.renamed_from else None
    was_open = entry.get("gated") is False and reading.entry.get("gated")
    state: State = "renamed" if new_id else "gated" if was_open else "changed" if differences else "same"
    return ModelChange(model_id, state, differences, new_id, reading.missing)


def compared(old: CatalogueEntry, new: CatalogueEntry, is_partial: bool) -> Sequence[tuple[str, Any, Any]]:
    """Return the fields of an entry whose values differ: field, old value, new value (None if removed).

    For a partial reading only its own fields are compared.
    """
    differences = []
    for field, value in old.items():
        now = new.get(field, ABSENT)
        if now is ABSENT:
            if field in GONE_MATTERS and not is_partial:
                differences.append((field, value, None))
        elif field != MODEL_ID and not is_same(value, now):
            differences.append((field, value, now))
    appeared = [field for field in APPEARANCE_MATTERS if field in new and field not in old and new[field]]
    return [*differences, *((field, None, new[field]) for field in appeared)]


GONE_MATTERS = ("quantization", "ggufFiles", "weightsGiB")
APPEARANCE_MATTERS = ("quantization",)


def is_same(old: Any, new: Any) -> bool:
    """Return whether two values of a field are equal; sizes may differ by rounding."""
    if isinstance(old, float | int) and isinstance(new, float | int) and not isinstance(old, bool):
        return abs(old - new) <= ROUNDING
    if isinstance(old, str) and isinstance(new, str):
        return old.lower() == new.lower()
    return bool(old == new)
