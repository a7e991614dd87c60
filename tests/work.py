"""Count what a call does: the count is the same on every machine, however busy it is.

`bench/` measures seconds, as ratios of two commands in one run; no test compares a clock.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

GROWTH = 2.2  # at most, of the count, for twice the input
FEW = 2  # items of an input that is hardly one
_SLACK = 500  # calls that do not depend on the input


def calls(action: Callable[[], object]) -> int:
    """Return how many functions `action` calls, those written in Python and those written in C."""
    count = 0

    def tick(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    outer = sys.getprofile()
    sys.setprofile(tick)
    try:
        action()
    finally:
        sys.setprofile(outer)
    return count


def steps(action: Callable[[], object]) -> int:
    """Return how many lines of Python `action` runs, those of a loop each time, and how many calls."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += 1
        return trace

    re.purge()  # else the cost of compiling a pattern would depend on what ran before
    outer = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(outer)
    return count


def check_added(action: Callable[[int], Callable[[], object]], size: int) -> None:
    """Fail if twice as many items take more than 2.2 times the steps that the items themselves take."""
    action(FEW)()  # imports and files of caches are paid for once
    base, first, second = (steps(action(count)) for count in (FEW, size, 2 * size))
    limit = GROWTH * (first - base) + _SLACK
    assert second - base <= limit, f"{FEW} items: {base} steps; {size}: {first}; {2 * size}: {second}"


def check_growth(action: Callable[[int], Callable[[], object]], size: int) -> None:
    """Fail if twice the input takes more than 2.2 times the calls; `action(size)` prepares one run."""
    action(size)()  # imports and caches are paid for once
    first, second = calls(action(size)), calls(action(2 * size))
    assert second <= GROWTH * first + _SLACK, f"size {size}: {first} calls; size {2 * size}: {second} calls"
