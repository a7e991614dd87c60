"""The arithmetic of the benchmark: the fit of growth, and the comparison with the last release."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from tests.conftest import ROOT

_spec = importlib.util.spec_from_file_location("bench_figures", ROOT / "bench" / "figures.py")
assert _spec is not None and _spec.loader is not None
figures = importlib.util.module_from_spec(_spec)
sys.modules["bench_figures"] = figures
_spec.loader.exec_module(figures)
Figure = figures.Figure


@pytest.mark.parametrize("power", [0.9, 1.0, 1.5, 2.0])
def test_the_exponent_is_that_of_the_work_above_the_start(power: float) -> None:
    costs = {size: 0.1 + 0.01 * size**power for size in (10, 100, 1000, 10000)}
    assert figures.exponent(costs, 0.1) == pytest.approx(power)


def test_sizes_that_cost_hardly_more_than_the_start_do_not_count() -> None:
    costs = {1: 0.1, 10: 0.101, 100: 0.2, 1000: 1.1}
    assert figures.exponent(costs, 0.1) == pytest.approx(1.0)


def test_an_exponent_needs_two_sizes() -> None:
    with pytest.raises(ValueError, match="Measure larger ones"):
        figures.exponent({1: 0.1, 10: 0.1, 100: 0.2}, 0.1)


def test_a_ratio_got_worse_if_it_is_above_the_margin() -> None:
    measured = [Figure(1, "a", 1.14, None), Figure(1, "b", 1.16, None), Figure(1, "new", 9.0, None)]
    assert figures.worse(measured, {"a": 1.0, "b": 1.0}, 0.15) == ["b: 1.160, 16% above 1.000"]


def test_a_figure_of_the_last_release_that_was_not_measured_is_named() -> None:
    assert figures.unmeasured([Figure(1, "a", 1.0, None)], {"a": 1.0, "b": 1.0}) == ["b"]


def test_the_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(1, 101)]
    assert (figures.percentile(values, 0.95), figures.percentile([7.0], 0.95)) == (95.0, 7.0)


def test_the_table_shows_a_missed_goal_in_bold() -> None:
    rows = figures.table([Figure(1, "a | b", 1.5, 1.25, "x"), Figure(2, "c", 1.0, None)]).splitlines()
    assert rows[2:] == ["| 1 | a \\| b | **1.500** | 1.25 | x |", "| 2 | c | 1.000 |  |  |"]
