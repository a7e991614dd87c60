"""Renders templates with invisible marks that lead from the output back to the lines of the templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import nodes

from kaito_pack.rendering.templates import Environment, render


def marked_texts(
    folders: Sequence[Path], template: str, context: Mapping[str, Any], is_confined: bool = False
) -> tuple[str, str, list[tuple[str, int]]]:
    """The template's text, the same with marks, and the template and line of each mark; see `render`."""
    marking = _Marking(folders, is_confined)
    text = render(Environment(folders, is_confined=is_confined), template, context)
    return text, render(marking, template, context), marking.marks


class _Marking(Environment):
    """Templates whose output holds marks, each the number of an entry of `marks`."""

    def __init__(self, folders: Sequence[Path], is_confined: bool) -> None:
        super().__init__(folders, is_confined=is_confined)
        self.marks: list[tuple[str, int]] = []

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template = super()._parse(source, name, filename)
        for output in list(template.find_all(nodes.Output)):
            output.nodes = [part for node in output.nodes for part in self._marked(node, name or "")]
        return template

    def _marked(self, node: Any, name: str) -> Iterator[nodes.Expr]:
        if not isinstance(node, nodes.TemplateData):
            yield self._mark(name, node.lineno)
            yield node
            return
        for index, line in enumerate(node.data.splitlines(keepends=True)):
            if line.strip():
                # After the blanks, so that a line of blanks alone stays one.
                blanks = len(line) - len(line.lstrip())
                yield nodes.TemplateData(line[:blanks], lineno=node.lineno)
                yield self._mark(name, node.lineno + index)
                line = line[blanks:]
            yield nodes.TemplateData(line, lineno=node.lineno)

    def _mark(self, name: str, number: int) -> nodes.TemplateData:
        self.marks.append((name, number))
        return nodes.TemplateData(f"\u2063{len(self.marks) - 1}\u2063", lineno=number)
