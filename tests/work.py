"""Count what a call does: the count is the same on every machine, however busy it is.

`bench/` measures seconds, as ratios of two commands in one run; no test compares a clock.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

GROWTH = 2.3  # at most, of the count, for twice the input
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


def check_growth(action: Callable[[int], Callable[[], object]], size: int, base: bool = False) -> None:
    """Fail if twice the input takes more than 2.3 times the calls; `action(size)` prepares one run.

    With `base`, the calls of `action(0)` do not count: a costly start would hide how the rest grows.
    """
    action(size)()  # imports and caches are paid for once
    start = calls(action(0)) if base else 0
    first, second = calls(action(size)) - start, calls(action(2 * size)) - start
    assert second <= GROWTH * first + _SLACK, f"size {size}: {first} calls; size {2 * size}: {second} calls"
