"""Where each rule has its row and where the code names it, by reading the files without running them."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

from kaito_pack.facts import checks
from kaito_pack.facts.rules import former_names
from tests.conftest import ROOT

NAME = re.compile(r"[a-z]+(?:-[a-z]+)*/[a-z0-9-]*[a-z0-9]")
LOOK_UPS = ("get_rule", "holds", "rule")  # functions that take a rule's name and report nothing
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
def registered() -> Mapping[str, list[str]]:
    """Return the places of the functions that register themselves, by the name of the rule."""
    for module in walk_packages([str(ROOT / "kaito_pack")], "kaito_pack."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    root = f"{ROOT}{os.sep}"
    return {
        name: [each.place.removeprefix(root).replace(os.sep, "/") for each in several]
        for name, several in checks.registered().items()
    }


@cache
def in_schemas() -> Mapping[str, list[str]]:
    """Return the schemas that name a rule with `x-rules`."""
    places: dict[str, list[str]] = {}
    for file in sorted((ROOT / "schemas").rglob("*.json")):
        for name in _names_of(json.loads(file.read_text(encoding="utf-8"))):
            places.setdefault(name, []).append(_place(file, 1))
    return places


@cache
def reported() -> Mapping[str, list[str]]:
    """Return the places of the calls that name a rule to report it."""
    layers = {file.stem for file in ROWS}
    places: dict[str, list[str]] = {}
    for file, node in _nodes():
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] not in LOOK_UPS:
            for part in (*node.args, *(keyword.value for keyword in node.keywords)):
                name = str(part.value) if isinstance(part, ast.Constant) else ""
                if NAME.fullmatch(name) and name.partition("/")[0] in layers:
                    places.setdefault(name, []).append(_place(file, part.lineno))
    return places


@cache
def named() -> Mapping[str, list[str]]:
    """Return the places where the code names a rule of one of the layers."""
    layers = {file.stem for file in ROWS}
    places: dict[str, list[str]] = {}
    for file, node in _nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value):
            places.setdefault(node.value, []).append(_place(file, node.lineno))
    former = former_names()
    return {
        name: lines for name, lines in places.items() if name.partition("/")[0] in layers or name in former
    }


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
