"""Writes YAML that PyYAML, YAML 1.2 parsers and kubectl all read back as exactly the same value."""

from __future__ import annotations

from functools import lru_cache
from json.encoder import encode_basestring
from math import isfinite

from kaito_pack.documents.readings import INT64, KEPT, SPECIAL_STARTS, go_value, is_surprising

INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@` ")
FLOW_CHARACTERS = frozenset(",[]{}?")  # plain text in a block, but not in a list or map on one line
LONGEST_SIMPLE_KEY = 1000  # characters; parsers look for the colon in the next 1024


def yaml_scalar(value: object) -> str:
    """Return the one-line YAML text of a scalar: plain if every parser reads it alike, else in double quotes.

    Raises ValueError for values that no parser reads back (a lone surrogate, infinity, NaN, an integer beyond
    64 bits); TypeError for types other than str, bool, int, float and None.
    """
    if isinstance(value, str):
        return value if is_plain(value) else quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if not -INT64 <= value < INT64:
            raise ValueError("kubectl rounds an integer beyond 64 bits")
        return str(value)
    if isinstance(value, float):
        return float_text(value)
    raise TypeError(f"{type(value).__name__} is no YAML scalar")


def float_text(value: float) -> str:
    """Return a float with a decimal point, since YAML 1.1 reads `1e+16` as text."""
    if not isfinite(value):
        raise ValueError("JSON, and so Kubernetes, knows neither infinity nor NaN")
    mantissa, e, exponent = repr(value).partition("e")
    return mantissa + ("" if "." in mantissa else ".0") + e + exponent


@lru_cache(KEPT)
def is_plain(text: str) -> bool:
    """Return whether every parser reads `text` without quotes as the same text, in a block or on one line."""
    if not text or not text.isprintable() or text[-1] in " :" or ": " in text or " #" in text:
        return False
    if text[0] in INDICATORS and not is_plain_dash(text):
        return False
    if not FLOW_CHARACTERS.isdisjoint(text):
        return False
    if text[0] not in SPECIAL_STARTS:
        return True
    value = go_value(text)
    return isinstance(value, str) and not is_surprising(text, value) and not text.startswith(("---", "..."))


def is_plain_dash(text: str) -> bool:
    """Return whether `text` begins with a dash that does not start a list item: `--port`, `-m`."""
    return len(text) > 1 and text[0] == "-" and (text[1].isalnum() or text[1] == "-")


def quoted(text: str) -> str:
    """Return `text` in double quotes, with JSON escapes (except for unprintable characters past U+FFFF)."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("text with half a surrogate pair cannot be written as UTF-8")
    basic: str = encode_basestring(text)
    if basic.isprintable():
        return basic
    return "".join(c if c.isprintable() else unicode_escape(c) for c in basic)


def unicode_escape(character: str) -> str:
    """Return an escape such as `\\u2028`; eight digits past U+FFFF, without surrogate pairs."""
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def to_yaml(value: object, indent: int = 0) -> str:
    """Return plain data as whole lines of a YAML block, indented by `indent` spaces; keys keep their order.

    Raises ValueError and TypeError as `yaml_scalar` does, and TypeError for a key that is not text.
    """
    return "".join(f"{line}\n" for line in block(value, " " * indent))


def block(value: object, pad: str) -> list[str]:
    """Return the lines of `value`, each indented by `pad` (except blank lines of a text)."""
    if isinstance(value, dict) and value:
        return [line for key, child in value.items() for line in entry(key, child, pad)]
    if isinstance(value, list | tuple) and value:
        return [line for item in value for line in list_item(item, pad)]
    return hung(pad, value, pad)


def entry(key: object, child: object, pad: str) -> list[str]:
    """Return the lines of a map's key and its value."""
    if not isinstance(key, str):
        raise TypeError(f"a key is text, not {type(key).__name__}")
    name = yaml_scalar(key)
    if len(name) > LONGEST_SIMPLE_KEY:
        return [f"{pad}? {name}", *hung(f"{pad}: ", child, pad)]
    if isinstance(child, dict | list | tuple) and child:
        return [f"{pad}{name}:", *block(child, pad + "  ")]
    return hung(f"{pad}{name}: ", child, pad)


def list_item(item: object, pad: str) -> list[str]:
    """Return the lines of a list item: its first line follows the dash."""
    return hung(f"{pad}- ", item, pad)


def hung(head: str, value: object, pad: str) -> list[str]:
    """Return the lines of `value`: the first after `head`, the others two spaces deeper than `pad`."""
    if isinstance(value, dict | list | tuple):
        if not value:
            return [head + ("{}" if isinstance(value, dict) else "[]")]
        first, *rest = block(value, pad + "  ")
        return [head + first[len(pad) + 2 :], *rest]
    if isinstance(value, str) and "\n" in value and is_literal(value):
        body = value.removesuffix("\n").split("\n")
        style = "|" if value.endswith("\n") else "|-"
        return [head + style, *(f"{pad}  {line}" if line else "" for line in body)]
    return [head + yaml_scalar(value)]


def is_literal(text: str) -> bool:
    """Return whether `text` reads back exactly from a `|` block and no line ends in spaces."""
    if text[0] in " \n" or text.endswith("\n\n"):
        return False
    return all(line.isprintable() and not line.endswith(" ") for line in text.split("\n"))
