"""Kubernetes quantities of bytes as GiB."""

from __future__ import annotations

from kaito_pack.kubernetes.decoding.quantity import value_of
from kaito_pack.models.memory import GIB


def gibibytes(quantity: object) -> float | None:
    """Return a quantity of bytes in GiB; None if it is missing or not a quantity."""
    if quantity is None:
        return None
    try:
        return float(value_of(quantity)) / GIB
    except (ValueError, OverflowError):
        return None
