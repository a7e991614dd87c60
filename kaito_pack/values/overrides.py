"""`--set path=value`: Helm's syntax for a value on the command line, as a layer of values.

A backslash escapes dots in keys, commas separate settings, `{a,b}` is a list, `[0]` an item of a list. Values
have the types of YAML 1.2 core; with `--set-string` all are text.
"""

from __future__ import annotations

import os
import re
from math import inf, isfinite
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.problems import UsageError
from kaito_pack.base.secrets import looks_like_secret
from kaito_pack.documents import Document, readings
from kaito_pack.values.layers import Indexed, Layer

MOST_ITEMS = 1000  # a higher index is rejected, as in Helm


def layers_of(option: str, expression: str, as_text: bool) -> list[Layer]:
    """Return the layers of one `--set` (or `--set-string`). Raises UsageError if it is not valid."""
    try:  # the shell's locale may not be UTF-8, but YAML is
        expression = os.fsencode(expression).decode()
    except UnicodeError:
        raise UsageError(f"{option} {shown(expression, quote=False)}: is not UTF-8") from None
    # Messages and `explain` show the title.
    title = f"{option} {shown(expression, quote=False) if looks_like_secret(expression) else expression}"
    return [
        Layer(Document(title, 1, _nested(setting, as_text, title)), option)
        for setting in _split(expression, ",")
    ]


def _nested(setting: str, as_text: bool, title: str) -> dict[str, Any]:
    path, *rest = _split(setting, "=")
    steps = _steps(path, title)
    if not rest or not steps:
        raise UsageError(f"{shown(title, quote=False)}: expected path=value, such as resources.gpu=2")
    nested: Any = _value(setting[len(path) + 1 :], as_text, title)
    for step in reversed(steps):
        nested = Indexed({step: nested}) if isinstance(step, int) else {step: nested}
    values: dict[str, Any] = nested
    return values


def _steps(path: str, title: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in _split(path, "."):
        name, *indexes = re.split(r"(?<!\\)\[", part)
        name = _unescaped(name)
        if not name:
            raise UsageError(f"{shown(title, quote=False)}: the path has an empty name")
        steps.append(name)
        for index in indexes:
            number = index.removesuffix("]")
            if not index.endswith("]") or not number.isdecimal() or int(number) > MOST_ITEMS:
                raise UsageError(
                    f"{shown(title, quote=False)}: {shown('[' + index)} is not an index such as [0]"
                )
            steps.append(int(number))
    return steps


def _value(text: str, as_text: bool, title: str) -> Any:
    if text.startswith("{") and text.endswith("}"):
        items = _split(text[1:-1], ",") if text != "{}" else []
        return [_scalar(_unescaped(item), as_text, title) for item in items]
    return _scalar(_unescaped(text), as_text, title)


def _scalar(text: str, as_text: bool, title: str) -> Any:
    """Return one value with its YAML 1.2 core type: true, null, 12, 0o17, 1.5, else text."""
    if as_text:
        return text
    if text in readings.ALIKE_WORDS:
        return readings.WORDS[text]
    if not readings.pattern(readings.CORE_NUMBER).fullmatch(text):
        return text
    number = _number(text)
    if number is None:
        raise UsageError(
            f"{shown(title, quote=False)}: the number has no JSON form. Use "
            "--set-string to set it as a string"
        )
    return readings.as_json(number)


def typed(text: str) -> Any:
    """Return a text with its YAML 1.2 core type; a number that JSON cannot represent stays text."""
    try:
        return _scalar(text, False, text)
    except UsageError:
        return text


def _number(text: str) -> int | float | None:
    """Return a number that Kubernetes can represent: no infinity, no NaN, no integer beyond 64 bits."""
    if text.lstrip("+-").isdecimal() or text[:2] in ("0o", "0x"):
        if len(text) > readings.LONGEST_INTEGER:
            return None
        number = int(text, 10 if text.lstrip("+-").isdecimal() else 0)
        return number if -readings.INT64 <= number < readings.INT64 else None
    floating = float(text) if text[-1] in ".0123456789" else inf  # .inf and .nan end in a letter
    return floating if isfinite(floating) else None


def _split(text: str, separator: str) -> list[str]:
    """Return `text` split at separators that are neither escaped nor inside braces."""
    parts, depth, start, position = [], 0, 0, 0
    while position < len(text):
        if text[position] == "\\":
            position += 1
        elif text[position] == "{":
            depth += 1
        elif text[position] == "}":
            depth -= 1
        elif text[position] == separator and depth <= 0:
            parts.append(text[start:position])
            start = position + 1
        position += 1
    return [*parts, text[start:]]


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
