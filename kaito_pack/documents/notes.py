"""The notes that a reader takes beside the values: problems, odd spellings and the number of nodes."""

from __future__ import annotations

from typing import Any, NoReturn

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import MOST_PROBLEMS, Place, Problem, ProblemsError
from kaito_pack.base.trees import DEEPEST
from kaito_pack.documents.document import Document, Duplicate, OddKey, PlacedEntry, Position, Surprise
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem

MERGE = object()  # the key `<<`, whose value is merged into its map
MOST_NODES = 200_000  # keys, values, maps and lists of a file, including those of aliases
MOST_NOTES = 1000  # maximum number of surprises, of odd keys and of duplicates per document


class Notes:
    """The problems and the size of a file so far, and the notes on the document being read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.document = Document(file, 0)
        self.problems: list[Problem] = []
        self.nodes = 0

    def note_surprise(self, path: FieldPath, raw: str, value: object, mark: Position) -> None:
        """Note a value without quotes that parsers read differently."""
        surprises = self.document.surprises
        if len(surprises) < MOST_NOTES:
            surprises.append(Surprise(path, raw, value, self.place(mark)))
            self.document.spellings[path] = raw

    def note_duplicate(self, path: FieldPath, first: PlacedEntry, mark: Position) -> None:
        """Note a duplicate key, unless `<<` added the first one."""
        duplicates = self.document.duplicates
        if not first.merged and len(duplicates) < MOST_NOTES:
            duplicates.append(Duplicate(path, self.place(mark), first.key.line + 1))

    def note_odd_key(self, path: FieldPath, raw: str, mark: Position) -> None:
        """Note a key that a parser does not read as text."""
        odd_keys = self.document.odd_keys
        if len(odd_keys) < MOST_NOTES:
            odd_keys.append(OddKey(path, self.place(mark), raw))

    def place(self, mark: Position) -> Place:
        """Return a parser's position as a place in the file."""
        return Place(self.file, mark.line + 1, mark.column + 1)

    @rule("values/file-too-many-values", on="part")
    def count(self, event: Any) -> None:
        """Count one key, value, map or list."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            self.stop("values/file-too-many-values", event.start_mark, limit=MOST_NODES)

    @rule("values/file-too-deep", on="part")
    def refuse_depth(self, depth: int, event: Any) -> None:
        """Stop at nesting deeper than people write by hand."""
        if depth > DEEPEST:
            self.stop("values/file-too-deep", event.start_mark, limit=DEEPEST)

    def complain(self, rule: str, mark: Position, **facts: Any) -> None:
        """Record a problem and read on, unless there are very many."""
        self.problems.append(problem(rule, (), self.place(mark), **facts))
        if len(self.problems) >= MOST_PROBLEMS:
            raise ProblemsError(self.problems)

    def stop(self, rule: str, mark: Position, **facts: Any) -> NoReturn:
        """Stop reading, because the rest of the file cannot be checked."""
        self.problems.append(problem(rule, (), self.place(mark), **facts))
        raise ProblemsError(self.problems)


def step(container: Any, key: Any, index: int) -> str | int:
    """Return one step of a path: the key in a map or the index in a list."""
    if container.__class__ is list:
        return index
    return "<<" if key is MERGE else str(key)
