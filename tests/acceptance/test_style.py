"""The limits of CONTRIBUTING, held for every module: lengths, and names that say something."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.acceptance.test_rooms import modules
from tests.conftest import ROOT

LONGEST_MODULE = 300  # lines
LONGEST_FUNCTION = 45  # lines, decorators and docstring included
EMPTY_NAMES = {"one", "found", "told", "said", "made", "at", "of", "here", "more", "kept"}


FULL = pytest.mark.full


@cache
def trees() -> dict[Path, ast.Module]:
    """The syntax tree of every module."""
    return parsed(modules().values())


def parsed(files: Iterable[Path]) -> dict[Path, ast.Module]:
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}


def place(file: Path, node: ast.AST) -> str:
    return f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def names(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every name that a module gives: to a function, class, parameter, variable, field or import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node, node.name
        elif isinstance(node, ast.arg):
            yield node, node.arg
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node, node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node, node.name
        elif isinstance(node, ast.alias):
            yield node, node.asname or node.name


def test_no_module_is_too_long() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in trees()}
    assert [f"{file.relative_to(ROOT)}: {n} lines" for file, n in lengths.items() if n > LONGEST_MODULE] == []


def test_no_function_is_too_long() -> None:
    lengths = [
        (f"{place(file, node)} {node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for file, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert len(lengths) > 1000
    assert [f"{name}: {lines} lines" for name, lines in lengths if lines > LONGEST_FUNCTION] == []


@pytest.mark.parametrize("folder", ["kaito_pack", "scripts", "bench", pytest.param("tests", marks=FULL)])
def test_names_say_what_they_name(folder: str) -> None:
    files = trees() if folder == "kaito_pack" else parsed((ROOT / folder).rglob("*.py"))
    empty = [
        f"{place(file, node)} {name}"
        for file, tree in files.items()
        for node, name in names(tree)
        if name.strip("_") in EMPTY_NAMES
    ]
    assert empty == []


def test_a_word_names_one_class() -> None:
    places: dict[str, list[str]] = {}
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(place(file, node))
    twice = {name: all_places for name, all_places in places.items() if len(all_places) > 1}
    assert twice == {}


def test_a_value_that_is_absent_has_one_sentinel() -> None:
    sentinels = [
        place(file, node)
        for file, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        if ast.unparse(node.value) == "object()" and "MERGE" not in ast.unparse(node)
    ]
    assert [sentinel.partition(":")[0] for sentinel in sentinels] == ["kaito_pack/base/trees.py"]
