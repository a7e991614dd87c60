"""The order of the rooms of kaito_pack/: an import goes down or stays, and there is no circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from scripts.rooms import FLOORS, INNER
from tests.conftest import ROOT

LIBRARY = ROOT / "kaito_pack"
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
FEATURES = FLOORS[1]
LOOSE = ("__init__", "__main__")


@cache
def modules() -> dict[str, Path]:
    """Every module of the library by its dotted name, that of the package for an `__init__`."""
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
        for file in LIBRARY.rglob("*.py")
    }


@cache
def imported(file: Path) -> list[tuple[int, str]]:
    """Every module that a file imports, at its head or late, with the line of the import."""
    return list(_imported(file))


def _imported(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                yield node.lineno, inner if inner in modules() else node.module


def room(module: str) -> str:
    """The room of a module of the library, "" for the package itself."""
    return module.partition(".")[2].partition(".")[0]


@cache
def arrows() -> list[tuple[str, str, str]]:
    """Each import of a module in a room by another: importer, imported, and the words for it."""
    return list(_arrows())


def _arrows() -> Iterator[tuple[str, str, str]]:
    for name, file in modules().items():
        for line, other in imported(file):
            if room(name) in FLOOR and other in modules() and room(other) in FLOOR:
                yield name, other, f"{file.relative_to(ROOT)}:{line} imports {other}"


def test_no_module_is_loose() -> None:
    assert {file.stem for file in LIBRARY.glob("*.py")} == set(LOOSE)
    assert {file.parent.name for file in LIBRARY.glob("*/__init__.py")} == set(FLOOR)


def test_an_import_goes_down_or_stays() -> None:
    assert [words for name, other, words in arrows() if FLOOR[room(other)] < FLOOR[room(name)]] == []


def test_a_feature_uses_another_by_its_face_alone() -> None:
    wrong = [
        words
        for name, other, words in arrows()
        if {room(name), room(other)} <= set(FEATURES) and room(name) != room(other) and other.count(".") > 1
    ]
    assert wrong == []


def test_the_rooms_of_kubernetes_are_in_order() -> None:
    wrong = [
        words
        for name, other, words in arrows()
        if room(name) == room(other) == "kubernetes" and min(name.count("."), other.count(".")) > 1
        if INNER.index(name.split(".")[2]) < INNER.index(other.split(".")[2])
    ]
    assert wrong == []


def test_there_is_no_circle() -> None:
    graph: dict[str, set[str]] = {}
    for name, other, _ in arrows():
        # A package's face and the modules behind it are one thing to whoever imports it.
        if not f"{name}.".startswith(f"{other}.") and not other.startswith(f"{name}."):
            graph.setdefault(name, set()).add(other)
    assert circle(graph) == ""


def test_there_is_no_circle_of_folders() -> None:
    graph: dict[str, set[str]] = {}
    for name, other, _ in arrows():
        if folder(name) != folder(other):
            graph.setdefault(folder(name), set()).add(folder(other))
    assert circle(graph) == ""


def folder(module: str) -> str:
    """Return the dotted name of the folder of a module; that of a package is its own."""
    return module if modules()[module].stem == "__init__" else module.rpartition(".")[0]


def circle(graph: Mapping[str, set[str]]) -> str:
    """Return a circle of a graph of imports in words, "" if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " -> ".join(error.args[1])
    return ""


def test_every_room_says_in_one_sentence_what_it_answers() -> None:
    for name in FLOOR:
        docstring = ast.get_docstring(ast.parse((LIBRARY / name / "__init__.py").read_text(encoding="utf-8")))
        assert docstring and docstring.splitlines()[0].endswith("."), name


def test_only_the_command_line_knows_click() -> None:
    strangers = [
        f"{file.relative_to(ROOT)}:{line} imports {other}"
        for name, file in modules().items()
        if room(name) != "cli"
        for line, other in imported(file)
        if other.split(".")[0] in ("click", "questionary")
    ]
    assert strangers == []
