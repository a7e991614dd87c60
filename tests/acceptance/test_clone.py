"""The README's two commands in a fresh clone of HEAD, offline from wheels that this run keeps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests import golden
from tests.conftest import ROOT
from tests.tiers import NO_CLONE

HANDFUL = ("tests/acceptance/test_render.py", "tests/unit/test_quantity.py")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone of HEAD, without an environment."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip(NO_CLONE)
    folder = tmp_path_factory.mktemp("clone") / "pack"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def offline() -> dict[str, str]:
    """The environment of an offline install: all wheels lie in .cache/wheels, fetched at most once."""
    wheels = ROOT / ".cache" / "wheels"
    stamp = wheels / "complete"
    pins = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != pins:
        pip = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--disable-pip-version-check",
            "--require-hashes",
        ]
        subprocess.run([*pip, "-d", str(wheels), "-r", str(ROOT / "requirements" / "dev.txt")], check=True)
        stamp.write_text(pins, encoding="utf-8")
    # Under another make (CI's) make would tell folders on stdout, as it does with -C.
    outer = ("KAITO_FACTS", "MAKEFLAGS", "MAKELEVEL", "REQUIRE_TOOLS")
    inherited = {key: value for key, value in os.environ.items() if key not in outer}
    return inherited | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}


def run_make(clone: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run make in the clone."""
    command = ["make", *words]
    return subprocess.run(
        command, cwd=clone, env=environment, capture_output=True, text=True, check=False, timeout=600
    )


def test_make_render_prints_the_manifest_alone(clone: Path, offline: dict[str, str]) -> None:
    done = run_make(clone, offline, "render", "VALUES=llama.yaml")
    assert done.returncode == 0, done.stderr
    golden.check(ROOT / "values" / "rendered" / "llama.yaml", done.stdout)
    again = run_make(clone, offline, "render", "VALUES=llama.yaml")
    assert (again.stdout, again.stderr) == (done.stdout, ""), "the second run prepares nothing"


def test_make_test_passes_and_leaves_the_checkout_as_it_was(clone: Path, offline: dict[str, str]) -> None:
    """A handful of files: the whole suite in a fresh clone is what CI runs."""
    done = run_make(clone, offline, "test", f"PYTEST=-x -n 2 -p no:cacheprovider {' '.join(HANDFUL)}")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "no tests ran" not in done.stdout
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True
    )
    assert status.stdout == ""


def test_a_python_without_pip_prepares_the_same(clone: Path, offline: dict[str, str], tmp_path: Path) -> None:
    """pip comes from the wheel that ensurepip has; a run that was stopped before is completed."""
    venv.create(tmp_path / "bare", with_pip=False)
    (clone / ".venv" / "run.stamp").unlink(missing_ok=True)
    for part in (clone / ".venv").glob("lib/python*/site-packages/jinja2*"):
        shutil.rmtree(part)
    python = f"PYTHON={tmp_path / 'bare' / 'bin' / 'python'}"
    for _ in ("the rest of what is missing", "all of it"):
        done = run_make(clone, offline, "render", "VALUES=llama.yaml", python)
        assert done.returncode == 0, done.stderr
        golden.check(ROOT / "values" / "rendered" / "llama.yaml", done.stdout)
        shutil.rmtree(clone / ".venv")
