"""Cron expressions and durations as the Go programs of a cluster read them.

Source: robfig/cron v3, parser.go (used by Kubernetes' CronJob, KAITO and KEDA); Go's time.ParseDuration.
"""

from __future__ import annotations

import re

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# The fields of an expression: name, lowest and highest number, and the words for numbers.
FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(MONTHS, 1)}),
    ("day of the week", 0, 6, {name: number for number, name in enumerate(DAYS)}),
)
WORDS = frozenset(("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"))
LONGEST_NUMBER = 9  # digits
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION = re.compile(r"([+-]?)((?:[0-9]{0,15}[.]?[0-9]{0,15}(?:h|ms|m|s|us|µs|ns)){1,20})")
_PART = re.compile(r"([0-9]{0,15}[.]?[0-9]{0,15})(h|ms|m|s|us|µs|ns)")


def error_of(expression: str, has_words: bool = False) -> str | None:
    """Return why an expression is not a cron schedule of five fields; None if it is valid.

    `has_words`: words such as @daily and a leading time zone (CRON_TZ=…) are also valid.
    """
    if has_words and expression.startswith(("TZ=", "CRON_TZ=")):
        expression = expression.partition(" ")[2].strip()
    if has_words and expression.startswith("@"):
        every = expression.removeprefix("@every ")
        is_every = every != expression and (go_seconds(every) or 0) > 0
        return None if expression in WORDS or is_every else "is not a word that cron knows"
    parts = expression.split()
    if len(parts) != len(FIELDS):
        return f"has {len(parts)} field{'' if len(parts) == 1 else 's'} instead of {len(FIELDS)}"
    for part, (name, low, high, words) in zip(parts, FIELDS, strict=True):
        if any(not _is_range(each, low, high, words) for each in part.split(",")):
            return f"has an invalid {name}"
    return None


def _is_range(text: str, low: int, high: int, words: dict[str, int]) -> bool:
    """Return whether a text is `*`, a number or a range, each with an optional step, within the limits."""
    span, slash, step = text.partition("/")
    if slash and (_number(step, {}) or 0) <= 0:
        return False
    if span in ("*", "?"):
        return True
    start, dash, end = span.partition("-")
    first = _number(start, words)
    last = _number(end, words) if dash else first
    return first is not None and last is not None and low <= first <= last <= high


def _number(text: str, words: dict[str, int]) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER:
        return int(text)
    return words.get(text.lower())


def go_seconds(text: str) -> float | None:
    """Return the seconds of a duration such as 1h30m as Go reads it; None if it is not valid."""
    if text in ("0", "+0", "-0"):
        return 0.0
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    seconds = 0.0
    for number, unit in _PART.findall(match[2]):
        if not any(letter.isdigit() for letter in number):
            return None
        seconds += float(number) * UNITS[unit]
    return -seconds if match[1] == "-" else seconds
