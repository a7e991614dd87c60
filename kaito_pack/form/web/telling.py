"""Problems for the page: each with the field that it belongs to, and its lines in values and manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from kaito_pack.documents import Document, ProblemsError, read_text
from kaito_pack.form.questions import Question
from kaito_pack.problems import Path, Place, Problem, path_text
from kaito_pack.report import sentence
from kaito_pack.trace import at

MISSING = "values/missing"
IN_VALUES = ("values", "model")  # layers that give paths of values; others speak of a manifest


def row(
    found: Problem, field: str | None = None, is_open: bool = False, manifest_line: int = 0
) -> dict[str, Any]:
    """One problem; `is_open` where it only says that a person has not answered yet."""
    return {
        "rule": found.rule,
        "severity": found.severity,
        "message": sentence(_capital(found.message)),
        "fix": sentence(found.fix),
        "path": path_text(found.path),
        "line": found.place.line if found.place else 0,
        "manifestLine": manifest_line,
        "field": field,
        "isOpen": is_open,
        "removable": "",
    }


def _capital(text: str) -> str:
    """A message that follows no path begins with a capital letter, unless its first word is a name."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].rstrip(",").isalpha() else text


@dataclass(frozen=True)
class Teller:
    """Tells problems of one values text and the manifests it gave.

    `fields` are the questions on the page by where they stand there: `answers/resources.gpu`.
    """

    fields: Mapping[str, Question]
    document: Document | None
    manifest: str = ""

    def rows(self, problems: Sequence[Problem]) -> list[dict[str, Any]]:
        """The problems as JSON."""
        return [self._row(found) for found in problems]

    def _row(self, found: Problem) -> dict[str, Any]:
        field = self._field(found)
        question = self.fields[field] if field else None
        is_open = found.rule == MISSING and question is not None and question.value is None
        if found.layer in IN_VALUES:
            return row(found, field, is_open) | {"removable": "" if field else self._removable(found.path)}
        if field is None and self.document and found.place == self.document.place(()):
            found = found.at(Place("", 0))  # no value that is written decides it
        return row(found, field, is_open, self._manifest_line(found.path))

    def _removable(self, path: Path) -> str:
        """The name of a value that stands in the file alone, for who wants to be rid of it."""
        names = list(takewhile(lambda step: isinstance(step, str) and "." not in step, path))
        is_there = self.document is not None and at(self.document.value, tuple(names)) is not None
        return ".".join(map(str, names)) if is_there else ""

    def _field(self, found: Problem) -> str | None:
        """The field of the value that a problem is about: by its path, else by the line it was traced to."""
        for name, question in self.fields.items():
            path = question.path
            if found.layer in IN_VALUES:
                if found.path[: len(path)] == path:
                    return name
            elif self._is_written_at(path, found.place):
                return name
        return None

    def _is_written_at(self, path: Path, place: Place | None) -> bool:
        document = self.document
        return document is not None and at(document.value, path) is not None and document.place(path) == place

    def _manifest_line(self, path: Path) -> int:
        """Where a path stands in the manifests; 0 where it does not."""
        if not self.manifest:
            return 0
        for document in _read(self.manifest):
            if at(document.value, path) is not None:
                return document.place(path).line
        return 0


def _read(text: str) -> list[Document]:
    try:
        return read_text(text, "")
    except ProblemsError:
        return []
