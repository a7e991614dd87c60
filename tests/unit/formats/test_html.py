"""The page of a grid: what files and models are called is text in it, never HTML."""

from __future__ import annotations

from kaito_pack.cli.results import Grid
from kaito_pack.grid import Cell, Row
from tests.unit.formats.cases import HOSTILE, RAW, shown


def test_a_row_is_a_row_of_the_page() -> None:
    page = shown("html", Grid([], [Row("a.yaml", "tiny", "acme/tiny", ())]))
    assert page.startswith("<!doctype html>")
    assert "acme/tiny" in page


def test_names_cannot_add_elements_or_control_characters() -> None:
    page = shown("html", Grid([], [Row(HOSTILE, HOSTILE, HOSTILE, ())]))
    assert "</failure>" not in page
    assert [character for character in page if character in RAW] == []


def test_no_text_reaches_the_script_of_the_page() -> None:
    """The script has no data: it reads the cells of the table as text."""
    hostile = f"</td></script><script>alert(1)</script><img src=x onerror=alert(1)>{{{{ 7 * 7 }}}}{HOSTILE}"
    cells = (Cell(hostile, "refused", reasons=(hostile,)), Cell(hostile, "accepted", True, image_knows=False))
    page = shown("html", Grid([hostile, hostile], [Row(hostile, hostile, hostile, cells)]))
    empty = shown("html", Grid([], []))
    assert page.count("<script") == page.count("</script") == 1
    assert page.partition("<script>")[2] == empty.partition("<script>")[2]
    assert "<img" not in page and "{{ 7 * 7 }}" in page
    assert [character for character in page if character in RAW] == []
