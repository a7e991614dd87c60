"""`pytest --times FILE`: append what a run took to FILE, so that a suite that grows shows itself.

The seconds are those that pytest reports for each phase of a test. They are written down, never compared.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

SLOWEST = 20


class Times:
    """The plugin that sums up one run."""

    def __init__(self, file: Path, title: str) -> None:
        self._file, self._title = file, title
        self._seconds: dict[str, float] = defaultdict(float)
        self._outcomes: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one phase of a test: setup, call or teardown."""
        self._seconds[report.nodeid] += report.duration
        if report.when == "call" or not report.passed:
            self._outcomes[report.outcome] += 1

    def pytest_sessionfinish(self) -> None:
        """Append the totals and the slowest tests to the file."""
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(self.summary())

    def summary(self) -> str:
        """Return the totals and the slowest tests as lines of text."""
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self._outcomes.items()))
        total = f"{sum(self._seconds.values()):.0f} s in all processes"
        slowest = sorted(self._seconds.items(), key=lambda each: -each[1])[:SLOWEST]
        lines = [f"{seconds:8.2f} s  {name}" for name, seconds in slowest]
        return "\n".join([f"{self._title}: {counts or 'no test'}; {total}. The slowest:", *lines, "", ""])
