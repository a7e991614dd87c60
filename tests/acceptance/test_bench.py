"""The benchmark runs, and the chart it compares with gives the same manifests as the pack."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_benchmark_prints_a_row_for_each_contestant(tool: Callable[[str], str]) -> None:
    for name in ("helm", "kubeconform"):
        tool(name)
    command = [sys.executable, str(ROOT / "bench" / "bench.py"), "--files", "1", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ")[2] for line in done.stdout.splitlines()]
    assert rows == ["what", "---", "ours", "ours --out", r"helm \| kubeconform", "the same, DEEP"]


def test_the_benchmark_measures_every_point(tool: Callable[[str], str]) -> None:
    for name in ("helm", "kubeconform"):
        tool(name)
    command = [
        sys.executable,
        str(ROOT / "bench" / "points.py"),
        "--size",
        "tiny",
        "--points",
        "1",
        "3",
        "4",
        "5",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    points = [line.split(" | ")[0].strip("| ") for line in done.stdout.splitlines()[2:]]
    assert points == ["1"] * 5 + ["3"] * 3 + ["4"] * 5 + ["5"] * 2
