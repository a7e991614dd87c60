"""A megabyte of input never makes 13 MB of messages, whatever the format; counted in bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kaito_pack.cli import formats
from kaito_pack.cli.results import Rendering, Reports
from kaito_pack.documents.builder import MOST_DOCUMENTS
from tests.command import run_process

MEGABYTE = 1_000_000
MOST = 13 * MEGABYTE
WORKSPACE = (
    "apiVersion: kaito.sh/v1beta1\nkind: Workspace\nmetadata: {{name: w{}}}\nresorce: {{}}\n"
    "inference: {{template: {{spec: {{contaners: [], xx: 1, hostPID: 1}}}}, preset: {{nam: x}}}}\n"
)
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: W{}_}}\ndta: {{}}\n"
VALUES = "name: W_{}\nmodelSource: vllm\nmodelId: x\nresources: {{gpu: 0}}\n"


def many(text: str) -> Iterator[str]:
    """One file of as many documents as may be."""
    yield "---\n".join(text.format(number) for number in range(MOST_DOCUMENTS - 1))


def files_of_unknown_values() -> Iterator[str]:
    for _ in range(700):
        yield VALUES.format(1) + "".join(f"x{number}: 1\n" for number in range(60))


def long_names() -> Iterator[str]:
    name = json.dumps("\x1b" * 80_000)
    yield f"apiVersion: v1\nkind: &name {name}\nmetadata: {{name: *name, namespace: *name}}\n"
    yield CONFIG_MAP.format(1) + f"{'k' * MEGABYTE}: {{}}\n"
    yield CONFIG_MAP.format(1) + f"data: {{{'k' * MEGABYTE}: {json.dumps(list(range(200)))}}}\n"


ALL = ("--kaito-version", "all")  # seven reports; slow with many Workspaces
INPUTS: dict[str, tuple[Callable[[], Iterator[str]], tuple[str, ...]]] = {
    "Workspaces": (lambda: many(WORKSPACE), ()),
    "objects": (lambda: many(CONFIG_MAP), ALL),
    "files of values": (files_of_unknown_values, ()),
    "long names": (long_names, ALL),
}


def bytes_of(folder: Path, *words: str) -> int:
    done = run_process(*words, cwd=folder)
    assert done.returncode in (0, 1, 2), done.stderr
    return len(done.stdout.encode()) + len(done.stderr.encode())


@pytest.mark.full
@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("form", formats.names_for(Reports))
def test_what_validate_prints_is_bounded(tmp_path: Path, form: str, name: str) -> None:
    make, options = INPUTS[name]
    for number, text in enumerate(make()):
        (tmp_path / f"{number:04}.yaml").write_text(text, encoding="utf-8")
    size = sum(file.stat().st_size for file in tmp_path.iterdir())
    printed = bytes_of(tmp_path, "validate", ".", "-o", form, *options)
    assert printed <= MOST * max(1, size / MEGABYTE)


@pytest.mark.full
@pytest.mark.parametrize("form", formats.names_for(Rendering))
def test_what_render_prints_is_bounded(tmp_path: Path, form: str) -> None:
    for number, text in enumerate(files_of_unknown_values()):
        (tmp_path / f"{number:04}.yaml").write_text(text, encoding="utf-8")
    printed = bytes_of(tmp_path, "render", ".", "--out", "out", "--check", "-o", form)
    assert printed <= MOST
