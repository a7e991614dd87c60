"""Problems for the page, each with its field and its lines in the values and the manifest."""

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
from kaito_pack.facts.rules import page
from kaito_pack.form.checking import belongs, in_words_of_form
from kaito_pack.form.questions import Question

MISSING = "values/missing"
IN_VALUES = ("values", "model")  # layers whose paths are in values; the paths of others are in a manifest


def row(problem: Problem) -> dict[str, Any]:
    """Return one problem that belongs to no field.

    `isOpen`: the problem is only an unanswered question. `removable`: the value of an opened file to remove
    to fix the problem.
    """
    return {
        "rule": problem.rule,
        "page": page(problem.rule),
        "severity": "advice" if problem.layer == "advice" or problem.ignored else problem.level,
        "message": sentence(_capital(problem.message)),
        "fix": sentence(problem.what_to_do),
        "path": path_text(problem.path),
        "line": problem.place.line if problem.place else 0,
        "manifestLine": 0,
        "field": None,
        "isOpen": False,
        "removable": "",
    }


def _capital(text: str) -> str:
    """Return a message without a path, capitalized unless its first word is a name."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].rstrip(",").isalpha() else text


@dataclass(frozen=True)
class Teller:
    """A converter of problems in the values text `file` and its manifest to rows of the page.

    `fields` are the questions by their position on the page: `answers/resources.gpu`.
    """

    fields: Mapping[str, Question]
    text: str
    file: str
    manifest: str = ""

    def rows(self, problems: Sequence[Problem]) -> list[dict[str, Any]]:
        """Return the problems as JSON."""
        return [self._row(problem) for problem in problems]

    def _row(self, problem: Problem) -> dict[str, Any]:
        field = self._field(problem)
        question = self.fields[field] if field else None
        problem = in_words_of_form(problem, question) if question else problem
        cells = row(problem) | {
            "field": field,
            "isOpen": problem.rule == MISSING and question is not None and question.value is None,
        }
        if problem.layer in IN_VALUES:
            cells["removable"] = "" if field else self._removable(problem.path)
        else:
            cells["manifestLine"] = self._manifest_line(problem.path)
        if not self._is_at_a_value(problem, field):
            cells["line"] = 0
        return cells

    def _field(self, problem: Problem) -> str | None:
        """Return the field of the value that a problem is about.

        The path identifies it; for a manifest, the line it was traced to, else the missing value.
        """
        if problem.layer in IN_VALUES:
            return self._first(lambda question: problem.path[: len(question.path)] == question.path)
        return self._first(lambda question: self._is_written_at(question.path, problem.place)) or self._first(
            lambda question: question.answer is None and belongs(problem, question)
        )

    def _first(self, is_meant: Callable[[Question], bool]) -> str | None:
        return next((name for name, question in self.fields.items() if is_meant(question)), None)

    def _is_written_at(self, path: FieldPath, place: Place | None) -> bool:
        return any(
            get(document.value, path) is not None and document.place(path) == place
            for document in self._values
        )

    def _is_at_a_value(self, problem: Problem, field: str | None) -> bool:
        """Return whether the problem's line is that of a value, and not the first line as a fallback."""
        if problem.place is None or problem.place.file != self.file:
            return False
        is_first = any(problem.place == document.place(()) for document in self._values)
        return problem.layer in IN_VALUES or field is not None or not is_first

    def _removable(self, path: FieldPath) -> str:
        """Return the name of a value that is only in the file, so the user can remove it."""
        names = tuple(takewhile(lambda step: isinstance(step, str) and "." not in step, path))
        is_there = any(get(document.value, names) is not None for document in self._values)
        return ".".join(map(str, names)) if is_there else ""

    def _manifest_line(self, path: FieldPath) -> int:
        """Return the line of a path in the manifests; 0 if it is absent."""
        lines = (
            document.place(path).line for document in self._manifests if get(document.value, path) is not None
        )
        return next(lines, 0)

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
