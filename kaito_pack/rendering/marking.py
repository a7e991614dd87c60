"""Renders templates with invisible marks that lead from the output back to the lines of the templates.

A mark also records the values that the line reads: those in its `{{ }}`, and those of the conditions and
loops around it. So one rendering shows which values produced each line of a manifest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from jinja2 import Template, nodes

from kaito_pack.base.derived import derived
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Context
from kaito_pack.rendering.template_cache import CompiledLoader
from kaito_pack.rendering.templates import Environment, render

ReadPath = tuple[str | int, ...]
ITEM = -1  # in a path: the current list item of a loop
MOST_MARKS = 100_000  # per template; the numbers begin at a multiple that depends on the template's name
SEPARATOR = "\u2063"  # INVISIBLE SEPARATOR, which no filter changes


class Mark(NamedTuple):
    """The origin of a piece of output: `own` are the values it prints, `around` those that control it.

    `text` is template text, which contains keys that were not rendered.
    """

    template: str
    line: int
    own: tuple[ReadPath, ...] = ()
    around: tuple[ReadPath, ...] = ()
    text: str = ""


def marked_texts(
    folders: Sequence[Path], template: str, context: Context, is_confined: bool = False
) -> tuple[str, str, dict[int, Mark]]:
    """Return the template's output, the same with marks, and the meaning of each mark; see `render`."""
    marking = Marking(folders, is_confined)
    text = render(Environment(folders, is_confined=is_confined), template, context)
    return text, render(marking, template, context), marking.marks


class Marking(Environment):
    """Templates whose output contains marks: the number of an entry of `marks`, the iteration of the loop.

    The marks of a template have the same numbers in every process, so that its code can be cached.
    """

    def __init__(self, folders: Sequence[Path], is_confined: bool) -> None:
        super().__init__(folders, is_confined=is_confined)
        self.marks: dict[int, Mark] = {}
        if not is_confined:
            self.loader = _MarkedLoader(folders)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template = super()._parse(source, name, filename)
        _Reader(self, name or "").read(template.body, _Scope())
        return template


class _MarkedLoader(CompiledLoader):
    """A loader of marked templates; it caches code and marks until the template or this module changes."""

    def load(self, environment: Any, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:
        """Return a template, and add its marks to the environment."""

        def compiled() -> tuple[Any, list[tuple[int, Any]]]:
            code = self._compiled(environment, name)
            return code, [(number, tuple(m)) for number, m in environment.marks.items() if m.template == name]

        code, marks = derived(f"marked {self.key(name)}", compiled, "marks")
        environment.marks |= {number: Mark(*mark) for number, mark in marks}
        template: Template = environment.template_class.from_code(environment, code, globals or {})
        return template


class _Scope(NamedTuple):
    """The surroundings of a part of a template: names that are set, values that control it, a loop."""

    names: Mapping[str, tuple[ReadPath, ...]] = {}
    around: tuple[ReadPath, ...] = ()
    is_loop: bool = False


class _Reader:
    """A reader that inserts marks into one template after Jinja has parsed it."""

    def __init__(self, marking: Marking, template: str) -> None:
        self._marks, self._template = marking.marks, template
        self._number = crc32(template.encode()) * MOST_MARKS

    def read(self, body: Sequence[nodes.Node], scope: _Scope) -> None:
        """Mark the output of a body in its scope; a name that is set is valid from then on."""
        names = dict(scope.names)
        for node in body:
            inner = scope._replace(names=names)
            if isinstance(node, nodes.Output):
                node.nodes = [part for child in node.nodes for part in self._marked(child, inner)]
            elif isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
                names[node.target.name] = tuple(_reads(node.node, names))
            elif isinstance(node, nodes.If):
                self._read_if(node, inner)
            elif isinstance(node, nodes.For):
                self._read_for(node, inner)
            elif hasattr(node, "body"):
                self.read(node.body, inner)

    def _read_if(self, node: nodes.If, scope: _Scope) -> None:
        around = [*_reads(node.test, scope.names), *scope.around]
        self.read(node.body, scope._replace(around=tuple(around)))
        for other in node.elif_:
            around = [*_reads(other.test, scope.names), *around]
            self.read(other.body, scope._replace(around=tuple(around)))
        self.read(node.else_, scope._replace(around=tuple(around)))

    def _read_for(self, node: nodes.For, scope: _Scope) -> None:
        lists = tuple(_reads(node.iter, scope.names))
        items = tuple((*path, ITEM) for path in lists)
        targets = [name.name for name in node.target.find_all(nodes.Name)]
        if isinstance(node.target, nodes.Name):
            targets.append(node.target.name)
        names = {**scope.names, **dict.fromkeys(targets, items)}
        self.read(node.body, _Scope(names, (*items, *scope.around), is_loop=not node.recursive))
        self.read(node.else_, scope._replace(around=(*lists, *scope.around)))

    def _marked(self, node: Any, scope: _Scope) -> Iterator[nodes.Expr]:
        if not isinstance(node, nodes.TemplateData):
            yield from self._mark(node.lineno, scope, own=tuple(_reads(node, scope.names)))
            yield node
            return
        for index, line in enumerate(node.data.splitlines(keepends=True)):
            if line.strip():
                # The mark follows the indentation, so that a line of spaces remains one.
                indent = len(line) - len(line.lstrip())
                yield nodes.TemplateData(line[:indent], lineno=node.lineno)
                yield from self._mark(node.lineno + index, scope, text=line.strip())
                line = line[indent:]
            yield nodes.TemplateData(line, lineno=node.lineno)

    def _mark(
        self, number: int, scope: _Scope, own: tuple[ReadPath, ...] = (), text: str = ""
    ) -> Iterator[nodes.Expr]:
        self._marks[self._number] = Mark(self._template, number, own, scope.around, text)
        name = f"{SEPARATOR}{self._number}"
        self._number += 1
        if not scope.is_loop:
            yield nodes.TemplateData(f"{name}{SEPARATOR}", lineno=number)
            return
        yield nodes.TemplateData(f"{name}.", lineno=number)
        loop = nodes.Name("loop", "load", lineno=number)
        yield nodes.Getattr(loop, "index0", "load", lineno=number)
        yield nodes.TemplateData(SEPARATOR, lineno=number)


def _reads(node: nodes.Node, names: Mapping[str, tuple[ReadPath, ...]]) -> Iterator[ReadPath]:
    """Yield the paths of the names that an expression reads, each once; `resources.gpu` is one path."""
    yield from dict.fromkeys(_paths(node, names))


def _paths(node: nodes.Node, names: Mapping[str, tuple[ReadPath, ...]]) -> Iterator[ReadPath]:
    steps: list[str | int] = []
    inner = node
    while isinstance(inner, nodes.Getattr | nodes.Getitem):
        if isinstance(inner, nodes.Getattr):
            steps.append(inner.attr)
        elif isinstance(inner.arg, nodes.Const) and isinstance(inner.arg.value, str | int):
            steps.append(inner.arg.value)
        else:
            yield from _paths(inner.arg, names)
            steps.clear()
        inner = inner.node
    if isinstance(inner, nodes.Name):
        known = names.get(inner.name, ((inner.name,),))
        yield from ((*path, *reversed(steps)) for path in known)
        return
    for child in inner.iter_child_nodes():
        yield from _paths(child, names)
