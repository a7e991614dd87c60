"""Shows values that a user wrote: escaped and shortened, with tokens masked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from kaito_pack.base.secrets import HIDDEN, looks_like_secret, secret_places

NOT_SHOWN = "(not shown)"
# The text before a credential in messages of servers and clients: `token=…`, `Authorization: Bearer …`.
NAMED = r"(?i)\b((?:sig|token|password|passwd|secret|api[-_]?key)=|(?:bearer|basic)\s+(?=\S{12}))[^&\s\"',;]+"
LONGEST_SHOWN = 80  # characters of a user's value that a message repeats
LONGEST_GUESSED = 200  # characters of the longest misspelt word that gets a suggestion
MOST_GUESSES = 500  # maximum number of searches for a suggestion per file
_guesses: ContextVar[list[int] | None] = ContextVar("guesses", default=None)  # remaining searches


def escaped(text: str) -> str:
    """Return `text` with non-printable characters (control characters, ANSI, bidi marks) escaped.

    A command prints foreign text only through this function, `shown` or `json_text`.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def json_text(value: object) -> str:
    """Return `value` as indented JSON of printable characters; types that JSON lacks (a date) become text."""
    import json

    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def shown(value: object, quote: bool = True) -> str:
    """Return a user's value, safe to print: at most 80 characters, in backquotes, tokens masked."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif value is None:
        text = "null"
    elif isinstance(value, dict):
        text = "a map" if value else "{}"
        quote = not value
    elif isinstance(value, list):
        text = "a list" if value else "[]"
        quote = not value
    else:
        text = str(value)
    if looks_like_secret(text):
        return f"{'a Hugging Face token' if looks_like_token(text) else 'a secret'} (not shown)"
    text = escaped(text[: LONGEST_SHOWN + 1])
    if len(text) > LONGEST_SHOWN:
        text = text[: LONGEST_SHOWN - 1] + "…"
    return f"`{text}`" if quote else text


def one_line(message: str, longest: int) -> str:
    """Return another program's message on one line: escaped, tokens masked, at most `longest` characters."""
    import re

    words = ["(a token, not shown)" if looks_like_secret(word) else word for word in message.split()]
    line = re.sub(NAMED, rf"\1{NOT_SHOWN}", escaped(" ".join(words)))
    if looks_like_secret(line):  # a secret with spaces, such as the head of a private key
        return "(a message with a secret, not shown)"
    return line if len(line) <= longest else line[: longest - 1] + "…"


def shown_typed(value: object) -> str:
    """Return the same as `shown`, but with a text in double quotes, for messages about its type."""
    return shown(f'"{value[: LONGEST_SHOWN + 1]}"') if isinstance(value, str) else shown(value)


def shown_whole(value: object, quote: bool = True) -> str:
    """Return the same as `shown`, but a map or a list as JSON on one line, for messages about its content."""
    if not isinstance(value, dict | list):
        return shown(value, quote)
    if next(secret_places(value), None) is not None:
        return HIDDEN
    import json

    return shown(json.dumps(value, ensure_ascii=False, default=str), quote)


def looks_like_token(text: str) -> bool:
    """Return whether `text` contains a literal Hugging Face token (`hf_` and a run of letters and digits)."""
    start = text.find("hf_")
    while start >= 0:
        run = text[start + 3 : start + 13]
        if len(run) >= 10 and run.isascii() and run.isalnum():
            return True
        start = text.find("hf_", start + 1)
    return False


@contextmanager
def few_guesses() -> Iterator[None]:
    """Limit `did_you_mean` to MOST_GUESSES searches in this context; after that it returns None.

    A search takes a millisecond. A file can have 100,000 misspelt words, and only a few problems are shown.
    """
    token = _guesses.set([MOST_GUESSES])
    try:
        yield
    finally:
        _guesses.reset(token)


def did_you_mean(word: str, choices: Iterable[str], closeness: float = 0.7) -> str | None:
    """Return the choice that is most similar to `word`, ignoring case; None if none is close enough.

    `closeness` is the required similarity, from 0 to 1 (identical).
    """
    if len(word) > LONGEST_GUESSED:
        return None
    if (left := _guesses.get()) is not None:
        if not left[0]:
            return None
        left[0] -= 1
    from difflib import get_close_matches

    by_case = {choice.lower(): choice for choice in choices}
    close = get_close_matches(word.lower(), by_case, n=1, cutoff=closeness)
    return by_case[close[0]] if close else None
