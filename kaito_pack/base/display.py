"""Shows values that a user wrote: escaped, shortened, tokens masked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from kaito_pack.base.secrets import HIDDEN, looks_like_secret, secret_places

NOT_SHOWN = "(not shown)"
# What precedes a credential in the messages of servers and clients: `token=…`, `Authorization: Bearer …`.
NAMED = r"(?i)\b((?:sig|token|password|passwd|secret|api[-_]?key)=|(?:bearer|basic)\s+(?=\S{12}))[^&\s\"',;]+"
LONGEST_SHOWN = 80  # characters of a user's value that a message repeats
LONGEST_GUESSED = 200  # characters of a misspelt word for which a likeness is searched
MOST_GUESSES = 500  # misspelt words of a file for which a likeness is searched
_guesses: ContextVar[list[int] | None] = ContextVar("guesses", default=None)  # how many are left


def escaped(text: str) -> str:
    """Return `text` with all that is not printable (control characters, ANSI, bidi marks) escaped.

    Whatever text of others a command prints goes through this, `shown` or `json_text`.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def json_text(value: object) -> str:
    """Return `value` as indented JSON of printable characters; what JSON has no word for (a date) as text."""
    import json

    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def shown(value: object, quote: bool = True) -> str:
    """Return a value of the user's, safe to print: at most 80 characters, in backquotes, tokens masked."""
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
    if looks_like_secret(line):  # one that has spaces, such as the head of a private key
        return "(a message with a secret, not shown)"
    return line if len(line) <= longest else line[: longest - 1] + "…"


def shown_typed(value: object) -> str:
    """Return the same with a text in double quotes, for messages about its type."""
    return shown(f'"{value[: LONGEST_SHOWN + 1]}"') if isinstance(value, str) else shown(value)


def shown_whole(value: object, quote: bool = True) -> str:
    """Return the same with a map or a list as JSON on one line, for messages about its content."""
    if not isinstance(value, dict | list):
        return shown(value, quote)
    if next(secret_places(value), None) is not None:
        return HIDDEN
    import json

    return shown(json.dumps(value, ensure_ascii=False, default=str), quote)


def looks_like_token(text: str) -> bool:
    """Return whether `text` holds a literal Hugging Face token (`hf_` and a run of letters and digits)."""
    start = text.find("hf_")
    while start >= 0:
        run = text[start + 3 : start + 13]
        if len(run) >= 10 and run.isascii() and run.isalnum():
            return True
        start = text.find("hf_", start + 1)
    return False


@contextmanager
def few_guesses() -> Iterator[None]:
    """Let `did_you_mean` search MOST_GUESSES times inside, and then return None.

    A search takes a millisecond, and a file can have 100,000 misspelt words; few of the problems are shown.
    """
    token = _guesses.set([MOST_GUESSES])
    try:
        yield
    finally:
        _guesses.reset(token)


def did_you_mean(word: str, choices: Iterable[str], closeness: float = 0.7) -> str | None:
    """Return the choice that `word` most likely misspells, letter case aside; None if none is that close.

    `closeness` is from 0 to 1, for the same word.
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
