"""Masks values in problems if their place makes them secrets, whatever their type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from kaito_pack.base.display import shown, shown_typed
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.secrets import HIDDEN, SHORTEST_PASSWORD, secret_places
from kaito_pack.base.trees import get, walk

LONG = 6  # characters: a secret of this length that has a digit is also masked in problems about other fields
_PARTS = r"`[^`]*`|\"[^\"]*\"|'[^']*'|[^\s`\"',;:=(){}\[\]]+"  # quoted parts and words of a message
_QUOTES = "`\"'"


class Masker:
    """The secrets of some trees, collected once, to be masked in problems."""

    def __init__(self, trees: Iterable[Any]) -> None:
        self._texts: dict[FieldPath, set[str]] = {}
        self._above: dict[FieldPath, set[str]] = {}
        for tree in trees:
            for path in secret_places(tree):
                texts = {text for _, part in walk(get(tree, path)) for text in _forms(part)}
                self._texts.setdefault(path, set()).update(texts)
        for path, texts in self._texts.items():
            for depth in range(len(path)):
                self._above.setdefault(path[:depth], set()).update(texts)
        every = {text for texts in self._texts.values() for text in texts}
        self._words = {text for text in every if len(text) >= SHORTEST_PASSWORD}
        self._everywhere = {text for text in every if len(text) >= LONG and any(c.isdigit() for c in text)}

    def masked(self, problem: Problem) -> Problem:
        """Return a copy of a problem whose path, message and fix show no part of a secret."""
        path, texts = problem.path, self._everywhere
        inside = next((path[:n] for n in range(len(path) + 1) if path[:n] in self._texts), None)
        if inside is not None:
            path, texts = inside, texts | self._texts[inside]
        elif path in self._above:
            texts = texts | {text for text in self._above[path] if len(text) >= SHORTEST_PASSWORD}
        if not texts:
            return problem
        message, fix = _without(problem.message, texts), _without(problem.fix, texts)
        if inside is not None:  # the file may spell the value differently from every text above
            message, fix = _without_digits(message), _without_digits(fix)
        return problem._replace(path=path, message=message, fix=fix)

    def quoting(self, value: Any) -> Any:
        """Return a tree of texts that may quote a secret, such as an object's status, with secrets masked."""
        if not self._words:
            return value
        if isinstance(value, dict):
            return {key: self.quoting(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.quoting(part) for part in value]
        return _without(value, self._words) if isinstance(value, str) else value


def masked(problems: Iterable[Problem], *trees: Any) -> list[Problem]:
    """Return problems about some trees with the secrets masked.

    A value is a secret because of the name next to it, its key, or its place in the data of a Secret; its
    type does not matter. This is the only place that masks the values that rules quote.
    """
    listed = list(problems)
    if not listed:
        return listed
    masker = Masker(trees)
    return [masker.masked(each) for each in listed]


def _forms(value: Any) -> Iterator[str]:
    """Yield the texts that messages use to show a value."""
    if value is None or value in ("", {}, []):
        return
    if isinstance(value, dict):
        for key in value:
            yield from _forms(key)
    yield from (shown(value, quote=False), shown_typed(value).strip(_QUOTES))
    yield json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, str):
        yield from (value, value.partition("=")[2] or value)
    elif isinstance(value, int | float):
        yield from (str(value), repr(value), f"{value:g}" if abs(value) < 1e300 else str(value))


def _without_digits(text: str) -> str:
    """Return `text` with HIDDEN in place of each quoted text that contains a digit."""
    return re.sub(r"`[^`]*[0-9][^`]*`", HIDDEN, text)


def _without(text: str, secrets: set[str]) -> str:
    """Return `text` with HIDDEN in place of the quoted texts and words that are secrets."""

    def replaced(match: re.Match[str]) -> str:
        part = match[0]
        inner = part.strip(_QUOTES)
        if inner in secrets or inner.rstrip(".") in secrets:
            return HIDDEN
        return part[0] + _without(part[1:-1], secrets) + part[0] if part[0] in _QUOTES else part

    return re.sub(_PARTS, replaced, text)
