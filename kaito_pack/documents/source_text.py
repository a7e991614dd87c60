"""The text of a file beside parsing: its encoding, and parser errors in plain words."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

import yaml

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Place, Problem, ProblemsError
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem, rules

UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# YAML reads these as line ends, or rejects them in a JSON text.
OTHER_THAN_JSON = ("\x85", "\u2028", "\u2029", "\\/")


@rule("values/file-utf-16", on="part")
def utf_8(text: bytes | str, file: str) -> bytes:
    """Return `text` as UTF-8 without a byte order mark. Raises ProblemsError for another encoding."""
    encoded = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if encoded.startswith(UTF_16_MARKS):
        raise ProblemsError([problem("values/file-utf-16", (), Place(file))])
    encoded = encoded.removeprefix(codecs.BOM_UTF8)
    try:
        encoded.decode()
    except UnicodeDecodeError as error:
        raise ProblemsError([not_utf_8(encoded, error.start, file)]) from error
    return encoded


@rule("values/file-not-utf-8", on="part")
def not_utf_8(encoded: bytes, offset: int, file: str) -> Problem:
    """Return the problem of a byte that is not UTF-8."""
    before = encoded[:offset].decode()
    place = place_at(before, len(before), file)
    return problem("values/file-not-utf-8", (), place, byte=f"0x{encoded[offset]:02x}")


def place_at(text: str, index: int, file: str) -> Place:
    """Return the place of the character at `index`."""
    line_start = text.rfind("\n", 0, index) + 1
    return Place(file, text.count("\n", 0, index) + 1, index - line_start + 1)


def yaml_may_misread(text: str) -> bool:
    """Return whether `text`, if it is JSON, contains characters that YAML parsers read differently."""
    return any(part in text for part in OTHER_THAN_JSON)


@rule("values/file-control-character", "values/file-tab", on="part")
@rule("values/file-not-yaml", on="shared")
def yaml_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """Return the problem behind a parser's error, in plain words and with its place."""
    control = re.search("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    if isinstance(error, yaml.reader.ReaderError) and control:
        code = f"U+{ord(control[0]):04X}"
        place = place_at(text, control.start(), file)
        return problem("values/file-control-character", (), place, character=code)
    reason = str(getattr(error, "problem", None) or error)
    context = str(getattr(error, "context", None) or "")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    character = text[mark.index : mark.index + 1] if mark else ""
    if not character:  # the end of the file: the unclosed construct began earlier
        context = f"at the end of the file: {context}"
        mark = getattr(error, "context_mark", None) or mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    if character == "\t" or "tab character" in reason:
        return problem("values/file-tab", (), place)
    return problem("values/file-not-yaml", (), place, reason=plain_words(reason, context, character))


def plain_words(reason: str, context: str, character: str) -> str:
    """Return the parser's report in the words of the rule's row, or in its own if the row has none."""
    table: dict[str, str] = rules("values")["values/file-not-yaml"].parameters["words"]
    for part, words in table.items():
        if part in f"{context}: {reason}":
            return words.format(character=shown(character) if character else "the end of the file")
    return shown(reason, quote=False)


def python_events(encoded: bytes) -> Iterator[Any]:
    """Yield the events of PyYAML's own parser, which accepts some texts that libyaml rejects."""
    from yaml.parser import Parser

    class PythonParser(yaml.reader.Reader, yaml.scanner.Scanner, Parser):
        def __init__(self, text: str) -> None:
            yaml.reader.Reader.__init__(self, text)
            yaml.scanner.Scanner.__init__(self)
            Parser.__init__(self)

    try:
        yield from iter(PythonParser(encoded.decode()).get_event, None)
    except (ValueError, OverflowError) as error:  # an escape beyond Unicode
        raise yaml.YAMLError("found invalid Unicode character escape code") from error
