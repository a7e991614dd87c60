"""Quantities are read and printed as the API server does."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from kaito_pack.kubernetes.decoding import quantity


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("0.5", "500m"),
        (0.5, "500m"),
        (2, "2"),
        (2.0, "2"),
        (3000, "3k"),
        ("1536Mi", "1536Mi"),
        ("3072Mi", "3Gi"),
        ("0.75Gi", "768Mi"),
        ("1000Ki", "1000Ki"),
        ("2000M", "2G"),
    ],
)
def test_a_quantity_is_printed_in_canonical_form(written: str | float, printed: str) -> None:
    assert quantity.canonical(written) == printed


@pytest.mark.parametrize("written", ["0009", "98765.432", "7.", "+3", "2E6"])
def test_what_the_cheap_test_takes_for_canonical_stays_as_written(written: str) -> None:
    assert quantity.canonical(written) == written


@pytest.mark.parametrize("written", ["k", "Gi", ".", "+", "-", "000", "0.000", "Ti"])
def test_a_quantity_without_a_number_is_zero_where_it_is_small_enough_to_be_counted(written: str) -> None:
    assert quantity.canonical(written) == "0"


@pytest.mark.parametrize("written", ["Ei", "Pi", ".e-12"])
def test_a_quantity_without_a_number_is_refused_where_it_is_not(written: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        quantity.parse(written)


@pytest.mark.parametrize(
    "written",
    ["", " ", "3GB", "3gi", "3 Gi", "1e", "1e3m", "3Mi3", "0x3", "3\n", "\t3", "三", "3²", "1_000"],
)
def test_a_text_that_is_no_quantity_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        quantity.parse(written)


@pytest.mark.parametrize("written", [True, [], {}, ["1"], float("nan"), float("inf")])
def test_what_is_neither_text_nor_number_is_refused(written: object) -> None:
    with pytest.raises(ValueError):
        quantity.parse(written)


def test_spaces_around_a_quantity_do_not_count() -> None:
    assert quantity.canonical(" 3Gi\u00a0") == "3Gi"


def test_less_than_a_nano_is_rounded_up() -> None:
    assert quantity.value_of("0.0000000004") == Fraction(1, 10**9)


def test_a_binary_quantity_is_cut_at_the_largest_number_of_64_bits() -> None:
    assert quantity.value_of("16Ei") == 2**63 - 1


def test_amounts_are_exact() -> None:
    assert quantity.value_of("1.1Gi") == Fraction(11 * 2**30, 10)
    assert quantity.value_of("100m") == Fraction(1, 10)


@pytest.mark.parametrize(
    "written", ["1e1000000000", "1e-1000000000", "9" * 1000, "9" * 30 + "e999999", 10**400]
)
def test_a_huge_exponent_costs_nothing(written: str | int) -> None:
    try:
        assert quantity.value_of(written) >= 0
    except ValueError as wrong:
        assert str(wrong)


def test_recorded_quantities_agree(facts: Path) -> None:
    rows = json.loads((facts / "quantities.json").read_text(encoding="utf-8"))
    assert rows
    for row in rows:
        try:
            printed = quantity.canonical(row["input"])
        except ValueError:
            printed = None
        assert printed == row["canonical"], row["input"]
