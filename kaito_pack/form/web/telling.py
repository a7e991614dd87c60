"""Problems for the page: each with the field that it belongs to, and its lines in values and manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import Any

from kaito_pack.base.paths import FieldPath, path_text
from kaito_pack.base.problems import Place, Problem
from kaito_pack.base.sentences import sentence
from kaito_pack.base.trees import get
from kaito_pack.documents import Document, ProblemsError, read_text
from kaito_pack.form.checking import belongs
from kaito_pack.form.questions import Question

MISSING = "values/missing"
IN_VALUES = ("values", "model")  # layers that give paths of values; others speak of a manifest


def row(found: Problem) -> dict[str, Any]:
    """One problem that belongs to no field.

    `isOpen` says that it is only a question not answered yet, `removable` which value of an opened file it
    would go away with.
    """
    return {
        "rule": found.rule,
        "severity": "advice" if found.layer == "advice" else found.level,
        "message": sentence(_capital(found.message)),
        "fix": sentence(found.fix),
        "path": path_text(found.path),
        "line": found.place.line if found.place else 0,
        "manifestLine": 0,
        "field": None,
        "isOpen": False,
        "removable": "",
    }


def _capital(text: str) -> str:
    """A message that follows no path begins with a capital letter, unless its first word is a name."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].rstrip(",").isalpha() else text


@dataclass(frozen=True)
class Teller:
    """Tells problems of the values text `file` and of the manifest it gave.

    `fields` are the questions on the page by where they stand there: `answers/resources.gpu`.
    """

    fields: Mapping[str, Question]
    text: str
    file: str
    manifest: str = ""

    def rows(self, problems: Sequence[Problem]) -> list[dict[str, Any]]:
        """The problems as JSON."""
        return [self._row(found) for found in problems]

    def _row(self, found: Problem) -> dict[str, Any]:
        field = self._field(found)
        question = self.fields[field] if field else None
        told = row(found) | {
            "field": field,
            "isOpen": found.rule == MISSING and question is not None and question.value is None,
        }
        if found.layer in IN_VALUES:
            told["removable"] = "" if field else self._removable(found.path)
        else:
            told["manifestLine"] = self._manifest_line(found.path)
        if not self._is_at_a_value(found, field):
            told["line"] = 0
        return told

    def _field(self, found: Problem) -> str | None:
        """The field of the value that a problem is about.

        That is told by its path; of a manifest by the line it was traced to, else by what is not there.
        """
        if found.layer in IN_VALUES:
            return self._first(lambda one: found.path[: len(one.path)] == one.path)
        return self._first(lambda one: self._is_written_at(one.path, found.place)) or self._first(
            lambda one: one.answer is None and belongs(found, one)
        )

    def _first(self, is_meant: Callable[[Question], bool]) -> str | None:
        return next((name for name, one in self.fields.items() if is_meant(one)), None)

    def _is_written_at(self, path: FieldPath, place: Place | None) -> bool:
        return any(get(one.value, path) is not None and one.place(path) == place for one in self._values)

    def _is_at_a_value(self, found: Problem, field: str | None) -> bool:
        """Whether its line is one of this text, and not the first one for want of a better."""
        if found.place is None or found.place.file != self.file:
            return False
        is_first = any(found.place == one.place(()) for one in self._values)
        return found.layer in IN_VALUES or field is not None or not is_first

    def _removable(self, path: FieldPath) -> str:
        """The name of a value that stands in the file alone, for who wants to be rid of it."""
        names = tuple(takewhile(lambda step: isinstance(step, str) and "." not in step, path))
        is_there = any(get(one.value, names) is not None for one in self._values)
        return ".".join(map(str, names)) if is_there else ""

    def _manifest_line(self, path: FieldPath) -> int:
        """Where a path stands in the manifests; 0 where it does not."""
        found = (one.place(path).line for one in self._manifests if get(one.value, path) is not None)
        return next(found, 0)

    @cached_property
    def _values(self) -> list[Document]:
        return _read(self.text, self.file)

    @cached_property
    def _manifests(self) -> list[Document]:
        return _read(self.manifest, "")


def _read(text: str, file: str) -> list[Document]:
    try:
        return read_text(text, file) if text else []
    except ProblemsError:
        return []
