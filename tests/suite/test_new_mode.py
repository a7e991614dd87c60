"""A mode is files: a copy of templates/vllm, with its schema, example and page, needs no change in tests/.

The copy is made in a scratch copy of the repository. The tests that look at modes run there, unchanged.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

MODE = "sglang"
NOT_COPIED = (".git", ".venv", ".tools", ".cache", ".hypothesis", "site", "__pycache__", ".*_cache")
# Tests of all modes, of all examples, of what is generated, and of the choice between modes.
LOOK_AT_MODES = (
    "tests/acceptance/test_alike.py",
    "tests/acceptance/test_docs.py",
    "tests/acceptance/test_examples.py",
    "tests/acceptance/test_explain.py",
    "tests/acceptance/test_new.py",
    "tests/acceptance/test_tree.py",
    "tests/form/test_view.py",
    "tests/integrations/test_backstage.py",
    "tests/unit/test_editor_schema.py",
    "tests/unit/test_form_draft.py",
    "tests/unit/test_form_questions.py",
    "tests/unit/test_generated.py",
    "tests/unit/test_metrics.py",
)


def copied(source: Path, target: Path, *changes: tuple[str, str]) -> None:
    """Copy a text file with regular expressions replaced; each has to occur."""
    text = source.read_text(encoding="utf-8")
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        assert count, f"{source} has no {pattern}"
    target.write_text(text, encoding="utf-8")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """The repository with one mode more, and everything generated."""
    folder = tmp_path / "pack"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_COPIED))
    templates = folder / "templates"
    shutil.copytree(templates / "vllm", templates / MODE)
    copied(
        templates / "vllm" / "mode.yaml",
        templates / MODE / "mode.yaml",
        ("^title: .*", "title: SGLang"),
        ("^description: .*", "description: Any model of the Hub, served by another engine."),
    )
    schemas = folder / "schemas" / "values"
    copied(
        schemas / "vllm.schema.json",
        schemas / f"{MODE}.schema.json",
        (r'("modelSource": \{ "const": ")vllm(", "examples": \[")vllm', rf"\1{MODE}\2{MODE}"),
    )
    copied(
        folder / "values" / "llama.yaml",
        folder / "values" / f"{MODE}.yaml",
        ("^modelSource: vllm", f"modelSource: {MODE}"),
        ("^name: .*", f"name: {MODE}"),
    )
    copied(
        folder / "docs/reference/modes/vllm.md",
        folder / f"docs/reference/modes/{MODE}.md",
        ("`modelSource: vllm`", f"`modelSource: {MODE}`"),
        ("^# vllm", f"# {MODE}"),
        (r"^<!-- generated: ([\w-]+) vllm -->", rf"<!-- generated: \1 {MODE} -->"),
    )
    run(folder, "-m", "scripts.generate")
    return folder


def run(folder: Path, *arguments: str) -> None:
    """Run Python in the scratch copy; fail with its output."""
    outer = ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "REQUIRE_TOOLS", "KAITO_FACTS")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(outer)}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, f"{done.stdout[-5000:]}\n{done.stderr[-2000:]}"


@pytest.mark.full
def test_a_mode_is_added_with_no_test_edited(scratch: Path) -> None:
    run(scratch, "-m", "pytest", "-p", "no:cacheprovider", "--tb=short", *LOOK_AT_MODES)
    assert (scratch / "values" / "rendered" / f"{MODE}.yaml").is_file()
    assert f'"const": "{MODE}"' in (scratch / "schemas" / "values.schema.json").read_text(encoding="utf-8")
