"""Finds the template line that emitted a part of a manifest, for any template.

The template is rendered once more with invisible marks: one before each line of text that it emits and one
before each `{{ }}`, inserted into the template after Jinja has parsed it. So blocks, includes and whitespace
control work as usual, and the marks in the output lead back to the lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kaito_pack.base import pack_files
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import PackError
from kaito_pack.base.trees import get
from kaito_pack.documents import read_text
from kaito_pack.pack import Pack
from kaito_pack.rendering.context import HASH, HASHES, NO_HASHES, context_of, is_hashed
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.rendering.marking import marked_texts
from kaito_pack.values.checking import Values

MARK = re.compile("\u2063([0-9]+)(?:\\.[0-9]+)?\u2063")


@dataclass(frozen=True)
class TemplateLine:
    """One line of a template."""

    template: str
    number: int
    text: str


def template_line(
    values: Values, manifest: RenderedManifest, path: FieldPath, pack: Pack
) -> TemplateLine | None:
    """Return the line of a template, its partials included, that emitted the part at `path`.

    None if no line did, because the user's additions have rewritten that part of the manifest.
    """
    context = context_of(values, HASHES if is_hashed(values) else NO_HASHES)
    try:
        if pack.is_foreign:
            from kaito_pack.rendering.render_child import ForeignTemplates

            text, marked, marks = ForeignTemplates(pack.template_folders).marked_texts(
                manifest.template, context
            )
        else:
            text, marked, marks = marked_texts(pack.template_folders, manifest.template, context)
    except PackError:  # marks can break a template that reads its own output
        return None
    (document,) = read_text(text, manifest.template)
    if not _is_same(get(document.value, path), get(manifest.body, path)):
        return None
    place = document.place(path)
    line = _same_line(marked.splitlines(), text.splitlines(), place.line - 1)
    mark = None if line is None else _mark_at(line, place.column - 1)
    return None if mark is None else _line_of(marks[mark].template, marks[mark].line, pack)


def _is_same(plain: object, extended: object) -> bool:
    """Return whether the template's output is in the manifest, ignoring the hash of the pod template."""
    return plain == extended or (isinstance(plain, str) and isinstance(extended, str) and HASH in plain)


def _same_line(marked: list[str], plain: list[str], index: int) -> str | None:
    """Return the marked line for line `index` of `plain`, or its counterpart if marks have moved lines."""
    bare = [MARK.sub("", line).rstrip() for line in marked]
    wanted = plain[index].rstrip()
    if index < len(bare) and len(bare) == len(plain) and bare[index] == wanted:
        return marked[index]
    turn = [line.rstrip() for line in plain[:index]].count(wanted)
    alike = [line for line, text in zip(marked, bare, strict=True) if text == wanted]
    return alike[turn] if turn < len(alike) else None


def _mark_at(line: str, column: int) -> int | None:
    """Return the last mark before `column`, which counts without marks."""
    number, hidden = None, 0
    for match in MARK.finditer(line):
        if number is not None and match.start() - hidden > column:
            break
        number = int(match[1])
        hidden += len(match[0])
    return number


def _line_of(name: str, number: int, pack: Pack) -> TemplateLine:
    folder = next(folder for folder in pack.template_folders if (folder / name).is_file())
    return TemplateLine(name, number, pack_files.read_text(folder, name).splitlines()[number - 1])
