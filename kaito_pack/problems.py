"""What can be wrong: rules, problems, and how a value of the user's is shown in a message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "undecidable"]
Layer = Literal["values", "crd", "webhook", "kubernetes", "controller", "model", "advice"]
Path = tuple[str | int, ...]

LONGEST_SHOWN = 80  # characters of a user's value that a message repeats


class Place(NamedTuple):
    """A position in a file; `line` and `column` count from 1, or are 0 where there is no text."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        file = escaped(self.file)
        return f"{file}:{self.line}:{self.column}" if self.line else f"{file}:"


class Problem(NamedTuple):
    """One thing that is wrong: where, what, and what to do.

    Made by `rules.problem`, which knows each rule's layer, severity and words. `place` is None until
    the problem is located in a file.
    """

    rule: str
    layer: Layer
    severity: Severity
    path: Path
    message: str
    fix: str = ""
    place: Place | None = None

    def at(self, place: Place) -> Problem:
        """The same problem, located."""
        return self._replace(place=place)

    @property
    def is_error(self) -> bool:
        """Whether it fails a run even without `--strict`."""
        return self.severity == "error"

    @property
    def level(self) -> Literal["error", "warning"]:
        """The severity for programs that know these two alone: what is undecidable is a warning."""
        return "error" if self.is_error else "warning"


class PackError(Exception):
    """The base of what the pack raises on purpose; its text is one line for the user."""


class UsageError(PackError):
    """Nothing could be judged: a file that is missing or unreadable, a wrong option. Exit code 2."""


class ProblemsError(PackError):
    """The input was read and is wrong. Exit code 1."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


def reason_of(error: Exception) -> str:
    """Why the system or Python refused, in lower case, to stand behind a colon."""
    return str(getattr(error, "strerror", None) or error).lower()


def unread(file: str, error: Exception) -> UsageError:
    """A file or folder that cannot be read, in one line."""
    return UsageError(f"{escaped(file)}: cannot be read: {reason_of(error)}")


def path_text(path: Path) -> str:
    """`("a", "b.c", 0)` as `a["b.c"][0]`: the path as a person would write it in the file."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif looks_like_token(step):
            text += "[a Hugging Face token (not shown)]"
        elif step and all(c.isalnum() or c in "_-$" for c in step):
            text += f".{step}" if text else step
        else:
            text += f'["{shown(step, quote=False)}"]'
    return text


def escaped(text: str) -> str:
    """`text` with everything a terminal would act on (control characters, ANSI, bidi marks) escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shown(value: object, quote: bool = True) -> str:
    """A value of the user's, safe to print: at most 80 characters, in backquotes, tokens masked."""
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
    if looks_like_token(text):
        return "a Hugging Face token (not shown)"
    text = escaped(text[: LONGEST_SHOWN + 1])
    if len(text) > LONGEST_SHOWN:
        text = text[: LONGEST_SHOWN - 1] + "…"
    return f"`{text}`" if quote else text


def shown_typed(value: object) -> str:
    """The same, a text in double quotes: where its type is what is wrong with it."""
    return shown(f'"{value[: LONGEST_SHOWN + 1]}"') if isinstance(value, str) else shown(value)


def shown_whole(value: object, quote: bool = True) -> str:
    """The same, a map or a list as JSON on one line: where what is in it is told of."""
    if not isinstance(value, dict | list):
        return shown(value, quote)
    import json  # few messages are about a whole map

    return shown(json.dumps(value, ensure_ascii=False, default=str), quote)


def looks_like_token(text: str) -> bool:
    """Whether `text` holds a literal Hugging Face token (`hf_` and a run of letters and digits)."""
    at = text.find("hf_")
    while at >= 0:
        run = text[at + 3 : at + 13]
        if len(run) >= 10 and run.isascii() and run.isalnum():
            return True
        at = text.find("hf_", at + 1)
    return False


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """The choice that `word` most likely misspells, letter case aside; None where none is close."""
    from difflib import get_close_matches  # only where something is misspelt

    by_case = {choice.lower(): choice for choice in choices}
    close = get_close_matches(word.lower(), by_case, n=1, cutoff=0.7)
    return by_case[close[0]] if close else None
