"""Reads JSON strictly by its standard: no NaN, no Infinity, no number that a float cannot hold."""

from __future__ import annotations

import json
from math import isinf
from typing import Any


def parsed(text: str | bytes) -> Any:
    """Return the content of a JSON text. Raises ValueError or RecursionError if it is not JSON."""
    return json.loads(text, parse_constant=_refuse, parse_float=_number)


def foreign(text: str | bytes) -> Any:
    """Return the content of a JSON text that another program wrote.

    Raises ValueError or RecursionError as `parsed` does, and ValueError for an integer beyond 64 bits:
    kubectl rounds it, and a YAML file cannot contain it.
    """
    return json.loads(text, parse_constant=_refuse, parse_float=_number, parse_int=_integer)


def _integer(text: str) -> int:
    number = int(text)
    if not -(2**63) <= number < 2**63:
        _refuse(text)
    return number


def _number(text: str) -> float:
    number = float(text)
    return _refuse(text) if isinf(number) else number


def _refuse(text: str) -> Any:
    raise ValueError(f"{text[:20]} is not a valid JSON number")
