"""The arithmetic of the benchmark: medians, the growth of a command, and regressions since a release.

This module imports nothing heavy, because a child's peak memory is never below that of its parent process.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

MARGIN = 0.15  # allowed increase of a ratio since the last release; a busy machine changes it by less
STEEPEST = 1.05  # largest exponent of growth that counts as linear


class Cost(NamedTuple):
    """The cost of one run: seconds, CPU seconds of all its processes, MiB of its largest process."""

    wall: float
    cpu: float
    memory: float


class Figure(NamedTuple):
    """One row of the table: a point of the goals, the measured item, and the ratio with its goal.

    `value` is a ratio, an exponent or, for the form, milliseconds; `goal` is None if there is none.
    """

    point: int
    what: str
    value: float
    goal: float | None
    detail: str = ""

    @property
    def is_missed(self) -> bool:
        """Whether the goal is missed."""
        return self.goal is not None and self.value > self.goal


def median(values: Sequence[float]) -> float:
    """Return the middle of `values`, the upper one of two."""
    return sorted(values)[len(values) // 2]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of `values` that `share` of them (0 to 1) do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * share) - 1)]


def exponent(costs: Mapping[int, float], start: float) -> float:
    """Return the exponent of growth: the slope of least squares through the logarithms of size and cost.

    `start` is the constant cost of starting, which each cost includes. The logarithm of a cost just above it
    is meaningless, so sizes that add less than a fifth of it are left out. Raises ValueError if fewer than
    two sizes remain.
    """
    points = [
        (math.log(size), math.log(cost - start)) for size, cost in costs.items() if cost - start > 0.2 * start
    ]
    if len({size for size, _ in points}) < 2:
        raise ValueError("fewer than two sizes cost more than the start. Measure larger ones")
    mean_size = sum(size for size, _ in points) / len(points)
    mean_cost = sum(cost for _, cost in points) / len(points)
    covariance = sum((size - mean_size) * (cost - mean_cost) for size, cost in points)
    return covariance / sum((size - mean_size) ** 2 for size, _ in points)


def worse(figures: Sequence[Figure], before: Mapping[str, float], margin: float = MARGIN) -> list[str]:
    """Return a line for each figure that is above that of the last release by more than `margin`."""
    return [
        f"{figure.what}: {figure.value:.3f}, {figure.value / known - 1:.0%} above {known:.3f}"
        for figure in figures
        if (known := before.get(figure.what)) and figure.value > known * (1 + margin)
    ]


def unmeasured(figures: Sequence[Figure], before: Mapping[str, float]) -> list[str]:
    """Return the names in `before` without a figure."""
    return sorted(set(before) - {figure.what for figure in figures})


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table; missed goals are in bold."""
    rows = [("point", "what", "measured", "goal", "details"), ("---:", "---", "---:", "---:", "---")]
    for figure in figures:
        value = f"**{figure.value:.3f}**" if figure.is_missed else f"{figure.value:.3f}"
        goal = "" if figure.goal is None else f"{figure.goal:g}"
        rows.append((str(figure.point), figure.what.replace("|", r"\|"), value, goal, figure.detail))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
