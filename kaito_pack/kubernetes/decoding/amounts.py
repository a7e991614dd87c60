"""Quantities as numbers, for comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaito_pack.kubernetes.decoding.quantity import canonical, value_of

if TYPE_CHECKING:
    from fractions import Fraction


def amount(value: object) -> Fraction | int | None:
    """Return the number of a quantity (memory in bytes); None for null and for an invalid quantity."""
    if value is None:
        return None
    try:
        return value_of(value)
    except ValueError:
        return None


def printed(value: object) -> str | None:
    """Return a quantity as Kubernetes prints it; None for an invalid quantity."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return canonical(value)
    except ValueError:
        return None
