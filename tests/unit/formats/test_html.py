"""The page of a grid: what files and models are called is text in it, never HTML."""

from __future__ import annotations

from kaito_pack.cli.results import Grid
from kaito_pack.grid import Row
from tests.unit.formats.cases import HOSTILE, RAW, shown


def test_a_row_is_a_row_of_the_page() -> None:
    page = shown("html", Grid([], [Row("a.yaml", "tiny", "acme/tiny", ())]))
    assert page.startswith("<!doctype html>")
    assert "acme/tiny" in page


def test_names_cannot_add_elements_or_control_characters() -> None:
    page = shown("html", Grid([], [Row(HOSTILE, HOSTILE, HOSTILE, ())]))
    assert "</failure>" not in page
    assert [character for character in page if character in RAW] == []
