"""What tests share: the tiers, the facts beside the project, real tools, the command line."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Generator, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from kaito_pack.pack import Pack
from tests import tiers
from tests.command import run_here, run_process
from tests.times import Times

ROOT = Path(__file__).resolve().parent.parent
# Values as short as they can be: of a model that no catalogue has, and of one that is known.
TINY = "name: tiny\nmodelSource: vllm\nmodelId: acme/tiny\n"
PHI = "name: phi\nmodelSource: vllm\nmodelId: microsoft/Phi-4-mini-instruct\n"

MODES = ("huggingface", "premade", "preset", "vllm")  # what `four_modes` leaves
TOOL_TARGETS = ("bench-tools", "test-tools")  # make targets, and the scripts that they run

# Tests read hundreds of files, and libyaml reads them nine times as fast. The program has its own readers.
yaml.safe_load, yaml.safe_load_all = (
    partial(load, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) for load in (yaml.load, yaml.load_all)
)

os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".hypothesis"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that the make targets of the tiers use."""
    group = parser.getgroup("tiers")
    group.addoption("--full", action="store_true", help="run the full tier as well, as make test-all does")
    group.addoption("--fuzz", action="store_true", help="draw new examples, as make fuzz does")
    group.addoption("--times", metavar="FILE", help="append the totals and the slowest tests to FILE")


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than cores, as some tests wait for a terminal, a socket or a time limit."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + 1


def pytest_configure(config: pytest.Config) -> None:
    """Choose the tier; report the times from the one process that sees all tests."""
    tiers.choose(config)
    # A shell ignores Ctrl-C for its background jobs, and every process that a test starts inherits that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    file = config.getoption("times")
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Times(Path(file), " ".join(config.invocation_params.args)))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests of the full tier, and leave them out unless --full asks for them."""
    for item in items:
        tiers.mark(item)
    left_out = [item for item in items if tiers.is_left_out(item)]
    if left_out:
        items[:] = [item for item in items if not tiers.is_left_out(item)]
        config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Refuse skips under REQUIRE_TOOLS=1."""
    report = yield
    tiers.require(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse skipped modules under REQUIRE_TOOLS=1."""
    report = yield
    tiers.require(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say where the tests are if everything that was asked for is of the full tier."""
    stats = terminalreporter.stats
    nothing_ran = not set(stats) & {"passed", "failed", "error", "skipped"}
    if stats.get("deselected") and nothing_ran and not config.getoption("full"):
        terminalreporter.write_line(tiers.HINT)


@pytest.fixture(scope="session")
def facts() -> Path:
    """The folder of recorded facts; tests that need it are skipped if it is not given."""
    if not tiers.RECORDED:
        pytest.skip(tiers.NOT_RECORDED)
    return Path(tiers.RECORDED)


def missing(what: str) -> NoReturn:
    """Skip a test whose tool is missing, and name the target that installs it."""
    pytest.skip(f"{what} is not installed; {installer(what)}")


def installer(tool: str) -> str:
    """Return how to install a tool: the first target of TOOL_TARGETS whose script names it."""
    for target in TOOL_TARGETS:
        script = (ROOT / "scripts" / target).read_text(encoding="utf-8")
        if re.search(rf"\b{re.escape(Path(tool).name)}\b", script, re.IGNORECASE):
            return f"`make {target}` installs it"
    return "install it with your package manager"


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """The path of a real tool; skips if it is missing, fails under REQUIRE_TOOLS=1."""

    def find(name: str) -> str:
        local = ROOT / ".tools" / "bin" / name
        result = str(local) if local.exists() else shutil.which(name)
        return result or missing(name)

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


@pytest.fixture
def four_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide what templates/ has beside MODES: for tests of the choice between certain modes."""
    added = {file.parent.name for file in (ROOT / "templates").glob("*/mode.yaml")} - set(MODES)
    names = Pack.mode_names.func  # type: ignore[attr-defined]  # a cached property
    few = property(lambda pack: tuple(name for name in names(pack) if name not in added))
    monkeypatch.setattr(Pack, "mode_names", few)


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the command line in an empty folder: arguments in, exit code, stdout and stderr out."""
    return partial(run_here, cwd=tmp_path)


@pytest.fixture
def process(tmp_path: Path) -> Run:
    """Does what `run` does in a process of its own, for what only a process has."""
    return partial(run_process, cwd=tmp_path)
