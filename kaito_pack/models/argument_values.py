"""Checks a value of an argument as vLLM's parser and configuration do."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from kaito_pack.facts.tables import Row
from kaito_pack.models.argument_table import Argument

DECIMAL = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
BINARY = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
LISTED = 12  # maximum number of choices in a message
LONGEST = 40  # maximum characters of a number; no length, size or share is longer
BOUNDS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "minimum": ("at least {}", lambda value, bound: value >= bound),
    "above": ("above {}", lambda value, bound: value > bound),
    "maximum": ("at most {}", lambda value, bound: value <= bound),
    "below": ("below {}", lambda value, bound: value < bound),
}


def wanted_instead(argument: Argument, text: str) -> str | None:
    """Return a description of the values that the argument accepts; None if it accepts `text`."""
    row = argument.row
    if row.get("none") and text in ("None", ""):
        return None
    value = _value(argument.type, text, row)
    if value is None:
        return _kind(argument.type, row)
    choices = row.get("choices") or row.get("names") or ()
    if choices and value not in choices:
        return _listed(choices)
    if isinstance(value, int | float) and not (value == -1 and row.get("auto")):
        bounds = [name for name in BOUNDS if name in row]
        if not all(BOUNDS[name][1](value, row[name]) for name in bounds):
            limits = " and ".join(BOUNDS[name][0].format(f"{row[name]:g}") for name in bounds)
            return f"{_kind(argument.type, row)} {limits}"
    return None


def _value(kind: str, text: str, row: Row) -> Any:
    """Return the value that the parser reads from `text`; None if it rejects the text."""
    if kind == "int":
        return _integer(text)
    if kind == "float":
        return _number(text)
    if kind == "size":
        return -1 if row.get("auto") and text.strip().lower() in ("-1", "auto") else size(text, row)
    if kind in ("json", "object"):
        value = _json(text)
        return value if kind == "json" or isinstance(value, dict) else None
    if kind == "lora":
        return _lora(text)
    if kind == "text or json" and text.strip().startswith("{") and text.strip().endswith("}"):
        return _json(text)
    return text


def _integer(text: str) -> int | None:
    if len(text) > LONGEST:
        return None
    try:
        return int(text)
    except ValueError:
        return None


def _number(text: str) -> float | None:
    if len(text) > LONGEST:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def size(text: str, row: Row) -> int | None:
    """Return a number of tokens or bytes (`8k` is 8000, `8K` 8192); None if vLLM rejects the text."""
    text = text.strip()
    unit = text[-1:]
    if unit not in DECIMAL and unit not in BINARY:
        return _integer(text)
    number, dot, decimals = text[:-1].partition(".")
    is_plain = (number + decimals).isdecimal() and bool(number) and bool(decimals) == bool(dot)
    if not is_plain or len(text) > LONGEST or (unit.lower() == "t" and row.get("largestUnit") == "g"):
        return None
    if unit in BINARY:
        return None if dot else int(number) * BINARY[unit]
    return int(float(text[:-1]) * DECIMAL[unit])


def _lora(text: str) -> Any:
    """Return an adapter: `name=path`, or JSON with both."""
    if "=" in text and "," not in text:
        return text if text.count("=") == 1 else None
    value = _json(text) if text else text
    return value if not text or (isinstance(value, dict) and {"name", "path"} <= value.keys()) else None


def _json(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return "null" if value is None else value


def _kind(kind: str, row: Row) -> str:
    if kind == "size":
        return "a whole number, 8k or 8K, or auto" if row.get("auto") else "a whole number, 8k or 8K"
    words = {"int": "a whole number", "float": "a number", "json": "JSON", "object": "a JSON object"}
    words |= {"text or json": "text or valid JSON", "lora": "name=path, or JSON with name and path"}
    return words.get(kind, "text")


def _listed(choices: Any) -> str:
    if len(choices) > LISTED:
        return f"one of {len(choices)} names"  # the fix lists them or suggests one
    return "one of " + ", ".join(str(choice) for choice in choices)
