"""Reads scalars without quotes as different YAML parsers do.

kubectl uses go-yaml (a mixture of YAML 1.1 and 1.2) and converts the result to JSON. PyYAML reads YAML 1.1;
most others read the YAML 1.2 core schema.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from math import isfinite, isinf, isnan
from typing import Any

from yaml.resolver import Resolver

TRUE = ("true", "True", "TRUE")
FALSE = ("false", "False", "FALSE")
NULL = ("", "~", "null", "Null", "NULL")
ALIKE_WORDS = frozenset(TRUE + FALSE + NULL)
WORDS: dict[str, object] = {
    **dict.fromkeys(NULL),
    **dict.fromkeys((*TRUE, "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys((*FALSE, "n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
    **{sign + word: float(sign + word[1:]) for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
# First characters of plain scalars that some parser does not read as text.
SPECIAL_STARTS = frozenset("yYnNtTfFoO~+-.0123456789=<")
NUMBER_STARTS = frozenset("+-.0123456789")
NUMBER_ENDS = frozenset("_.0123456789")
INT64 = 1 << 63
# The files of a team repeat words. Looking up a reading takes 0.1 µs, computing it 2 µs.
KEPT = 2048
LONGEST_INTEGER = 80  # characters; Python refuses to convert thousands of digits, and 64 bits need fewer


@cache
def pattern(text: str) -> re.Pattern[str]:
    """Return `text` as a pattern that is compiled on first use: most files need none of the patterns."""
    return re.compile(text)


GO_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
GO_DOT_FLOAT = r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+)?"
CORE_NUMBER = rf"{GO_FLOAT}|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
ALIKE_NUMBER = r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+|(?:[-+]?[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?"


@lru_cache(KEPT)
def go_value(text: str) -> object:
    """Return a plain scalar as go-yaml resolves it (kubectl 1.32): None, bool, int, float or the text."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in NUMBER_STARTS:
        return text
    digits = text.replace("_", "")
    integer = go_integer(digits) if text[0] != "." else None
    if integer is not None:
        return integer
    if text[-1] not in NUMBER_ENDS:  # 4Gi, -m
        return text
    is_float = (
        pattern(GO_DOT_FLOAT).fullmatch(text) if text[0] == "." else pattern(GO_FLOAT).fullmatch(digits)
    )
    if not is_float:
        return text
    number = float(digits)
    return text if isinf(number) else number


def go_integer(digits: str) -> int | None:
    """Return the result of Go's ParseInt and ParseUint for `digits` with base 0; None if they fail."""
    if digits[:3] in ("0b-", "0b+"):
        digits = digits[2] + "0b" + digits[3:]  # go-yaml removes "0b" and accepts the sign after it
    unsigned = digits.lstrip("+-")
    if len(digits) - len(unsigned) > 1 or len(digits) > LONGEST_INTEGER or not unsigned.isalnum():
        return None
    base = {"0x": 16, "0b": 2, "0o": 8}.get(unsigned[:2].lower(), 8 if unsigned[0] == "0" else 10)
    try:
        number = int(unsigned, 0) if base != 8 or unsigned[1:2] in "oO" else int(unsigned, 8)
    except ValueError:
        return None
    number = -number if digits[0] == "-" else number
    highest = INT64 if digits[0] in "+-" else 2 * INT64  # only ParseUint takes 64 bits, and it takes no sign
    return number if -INT64 <= number < highest else None


def as_json(value: object) -> object:
    """Return `value` as kubectl converts it to JSON: 1e3 and 1.0 are integers, beyond 64 bits floats."""
    if isinstance(value, float):
        if not isfinite(value) or not value.is_integer() or not -INT64 <= value < INT64:
            return value
        whole = int(value) if abs(value) < 1e16 else shortest_integer(value)
        return whole if -INT64 <= whole < INT64 else value
    if isinstance(value, int) and value >= INT64:
        return float(value)
    return value


def shortest_integer(number: float) -> int:
    """Return the integer that JSON shows for a whole float from 1e16: its shortest digits, then zeros."""
    mantissa, exponent = repr(number).split("e")
    whole, _, fraction = mantissa.partition(".")
    zeros: int = 10 ** (int(exponent) - len(fraction))
    return int(whole + fraction) * zeros


@lru_cache(KEPT, typed=True)
def is_surprising(text: str, value: object) -> bool:
    """Return whether YAML 1.1, YAML 1.2 core and kubectl (`value`) read `text` differently."""
    if isinstance(value, str):
        is_number = text[:1] in NUMBER_STARTS and pattern(CORE_NUMBER).fullmatch(text)
        return bool(text) and (is_special_in_yaml_1_1(text) or bool(is_number))
    if value is None or isinstance(value, bool):
        return text not in ALIKE_WORDS
    rounded = isinstance(value, float) and not set(text) & set(".eE")
    return rounded or not pattern(ALIKE_NUMBER).fullmatch(text)


def is_special_in_yaml_1_1(text: str) -> bool:
    """Return whether PyYAML reads the plain scalar `text` as anything but text."""
    resolvers = Resolver.yaml_implicit_resolvers.get(text[0], ())
    return any(matcher.match(text) for _, matcher in resolvers)


def key_text(key: object) -> str | None:
    """Return kubectl's text of a key, which may be of another type; None if kubectl rejects the key."""
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int):
        return str(key) if key < INT64 else None
    return float_key(key) if isinstance(key, float) else None


def float_key(key: float) -> str:
    """Return a float key as Go's FormatFloat(key, 'g', -1, 32) writes it: the shortest digits of 32 bits."""
    from struct import pack

    if not isfinite(key):
        return ".nan" if isnan(key) else ".inf" if key > 0 else "-.inf"
    if abs(key) > 3.4e38:
        return ".inf" if key > 0 else "-.inf"
    for digits in range(1, 10):
        if pack("f", float(f"{key:.{digits}g}")) == pack("f", key):
            break
    if digits > 6 and abs(key) >= 1e6:
        return f"{key:.{digits - 1}e}"
    return f"{float(f'{key:.{digits}g}'):.{max(digits, 6)}g}"


def has_escaped_slash(text: str, event: Any) -> bool:
    r"""Return whether a scalar has `\/` in double quotes: valid in JSON and YAML 1.2, invalid for kubectl."""
    written = text[event.start_mark.index : event.end_mark.index]
    return bool(event.style == '"' and "\\/" in written.replace("\\\\", ""))
