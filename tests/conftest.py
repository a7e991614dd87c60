"""What tests share: the facts beside the project, real tools, the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".hypothesis"))
# Time is bench's matter; on a busy machine a deadline fails what is right.
# The same examples every time: what has passed passes again. `make fuzz` looks for new ones.
settings.register_profile("pack", deadline=None, derandomize="FUZZ_EXAMPLES" not in os.environ)
settings.load_profile("pack")


@pytest.fixture(scope="session")
def facts() -> Path:
    """The folder of recorded facts; tests that need it are skipped where it is not given."""
    folder = os.environ.get("KAITO_FACTS")
    if not folder:
        pytest.skip("KAITO_FACTS is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """The path of a real tool; skips where it is missing, fails under REQUIRE_TOOLS=1."""

    def find(name: str) -> str:
        local = ROOT / ".tools" / "bin" / name
        found = str(local) if local.exists() else shutil.which(name)
        if found is None:
            message = f"{name} is not installed; `make test-tools` gets it"
            if os.environ.get("REQUIRE_TOOLS") == "1":
                pytest.fail(message)
            pytest.skip(message)
        return found

    return find


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs render.py in an empty folder: arguments in, exit code, stdout and stderr out."""

    def run_render(
        *arguments: str, stdin: str = "", env: dict[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "render.py"), *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=cwd or tmp_path,
            env={**os.environ, **(env or {})},
            timeout=60,
            check=False,
        )

    return run_render
