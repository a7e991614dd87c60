"""The README's two commands in a fresh clone of HEAD, offline from wheels that this run keeps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if os.environ.get("KAITO_PACK_INNER_RUN"):
        pytest.skip("this is the inner run")
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout")
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
    outer = ("KAITO_FACTS", "MAKEFLAGS", "MAKELEVEL")
    inherited = {key: value for key, value in os.environ.items() if key not in outer}
    return inherited | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "KAITO_PACK_INNER_RUN": "1"}


def test_make_render_prints_the_manifest_alone(clone: Path, offline: dict[str, str]) -> None:
    command = ["make", "render", "VALUES=llama.yaml"]
    done = subprocess.run(
        command, cwd=clone, env=offline, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == (ROOT / "values" / "rendered" / "llama.yaml").read_text(encoding="utf-8")
    again = subprocess.run(
        command, cwd=clone, env=offline, capture_output=True, text=True, check=False, timeout=60
    )
    assert (again.stdout, again.stderr) == (done.stdout, "")


def test_make_test_passes(clone: Path, offline: dict[str, str]) -> None:
    """Without the outer run's facts and tools; their tests skip with a reason."""
    command = ["make", "test", "PYTEST=-x -n 2 -p no:cacheprovider"]
    environment = {key: value for key, value in offline.items() if key != "REQUIRE_TOOLS"}
    done = subprocess.run(
        command, cwd=clone, env=environment, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " passed" in done.stdout
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True
    )
    assert status.stdout == "", "a run leaves the checkout as it was"
