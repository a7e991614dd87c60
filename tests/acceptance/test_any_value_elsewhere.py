"""Any value of any JSON type, anywhere in a pack, in a commit, in the state of the form: never a traceback.

What test_any_value.py does with the inputs of commands. `make fuzz` draws from all places, and adds what a
hostile pack holds: references, patterns that do not end, texts that are format strings, paths that lead out.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from kaito_pack.base.trees import walk
from tests.acceptance.test_any_value import ANY, VALUES, WORKSPACE, changed, sampled, written
from tests.acceptance.test_pack import MODE, pack
from tests.command import run_here
from tests.conftest import ROOT
from tests.tiers import often

HOSTILE: tuple[Any, ...] = (
    {"$ref": "/etc/passwd"},
    {"$ref": "http://127.0.0.1:9/a.json"},
    {"$dynamicRef": "#a"},
    {"$ref": "#"},
    {"pattern": "^(a|a|aa)+$"},
    {"pattern": "("},
    {"properties": {"a": {"$ref": "#/properties/a"}}},
    "{value.__class__}",
    "{0:>3000000000}",
    "{" * 1000,
    "../../../etc/passwd",
    "/dev/zero",
    "{{ lipsum }}",
    "a" * 10_000,
    "\x1b[31m\u202e\n::error::a",
)
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$ref": "common.schema.json",
    "properties": {
        "modelSource": {"const": "echo"},
        "a": {"type": "string", "pattern": "^[a-z]+$", "default": "b", "title": "A", "examples": ["c"]},
        "b": {"type": "array", "items": {"type": "integer", "maximum": 5}, "default": [1], "title": "B"},
        "c": {"type": "object", "properties": {"d": {"enum": ["x", "y"]}}, "default": {}, "title": "C"},
    },
    "required": ["name"],
    "unevaluatedProperties": False,
}
OWN = "name: tiny\nmodelSource: echo\na: x\nb: [9]\nc: {d: z}\nunknwon: 1\n"
MANIFESTS = [WORKSPACE, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"a": 1}}]


class PackFile(NamedTuple):
    """A file of a pack, and what it holds in a good one."""

    name: str
    example: Any


def first_rows(content: Any) -> Any:
    """The first rows of a table; the whole would have too many places."""
    return dict(list(content.items())[:3]) if isinstance(content, dict) else content


@cache
def pack_files() -> dict[str, PackFile]:
    """The files of a pack: a mode's, an engine's, and each table of facts."""
    mode = yaml.safe_load((ROOT / "templates" / "vllm" / "mode.yaml").read_text(encoding="utf-8"))
    engine = yaml.safe_load((ROOT / "facts" / "engines" / "vllm.yaml").read_text(encoding="utf-8"))
    files = [
        PackFile("templates/echo/mode.yaml", mode),
        PackFile("schemas/values/echo.schema.json", SCHEMA),
        PackFile("facts/engines/vllm.yaml", engine),
    ]
    for file in sorted((ROOT / "facts").rglob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        files.append(PackFile(file.relative_to(ROOT).as_posix(), first_rows(content)))
    return {file.name: file for file in files}


def judge_pack(folder: Path, name: str, content: Any, where: object) -> None:
    """Use a pack in which one file holds `content`: `run_here` raises what would be a traceback."""
    schema = {"schemas/values/echo.schema.json": json.dumps(SCHEMA)}
    pack(folder / "echo", MODE | schema | {name: written(content)})
    manifests = "\n---\n".join(map(written, MANIFESTS))
    for words, stdin in (
        (("-", "--pack", "echo"), OWN),
        (("validate", "-", "--pack", "echo"), manifests),
        (("pack", "check", "echo"), ""),
    ):
        done = run_here(*words, cwd=folder, stdin=stdin)
        printed = done.stdout + done.stderr
        assert done.returncode in (0, 1, 2), (where, words, done.stderr)
        assert "Traceback" not in printed, (where, words, printed)
        assert "root:x:0" not in printed, (where, words)
        assert "\x1b" not in printed and len(printed) < 200_000, (where, words)


QUICK = ("templates/echo/mode.yaml", "schemas/values/echo.schema.json", "facts/rules/values.json")


@pytest.mark.parametrize("name", QUICK)
def test_a_few_places_of_a_pack(tmp_path: Path, name: str) -> None:
    for where, content in sampled(pack_files()[name].example, 3):
        judge_pack(tmp_path, name, content, where)


@pytest.mark.full
@pytest.mark.parametrize("name", pack_files())
def test_many_places_of_a_pack(tmp_path: Path, name: str) -> None:
    for where, content in sampled(pack_files()[name].example, 2):
        judge_pack(tmp_path, name, content, (name, where))


# Places that once ended in a traceback.
ONCE_RAISED = [
    (("v1beta1", "properties", "status"), None),
    (("v1beta1", "properties", "inference", "properties", "preset"), {"type": "array", "items": "a"}),
    (("v1beta1", "properties", "inference"), ["a"]),
    (("v1beta1", "properties", "inference"), {"type": "object", "properties": 3}),
    (("v1beta1", "properties", "inference"), {"type": "object", "required": [{}]}),
    (("v1beta1", "properties", "inference"), {"type": "object", "enum": 3}),
    (("v1beta1", "properties", "inference"), {"type": "object", "allOf": 3}),
    (("v1beta1", "properties", "inference"), {"type": "object", "minProperties": "a"}),
    (("v1beta1", "properties", "inference"), {"type": "object", "format": []}),
]


@pytest.mark.parametrize(
    ("path", "value"),
    [*ONCE_RAISED[:2], *(pytest.param(*case, marks=pytest.mark.full) for case in ONCE_RAISED[2:])],
)
def test_a_schema_that_is_none_is_one_line(tmp_path: Path, path: tuple[Any, ...], value: Any) -> None:
    name = "facts/kaito/0.12.json"
    judge_pack(tmp_path, name, changed(pack_files()[name].example, path, value), path)


@pytest.mark.full
@often(60, *HealthCheck)
@given(data=st.data(), name=st.sampled_from(sorted(pack_files())), value=st.sampled_from([*ANY, *HOSTILE]))
def test_any_place_of_any_file_of_a_pack(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, name: str, value: Any
) -> None:
    example = pack_files()[name].example
    path = data.draw(st.sampled_from([path for path, _ in walk(example)]))
    judge_pack(tmp_path_factory.mktemp("pack"), name, changed(example, path, value), (name, path, value))


def committed(folder: Path, content: Any) -> None:
    """A git repository in which values.yaml holds `content`."""
    folder.mkdir()
    (folder / "values.yaml").write_text(written(content), encoding="utf-8")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder)]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "a"]):
        subprocess.run([*git, *words], check=True, capture_output=True)


def plans(folder: Path, old: Any, new: Any, where: object) -> None:
    """Plan values against what was committed."""
    committed(folder, old)
    (folder / "values.yaml").write_text(written(new), encoding="utf-8")
    done = run_here("plan", "values.yaml", "--against", "HEAD", cwd=folder)
    assert done.returncode in (0, 1, 2), (where, done.stderr)
    assert "Traceback" not in done.stderr, where


@pytest.mark.parametrize("is_old", [True, False])
def test_a_few_places_of_what_was_committed_and_of_what_is_planned(tmp_path: Path, is_old: bool) -> None:
    for number, (where, content) in enumerate(sampled(VALUES, 4)):
        pair = (content, VALUES) if is_old else (VALUES, content)
        plans(tmp_path / str(number), *pair, where)


@pytest.mark.full
@often(40, *HealthCheck)
@given(data=st.data(), value=st.sampled_from(ANY), is_old=st.booleans())
def test_any_place_of_what_was_committed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, value: Any, is_old: bool
) -> None:
    path = data.draw(st.sampled_from([path for path, _ in walk(VALUES)]))
    content = changed(VALUES, path, value)
    pair = (content, VALUES) if is_old else (VALUES, content)
    plans(tmp_path_factory.mktemp("git") / "a", *pair, (path, value))


def hostile_paths(example: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every place of an example with every value that a hostile pack may hold there."""
    for path, _ in walk(example):
        for value in HOSTILE:
            yield path, value


@pytest.mark.full
def test_hostile_values_in_a_schema(tmp_path: Path) -> None:
    changes = list(hostile_paths(SCHEMA))
    for path, value in changes[:: max(1, len(changes) // 15)]:
        judge_pack(tmp_path, "schemas/values/echo.schema.json", changed(SCHEMA, path, value), (path, value))
