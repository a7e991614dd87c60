"""Modules and functions stay short, and names say what a thing is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

LONGEST_MODULE = 300  # lines
LONGEST_FUNCTION = 45  # lines
# Longer ones that wait to be split: their lines, which may only become fewer.
WAITING = {
    "kaito_pack/documents/builder.py": 304,
    "kaito_pack/form/web/server.py app": 66,
    "kaito_pack/pack/json_schema.py": 317,
}
VAGUE = frozenset({"one", "found", "told", "said", "made", "at", "of", "here", "more", "kept"})
UNNAMED = ("models",)  # rooms with names that wait to be changed; a room is removed when it is done


@cache
def modules() -> dict[str, ast.Module]:
    """The modules of the library by their path."""
    return {
        file.relative_to(ROOT).as_posix(): ast.parse(file.read_text(encoding="utf-8"))
        for file in sorted((ROOT / "kaito_pack").rglob("*.py"))
    }


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function with the path of its module."""
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The names that a module gives to functions, parameters and variables, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def test_no_module_is_too_long() -> None:
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {path: n for path, n in lengths.items() if n > WAITING.get(path, LONGEST_MODULE)} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{path} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path, node in functions()
    }
    assert len(lengths) > 1000
    assert {name: n for name, n in lengths.items() if n > WAITING.get(name, LONGEST_FUNCTION)} == {}


def test_names_are_meaningful() -> None:
    vague = [
        f"{path}:{line} {name}"
        for path, tree in modules().items()
        if Path(path).parts[1] not in UNNAMED
        for line, name in names(tree)
        if name in VAGUE
    ]
    assert vague == []
