"""No test compares a clock: work is counted (tests/work.py), and seconds are measured in bench/ alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import work
from tests.conftest import ROOT
from tests.suite.clocks import clocks

HERE = Path(__file__).resolve().parent


def test_no_test_reads_a_clock_and_no_timeout_is_short() -> None:
    files = [file for file in sorted((ROOT / "tests").rglob("*.py")) if file.parent != HERE]
    assert len(files) > 80
    uses = [
        f"{file.relative_to(ROOT)}:{line}: {message}"
        for file in files
        for line, message in clocks(file.read_text(encoding="utf-8"))
    ]
    assert not uses, "\n".join(uses)


@pytest.mark.parametrize(
    "source",
    [
        "start = time.monotonic()",
        "from time import perf_counter as now",
        "usage = resource.getrusage(resource.RUSAGE_CHILDREN)",
        "begun = datetime.datetime.now()",
        "assert seconds < 6",
        "assert usage.ru_utime <= 1",
        "assert 0 < run.elapsed < limit",
        "subprocess.run(command, timeout=20)",
        "process.wait(20)",
        "settings(deadline=200)",
        "CHILD = '''import time\nprint(time.perf_counter())'''",
        "page.evaluate('performance.now()')",
    ],
)
def test_a_clock_is_found(source: str) -> None:
    assert len(clocks(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "time.sleep(0.1)",
        '"""Not time.monotonic()."""',
        "def f():\n    'No perf_counter.'",
        "subprocess.run(command, timeout=60)",
        "settings(deadline=None)",
        "process.wait()",
        "assert second == first",
        "assert seconds_until_restart(probe) == seconds",
        "assert today.kind == 'Job'",
    ],
)
def test_what_is_no_clock_passes(source: str) -> None:
    assert clocks(source) == []


def test_work_that_grows_with_the_square_of_the_input_is_found() -> None:
    def quadratic(size: int) -> list[int]:
        return [abs(first * second) for first in range(size) for second in range(size)]

    def linear(size: int) -> list[int]:
        return [abs(number) for number in range(size)]

    work.check_growth(lambda size: lambda: linear(size), 1000)
    with pytest.raises(AssertionError, match="size 100: "):
        work.check_growth(lambda size: lambda: quadratic(size), 100)
    assert work.calls(lambda: linear(1000)) == work.calls(lambda: linear(1000))
