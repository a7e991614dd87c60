"""A pack of a stranger: it reads nothing outside its folder, fetches nothing, and comes to an end."""

from __future__ import annotations

import ast
import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kaito_pack.base.pack_files import LARGEST
from kaito_pack.base.problems import PackError
from kaito_pack.base.sentences import LONGEST, filled
from kaito_pack.facts import patterns, tables
from kaito_pack.importing.captures import _literals, _texts_between
from kaito_pack.pack.references import MOST_PARTS
from tests.acceptance.test_pack import MODE, SCHEMA, pack
from tests.conftest import ROOT, Run
from tests.tiers import mostly_full

SECRET = "a-credential-of-somebody-else"
VALUES = MODE["values/echo.yaml"]


def with_schema(**properties: object) -> dict[str, str]:
    """The files of a mode whose schema has further properties."""
    content = {**SCHEMA, "properties": {**SCHEMA["properties"], **properties}}
    return MODE | {"schemas/values/echo.schema.json": json.dumps(content)}


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file outside the pack that holds a secret, as JSON and as YAML."""
    file = tmp_path / "outside.json"
    file.write_text(json.dumps({"auths": {"reg": SECRET}, "title": SECRET, "type": "string"}))
    return file


def references(outside: Path) -> dict[str, object]:
    """Schemas that refer to what is not in the pack."""
    return {
        "absolute path": {"$ref": str(outside)},
        "absolute path with a pointer": {"$ref": f"{outside}#/auths"},
        "file URL": {"$ref": outside.as_uri()},
        "path upwards": {"$ref": f"../../../{outside.name}"},
        "path upwards in a path": {"$ref": f"values/../../../../{outside.name}"},
        "http": {"$ref": "http://127.0.0.1:9/schema.json"},
        "http in allOf": {"allOf": [{"$ref": "http://127.0.0.1:9/schema.json"}]},
        "http in not": {"not": {"$ref": "http://127.0.0.1:9/schema.json#/a"}},
        "dynamic": {"$dynamicRef": "http://127.0.0.1:9/schema.json"},
        "dynamic file": {"$dynamicRef": outside.as_uri()},
    }


@pytest.mark.parametrize("name", mostly_full(references(Path("/outside.json")), 2))
def test_a_reference_out_of_the_pack_is_refused(
    run: Run, tmp_path: Path, outside: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("a schema was fetched")

    monkeypatch.setattr(socket.socket, "connect", connect)
    folder = pack(tmp_path / "echo", with_schema(a=references(outside)[name]))
    for arguments in (("-", "--pack", folder), ("pack", "check", folder)):
        done = run(*arguments, stdin=VALUES + "a: x\n")
        assert done.returncode == 1 and "kind: Workspace" not in done.stdout
        assert "schemas/values/echo.schema.json" in done.stdout + done.stderr
        assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("keyword", ["default", "examples", "const", "enum"])
def test_a_reference_in_data_is_data(run: Run, tmp_path: Path, outside: Path, keyword: str) -> None:
    reference = {"$ref": f"{outside}#/auths/reg"}
    value: object = [reference] if keyword in ("examples", "enum") else reference
    files = with_schema(a={"type": ["object", "null"], "x-opaque": True, keyword: value})
    files |= {
        "templates/echo/workspace.yaml.j2": MODE["templates/echo/workspace.yaml.j2"] + "data: {a: {{ a }}}\n"
    }
    done = run("-", "--pack", pack(tmp_path / "echo", files), stdin=VALUES)
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def link_to(outside: Path) -> Callable[[Path], None]:
    """Replace a file by a link to `outside`."""

    def change(file: Path) -> None:
        file.symlink_to(outside)

    return change


HOSTILE_FILES: dict[str, Callable[[Path], Any]] = {
    "/dev/zero": lambda file: file.symlink_to("/dev/zero"),
    "a FIFO": os.mkfifo,
    "a folder": lambda file: file.mkdir(),
    "too large": lambda file: file.write_bytes(b" " * (LARGEST + 1)),
    "not UTF-8": lambda file: file.write_bytes(b"\xff"),
}
FILES = [
    "templates/echo/mode.yaml",
    "templates/echo/workspace.yaml.j2",
    "schemas/values/echo.schema.json",
    "facts/rules/values.json",
]


@pytest.mark.parametrize("name", mostly_full(FILES, 1))
@pytest.mark.parametrize("kind", mostly_full(["a link out", *HOSTILE_FILES], 3))
def test_a_file_that_is_not_a_regular_file_of_the_pack_is_refused(
    run: Run, tmp_path: Path, outside: Path, kind: str, name: str
) -> None:
    folder = pack(tmp_path / "echo", MODE | {"facts/rules/values.json": "{}"})
    (folder / name).unlink()
    {"a link out": link_to(outside), **HOSTILE_FILES}[kind](folder / name)
    for arguments in (("-", "--pack", folder), ("pack", "check", folder), ("pack", "list", "--pack", folder)):
        done = run(*arguments, stdin=VALUES + "nmae: x\n")
        assert SECRET not in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        assert done.returncode in (0, 1) if arguments[1] == "list" else done.returncode != 0


def test_references_that_double_are_counted(run: Run, tmp_path: Path) -> None:
    doubling = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(40)} | {
        "d40": {"type": "string"}
    }
    content = {
        **SCHEMA,
        "properties": {**SCHEMA["properties"], "a": {"$ref": "#/$defs/d0"}},
        "$defs": doubling,
    }
    folder = pack(tmp_path / "echo", MODE | {"schemas/values/echo.schema.json": json.dumps(content)})
    for arguments in (("-", "--pack", folder), ("pack", "check", folder)):
        done = run(*arguments, stdin=VALUES)
        assert done.returncode == 1
        assert f"has more than {MOST_PARTS} parts" in done.stdout + done.stderr


def test_a_pattern_of_a_pack_ends_wherever_it_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 0.2)
    tables.use([tmp_path])
    try:
        for pattern, text in (("^(a|a|aa)+$", "a" * 60 + "b"), ("(", "a")):
            with pytest.raises(patterns.PatternError):
                patterns.search(pattern, text)
        assert patterns.search("^a(?!\\n)$", "a")
    finally:
        tables.use([])


def test_patterns_that_are_slow_many_times_end_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(patterns, "MOST_SECONDS", 0.0)
    tables.use([tmp_path])
    try:
        with pytest.raises(patterns.PatternError, match="too many ways"):
            patterns.search("a", "a")
    finally:
        tables.use([])


@pytest.mark.parametrize(
    ("pattern", "text", "captured"),
    [
        ("https://<a>/<b>.git", "https://x/y.git", ["x", "y"]),
        ("<a>-<b>", "a-b-c", ["a", "b-c"]),
        ("<a><b>", "xyz", ["x", "yz"]),
        ("<a>-<b>", "a-", []),
        ("x<a>", "x", []),
        ("x<a>x", "x", []),
        ("a<v>", "b1", []),
    ],
)
def test_values_are_captured_between_texts(pattern: str, text: str, captured: list[str]) -> None:
    parts = [{}] * pattern.count("<")
    assert _texts_between(_literals(pattern), text, parts) == captured


def test_many_captures_take_one_pass() -> None:
    texts = _texts_between(_literals("<a>" * 50 + "z"), "a" * 100_000, [{}] * 50)
    assert texts == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("{value} is wrong", "9 is wrong"),
        ("{value:>3000000000}", "{value:>3000000000}"),
        ("{value.__class__}", "{value.__class__}"),
        ("{0}{}", "{0}{}"),
        ("{unknown}", "{unknown}"),
        ("{{}} and {{value}}", "{} and {value}"),
    ],
)
def test_a_row_is_filled_by_plain_substitution(row: str, words: str) -> None:
    assert filled(row, {"value": 9}) == words


def test_a_filled_row_is_bounded() -> None:
    assert len(filled("{value}" * 1000, {"value": "x" * 1000})) == LONGEST


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "rules/values.json",
            {"values/unknown-field": {"message": 5}},
            "message is a number. Write a string",
        ),
        ("kaito/versions.json", {"0.12": {"release": ["x"]}}, "0.12.release is a list. Write a string"),
        ("kaito/versions.json", {"0.12": None}, "0.12 is null. Write a map"),
        ("kaito/versions.json", [], "not a JSON object"),
        ("kaito/versions.json", {"0.12": {"release": float("inf")}}, "not JSON"),
    ],
)
def test_a_row_of_another_shape_is_the_packs_fault(
    tmp_path: Path, name: str, content: object, words: str
) -> None:
    folder = pack(tmp_path / "echo", {f"facts/{name}": json.dumps(content)})
    tables.use([folder])
    try:
        with pytest.raises(PackError, match=words):
            tables.table(name)
    finally:
        tables.use([])


def test_one_function_alone_opens_the_files_of_packs() -> None:
    rooms = ("facts", "pack", "pack_check", "rendering", "importing", "explain", "status/metrics.py")
    allowed = {"pack/files.py": "read_file"}  # Target and Fleet files, which the user names
    wrong = []
    for room in rooms:
        place = ROOT / "kaito_pack" / room
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            name = file.relative_to(ROOT / "kaito_pack").as_posix()
            wrong += [f"{name}:{line} {call}" for line, call in reads(file) if allowed.get(name) != call]
    assert wrong == []


def reads(file: Path) -> Iterator[tuple[int, str]]:
    """The calls in a module that open files, with their lines; `read_text(text, …)` parses, and is none."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        call = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        is_read = call in ("open", "os.open", "read_file") or call.endswith((".read_text", ".read_bytes"))
        if isinstance(node, ast.Call) and is_read and not call.startswith("pack_files."):
            yield node.lineno, call
