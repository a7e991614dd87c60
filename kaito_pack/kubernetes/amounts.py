"""Quantities as numbers, to compare them."""

from __future__ import annotations

from fractions import Fraction

from kaito_pack.quantity import canonical, value_of


def amount(value: object) -> Fraction | None:
    """The number that a quantity stands for (memory in bytes); None for null and for what is no quantity."""
    if value is None:
        return None
    try:
        return value_of(value)
    except ValueError:
        return None


def printed(value: object) -> str | None:
    """A quantity as Kubernetes prints it; None for what is no quantity."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return canonical(value)
    except ValueError:
        return None
