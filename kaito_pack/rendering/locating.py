"""Finds the values lines behind the problems of a rendered manifest, with one rendering for all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import PackError, Problem
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import ABSENT, get
from kaito_pack.documents import Document, read_text
from kaito_pack.rendering.context import HASH, HASHES, NO_HASHES, SOURCES, context_of, is_hashed
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.rendering.marking import ITEM, Mark
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.rendering.trace import first_culprit, setting_of, written_at
from kaito_pack.values.checking import Values
from kaito_pack.workspace.workloads import WORKLOAD

_MARK = re.compile("\u2063([0-9]+)(?:\\.([0-9]+))?\u2063")


class Spot(NamedTuple):
    """A mark in a line of the text: its column without marks, its number, and the iteration of the loop."""

    column: int
    mark: int
    turn: int | None


class Located(NamedTuple):
    """A manifest rendered with marks: its document, its lines without marks, and the spots of each line."""

    document: Document
    lines: list[str]
    spots: list[list[Spot]]
    marks: Mapping[int, Mark]


class Locator:
    """A finder of the values behind the problems of one manifest. It renders at most once, on first use."""

    def __init__(self, values: Values, manifest: RenderedManifest, renderer: Renderer) -> None:
        self._values, self._manifest, self._renderer = values, manifest, renderer

    def located(self, problem: Problem) -> Problem:
        """Return the problem at the line of the value that caused it."""
        values = self._values
        if (setting := setting_of(problem, values)) is not None:
            return problem._replace(path=setting).located(values.place(setting))
        written = written_at(problem.path, self._manifest)
        if written is not None and (self._is_given(written) or not self._is_rendered(problem.path)):
            return problem.located(values.place(written, key=problem.rule.endswith("/unknown-field")))
        return problem.located(values.place(self.cause(problem.path)))

    def _is_given(self, path: FieldPath) -> bool:
        """Return whether the values contain something at `path` itself, not only above it."""
        return get(self._values.filled, path, ABSENT) is not ABSENT

    def _is_rendered(self, path: FieldPath) -> bool:
        return get(self._manifest.body, path, ABSENT) is not ABSENT

    def cause(self, path: FieldPath) -> FieldPath:
        """Return the path of the value that produced the part at `path`, a given one first; empty if none."""
        causes = self._causes(path)
        if causes is None:
            return first_culprit(self._values, self._manifest, path, self._renderer)
        given = (cause for cause in causes if get(self._values.given, cause, ABSENT) is not ABSENT)
        return next(given, next(iter(causes), ()))

    def _causes(self, path: FieldPath) -> list[FieldPath] | None:
        """Return the values that the template reads at `path`; None if the marks do not lead there."""
        if self._marked is None:
            return None
        plain = get(self._marked.document.value, path, ABSENT)
        if not _is_same(plain, get(self._manifest.body, path, ABSENT)):
            return None
        spots = list(self._absent(path)) if plain is ABSENT else self._spots(path, plain)
        causes = [cause for spot in spots for cause in self._own(spot)]
        causes = causes or [cause for spot in spots for cause in self._around(spot)]
        if not causes and plain is ABSENT:
            return None
        return list(dict.fromkeys(causes))

    @cached_property
    def _marked(self) -> Located | None:
        """The manifest with marks; None if the template reads its own output and the marks change it."""
        job = is_hashed(self._values)
        context = context_of(self._values, HASHES if job else NO_HASHES, self._renderer.kaito)
        try:
            text, marks = self._renderer.marked(self._manifest.template, context)
            lines, spots = [], []
            for line in text.split("\n"):
                plain, of_line = _unmarked(line)
                lines.append(plain)
                spots.append(of_line)
            (document,) = read_text("\n".join(lines), self._manifest.template)
        except (PackError, ValueError):
            return None
        return Located(document, lines, spots, marks)

    def _spots(self, path: FieldPath, value: Any) -> list[Spot]:
        """Return the spots that print the part at `path`: the nearest one for a scalar, all for a map."""
        assert self._marked is not None
        document, lines, spots, _ = self._marked
        start, place = document.place(path, key=True), document.place(path)
        if not isinstance(value, dict | list):
            of_line = spots[place.line - 1]
            before = [spot for spot in of_line if spot.column <= place.column - 1]
            return before[-1:] or of_line[:1]
        indent = len(lines[start.line - 1]) - len(lines[start.line - 1].lstrip())
        marked = list(spots[start.line - 1])
        for line, of_line in zip(lines[start.line :], spots[start.line :], strict=True):
            if line.strip() and len(line) - len(line.lstrip()) <= indent:
                break
            marked += of_line
        return [spot._replace(turn=None) for spot in marked]  # the whole list instead of one of its items

    def _absent(self, path: FieldPath) -> Iterator[Spot]:
        """Yield the marks of lines that would write the missing key, rendered or not."""
        assert self._marked is not None
        key = str(path[-1]) if path else ""
        for number, mark in self._marked.marks.items():
            if mark.text.startswith(f"{key}:") and mark.around:
                yield Spot(0, number, None)

    def _own(self, spot: Spot) -> Iterator[FieldPath]:
        return self._paths(self._mark(spot).own, spot.turn)

    def _around(self, spot: Spot) -> Iterator[FieldPath]:
        return self._paths(self._mark(spot).around, spot.turn)

    def _mark(self, spot: Spot) -> Mark:
        assert self._marked is not None
        return self._marked.marks[spot.mark]

    def _paths(self, reads: tuple[tuple[str | int, ...], ...], turn: int | None) -> Iterator[FieldPath]:
        """Yield those of `reads` that are values, with the current list item of the loop."""
        for read in reads:
            path: tuple[str | int, ...] = ()
            if read[:1] == ("object",) and len(read) > 1:
                read = (SOURCES.get(str(read[1]), WORKLOAD),)
            for step in read:
                owner = get(self._values.filled, path, ABSENT) if path else self._values.filled
                if step == ITEM:
                    keys = list(owner) if isinstance(owner, Mapping) else range(len(owner or ()))
                    if turn is None or turn >= len(keys):
                        break
                    step = keys[turn]
                elif not isinstance(owner, Mapping) or step not in owner:
                    break
                path = (*path, step)
            if path:
                yield path


def _unmarked(line: str) -> tuple[str, list[Spot]]:
    """Return a line without its marks, and their positions."""
    spots: list[Spot] = []
    hidden = 0
    for match in _MARK.finditer(line):
        turn = None if match[2] is None else int(match[2])
        spots.append(Spot(match.start() - hidden, int(match[1]), turn))
        hidden += len(match[0])
    return _MARK.sub("", line), spots


def _is_same(plain: object, merged: object) -> bool:
    """Return whether the template's output equals the manifest, ignoring the hash of the pod template.

    Additions to a map or a list have their own paths.
    """
    if isinstance(plain, dict | list):
        return type(plain) is type(merged)
    return plain == merged or (isinstance(plain, str) and isinstance(merged, str) and HASH in plain)
