"""The tiers: what each run selects, that the two of CI leave nothing out, and what a failure says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, TOOL_TARGETS, installer

TOOLS = ("helm", "kubeconform", "kustomize", "pre-commit", "chromium", "playwright", "axe-core", "promtool")
SAMPLE = """
import pytest
from hypothesis import given, strategies as st
from tests import golden, tiers
from tests.conftest import ROOT, missing

drawn = []

@tiers.often(400)
@given(st.integers())
def test_property(number):
    drawn.append(number)

def test_examples():
    print("examples:", len(drawn))

@pytest.mark.full
def test_full(): pass

def test_with_a_tool(tool): pass

@pytest.mark.recorded
def test_recorded(): pass

def test_missing(): missing("helm")

def test_root(): pytest.skip("only root makes files of root")

@pytest.mark.xfail(reason="known", strict=True)
def test_xfail(): assert False

def test_golden():
    golden.check(ROOT / "values" / "rendered" / "llama.yaml", "kind: Workspace\\n")
"""


def run_sample(folder: Path, *options: str, **variables: str) -> tuple[dict[str, str], str]:
    """Run SAMPLE; return the outcome of each test, and the output."""
    file = folder / "test_sample.py"
    file.write_text(SAMPLE, encoding="utf-8")
    outer = ("REQUIRE_TOOLS", "KAITO_FACTS", "PYTEST_ADDOPTS")
    environment = {key: value for key, value in os.environ.items() if key not in outer}
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-v", "-rA"]
    alone = ["--rootdir", str(folder), "-c", os.devnull, "--import-mode=importlib", str(file)]
    done = subprocess.run(
        [*command, *options, *alone],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=environment | variables,
        check=False,
        timeout=120,
    )
    outcomes = re.findall(r"::test_(\w+) (PASSED|FAILED|SKIPPED|XFAIL|ERROR)", done.stdout)
    return dict(outcomes), done.stdout


def test_the_quick_run_leaves_the_full_tier_out(tmp_path: Path) -> None:
    outcomes, output = run_sample(tmp_path)
    assert outcomes == {
        "property": "PASSED",
        "examples": "PASSED",
        "missing": "SKIPPED",
        "root": "SKIPPED",
        "xfail": "XFAIL",
        "golden": "FAILED",
    }
    assert "3 deselected" in output
    assert "examples: 33\n" in output


@pytest.mark.full
def test_the_full_run_has_all_and_draws_all_examples(tmp_path: Path) -> None:
    outcomes, output = run_sample(tmp_path, "--full")
    assert outcomes["full"] == outcomes["with_a_tool"] == "PASSED"
    assert outcomes["recorded"] == "SKIPPED"
    assert "examples: 400\n" in output


@pytest.mark.full
def test_a_required_tool_that_is_missing_fails_and_names_its_target(tmp_path: Path) -> None:
    outcomes, output = run_sample(tmp_path, "--full", REQUIRE_TOOLS="1")
    assert outcomes["missing"] == "FAILED"
    assert "helm is not installed; `make bench-tools` installs it" in output
    assert (outcomes["root"], outcomes["recorded"], outcomes["xfail"]) == ("SKIPPED", "SKIPPED", "XFAIL")


def test_a_golden_that_differs_shows_a_diff_and_the_command(tmp_path: Path) -> None:
    _, output = run_sample(tmp_path, "-k", "golden")
    assert "--- values/rendered/llama.yaml (committed)" in output
    assert "\n-apiVersion: kaito.sh/v1beta1\n kind: Workspace\n" in output
    assert "run `make generate`" in output


@pytest.mark.full
def test_a_choice_of_full_tests_alone_says_where_they_run(tmp_path: Path) -> None:
    _, output = run_sample(tmp_path, "-k", "test_full or test_with_a_tool")
    assert "run them with `make test-all`" in output


@pytest.mark.full
def test_the_times_of_a_run_are_written_down(tmp_path: Path) -> None:
    for _ in range(2):
        run_sample(tmp_path, "-k", "test_property or test_root", "--times", str(tmp_path / "times.txt"))
    lines = (tmp_path / "times.txt").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if ": 1 passed, 1 skipped; " in line]) == 2
    assert len([line for line in lines if "::test_property" in line]) == 2


@pytest.mark.parametrize("tool", TOOLS)
def test_each_tool_is_installed_by_a_target(tool: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (target,) = re.findall(r"`make ([a-z-]+)` installs it", installer(tool))
    assert target in TOOL_TARGETS
    assert f"\n{target}:" in makefile


def collected(*options: str) -> set[str]:
    """The ids of the tests that a run selects."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-o",
        "addopts=--import-mode=importlib",
        "-q",
        "--collect-only",
    ]
    done = subprocess.run(
        [*command, *options], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout[-2000:]
    return {line for line in done.stdout.splitlines() if "::" in line}


@pytest.mark.full
def test_the_two_runs_of_ci_leave_no_test_out() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    pattern = r"""^(?:\w+=\S+ )*make ([a-z-]+)(?: PYTEST="-n auto -m '(.*)'")?$"""
    commands = re.findall(pattern, script, re.MULTILINE)
    assert commands[0] == ("test", "")
    assert {"lint", "verify", "docs", "test-tools"} <= {target for target, _ in commands}
    ((_, selected),) = (command for command in commands if command[0] == "test-all")
    quick, rest, everything = collected(), collected("--full", "-m", selected), collected("--full")
    assert quick and quick < everything
    assert quick | rest == everything
