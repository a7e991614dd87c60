"""Where each rule has its row and where the code names it, by reading the files without running them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kaito_pack.facts.rules import former_names
from kaito_pack.kubernetes.decoding.findings import RULES
from tests.conftest import ROOT

NAME = re.compile(r"[a-z]+(?:-[a-z]+)*/[a-z0-9-]*[a-z0-9]")
DECODED = ("crd", "webhook", "kubernetes")  # layers whose rules are named by the kinds of findings
ROWS = tuple(file for file in sorted((ROOT / "facts" / "rules").glob("*.json")) if file.stem != "examples")


def _place(file: Path, line: int) -> str:
    return f"{file.relative_to(ROOT).as_posix()}:{line}"


@cache
def row_places() -> Mapping[str, list[str]]:
    """Return the places of the rows by name; a name that is used twice has two."""
    places: dict[str, list[str]] = {}
    for file in ROWS:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if key := re.match(r'  "([^"]+)": \{', line):
                places.setdefault(key[1], []).append(_place(file, number))
    return places


@cache
def decorated() -> Mapping[str, list[str]]:
    """Return the places of the functions that register themselves, by the name of the rule."""
    places: dict[str, list[str]] = {}
    for file, node in _nodes():
        if isinstance(node, ast.FunctionDef):
            for name in _registers(node):
                places.setdefault(name, []).append(_place(file, node.lineno))
    return places


def _registers(function: ast.FunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).split(".")[-1] == "rule":
            yield from (ast.literal_eval(argument) for argument in decorator.args)


@cache
def named() -> Mapping[str, list[str]]:
    """Return the places where the code or a schema of values names a rule of one of the layers."""
    layers = {file.stem for file in ROWS}
    places: dict[str, list[str]] = {}
    for file, node in _nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value):
            places.setdefault(node.value, []).append(_place(file, node.lineno))
    for file in sorted((ROOT / "schemas" / "values").glob("*.json")):
        for name in _names_of(json.loads(file.read_text(encoding="utf-8"))):
            places.setdefault(name, []).append(_place(file, 1))
    former = former_names()
    return {
        name: lines for name, lines in places.items() if name.partition("/")[0] in layers or name in former
    }


def of_findings() -> set[str]:
    """Return the names that the kind of a finding can stand for; not every layer has every kind."""
    return {f"{layer}/{kind}" for layer in DECODED for kind in RULES.values()}


def _names_of(schema: Any) -> Iterator[str]:
    """Every rule that `x-rules` names, however deep."""
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    if isinstance(schema, dict) and isinstance(schema.get("x-rules"), dict):
        yield from schema["x-rules"].values()
    for part in parts:
        yield from _names_of(part)


@cache
def _nodes() -> list[tuple[Path, ast.AST]]:
    return [
        (file, node)
        for file in sorted((ROOT / "kaito_pack").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    ]
