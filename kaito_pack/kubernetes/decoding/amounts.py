"""Quantities as numbers, to compare them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaito_pack.kubernetes.decoding.quantity import canonical, value_of

if TYPE_CHECKING:
    from fractions import Fraction


def amount(value: object) -> Fraction | int | None:
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
