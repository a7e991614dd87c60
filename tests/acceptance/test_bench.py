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
