"""JSON as the events of a YAML parser, for JSON texts that YAML parsers reject or misread.

Some JSON is not YAML 1.1: `"\\/"`, surrogate pairs (`"\\ud83d\\ude00"`), keys of more than 1024 characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json import decoder as json_decoder
from typing import Any

from yaml import events

from kaito_pack.base.records import NamedTuple

read_string: Any = json_decoder.scanstring  # type: ignore[attr-defined]  # its stubs leave it out
BLANKS = re.compile(r"[ \t\r\n,:]*")
BLANK_RUN = re.compile(r"[ \t\r\n]*")
WORD = re.compile(r"[-+.0-9A-Za-z]+")
OPENING: dict[str, Any] = {"{": events.MappingStartEvent, "[": events.SequenceStartEvent}
CLOSING: dict[str, Any] = {"}": events.MappingEndEvent, "]": events.SequenceEndEvent}


class JsonMark(NamedTuple):
    """A position in the form of a YAML parser's; both numbers count from 0."""

    line: int
    column: int


def json_events(text: str) -> Iterator[events.Event] | None:
    """Return the events of one or more JSON maps or lists in `text`; None for any other text."""
    return tokens(text) if is_json(text) else None


def is_json(text: str) -> bool:
    """Return whether `text` is a sequence of JSON maps and lists that contains only valid Unicode."""
    # Keep numbers as text: Python refuses to convert very long ones.
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=refuse_constant)
    position = BLANK_RUN.match(text, 0).end()  # type: ignore[union-attr]
    try:
        while position < len(text):
            if text[position] not in OPENING:
                return False
            value, position = decoder.raw_decode(text, position)
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair cannot be encoded
            position = BLANK_RUN.match(text, position).end()  # type: ignore[union-attr]
    except (ValueError, RecursionError):
        return False
    return True


def refuse_constant(name: str) -> None:
    """Reject NaN and Infinity, which Python's reader accepts but JSON does not allow."""
    raise ValueError(name)


def tokens(text: str) -> Iterator[events.Event]:
    """Yield the events of `text`, which must be JSON: commas and colons add no information."""
    position = line = line_start = depth = 0
    while True:
        end = BLANKS.match(text, position).end()  # type: ignore[union-attr]
        breaks = text.count("\n", position, end)
        if breaks:
            line += breaks
            line_start = text.rfind("\n", position, end) + 1
        if end == len(text):
            return
        mark: Any = JsonMark(line, end - line_start)
        if depth == 0:
            yield events.DocumentStartEvent(mark, mark)
        character = text[end]
        position = end + 1
        if character in OPENING:
            depth += 1
            yield OPENING[character](None, None, True, mark, mark)
        elif character in CLOSING:
            depth -= 1
            yield CLOSING[character](mark, mark)
        elif character == '"':
            value, position = read_string(text, position)
            yield events.ScalarEvent(None, None, (False, True), value, mark, mark, '"')
        else:
            position = WORD.match(text, end).end()  # type: ignore[union-attr]
            yield events.ScalarEvent(None, None, (True, False), text[end:position], mark, mark)
        if depth == 0:
            yield events.DocumentEndEvent(mark, mark)
