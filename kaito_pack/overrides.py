"""`--set path=value`: Helm's way of naming a value on the command line, as a layer of values.

Dots in keys are escaped by a backslash, several settings go with commas, `{a,b}` is a list, `[0]` an item of
one. Values are typed as YAML 1.2 core types them; with `--set-string` all are text.
"""

from __future__ import annotations

import re
from typing import Any

from kaito_pack.documents import Document
from kaito_pack.layers import Indexed, Layer
from kaito_pack.problems import UsageError, shown

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS = {
    **dict.fromkeys(("null", "Null", "NULL", "~"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
MOST_ITEMS = 1000  # an index above that is a slip, as it is for Helm


def layers_of(option: str, expression: str, as_text: bool) -> list[Layer]:
    """The layers of one `--set` (or `--set-string`); UsageError where it cannot be read."""
    title = f"{option} {expression}"
    return [
        Layer(Document(title, 1, _nested(one, as_text, title)), option) for one in _split(expression, ",")
    ]


def _nested(setting: str, as_text: bool, title: str) -> dict[str, Any]:
    path, equals, value = setting.partition("=")
    steps = _steps(path, title)
    if not equals or not steps:
        raise UsageError(f"{shown(title, quote=False)}: write it as path=value, such as resources.gpu=2")
    nested: Any = _value(value, as_text)
    for step in reversed(steps):
        nested = Indexed({step: nested}) if isinstance(step, int) else {step: nested}
    found: dict[str, Any] = nested
    return found


def _steps(path: str, title: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in _split(path, "."):
        name, *indexes = re.split(r"(?<!\\)\[", part)
        name = _unescaped(name)
        if not name:
            raise UsageError(f"{shown(title, quote=False)}: a name is missing in the path")
        steps.append(name)
        for index in indexes:
            number = index.removesuffix("]")
            if not index.endswith("]") or not number.isdecimal() or int(number) > MOST_ITEMS:
                raise UsageError(
                    f"{shown(title, quote=False)}: {shown('[' + index)} is not an index such as [0]"
                )
            steps.append(int(number))
    return steps


def _value(text: str, as_text: bool) -> Any:
    if text.startswith("{") and text.endswith("}"):
        return [_scalar(_unescaped(item), as_text) for item in _split(text[1:-1], ",") if item]
    return _scalar(_unescaped(text), as_text)


def _scalar(text: str, as_text: bool) -> Any:
    """One value as YAML 1.2 core types it: true, null, 12, 0o17, 1.5, else text."""
    if as_text:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) < 20:
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _split(text: str, separator: str) -> list[str]:
    """`text` cut at separators that are neither escaped nor inside braces."""
    parts, depth, start, at = [], 0, 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == "{":
            depth += 1
        elif text[at] == "}":
            depth -= 1
        elif text[at] == separator and depth <= 0:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
