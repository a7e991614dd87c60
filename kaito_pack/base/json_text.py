"""Reads JSON as its standard has it: no NaN, no Infinity, no number beyond what a float can hold."""

from __future__ import annotations

import json
from math import isinf
from typing import Any


def parsed(text: str | bytes) -> Any:
    """Return the content of a JSON text. Raises ValueError or RecursionError if it is not JSON."""
    return json.loads(text, parse_constant=_refuse, parse_float=_number)


def _number(text: str) -> float:
    number = float(text)
    return _refuse(text) if isinf(number) else number


def _refuse(text: str) -> Any:
    raise ValueError(f"{text[:20]} is not a number that JSON allows")
