"""What tests share: the facts beside the project, real tools, the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings

from tests.command import run_here, run_process

ROOT = Path(__file__).resolve().parent.parent
# Values as short as they can be: of a model that no catalogue has, and of one that is known.
TINY = "name: tiny\nmodelSource: vllm\nmodelId: acme/tiny\n"
PHI = "name: phi\nmodelSource: vllm\nmodelId: microsoft/Phi-4-mini-instruct\n"

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


def missing(what: str) -> NoReturn:
    """Skip for want of a tool, or fail under REQUIRE_TOOLS=1."""
    message = f"{what} is not installed; `make test-tools` gets it"
    if os.environ.get("REQUIRE_TOOLS") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """The path of a real tool; skips where it is missing, fails under REQUIRE_TOOLS=1."""

    def find(name: str) -> str:
        local = ROOT / ".tools" / "bin" / name
        found = str(local) if local.exists() else shutil.which(name)
        return found or missing(name)

    return find


@pytest.fixture(scope="session")
def browser(tool: Callable[[str], str]) -> Iterator[Any]:
    """Debian's chromium, driven by playwright: one for all tests of a process."""
    chromium = tool("chromium")
    if find_spec("playwright") is None:
        missing("playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield started
        started.close()


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the command line in an empty folder: arguments in, exit code, stdout and stderr out."""
    return partial(run_here, cwd=tmp_path)


@pytest.fixture
def process(tmp_path: Path) -> Run:
    """Does what `run` does in a process of its own, for what only a process has."""
    return partial(run_process, cwd=tmp_path)
