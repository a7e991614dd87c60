"""The table of limits is made from the constants, and each is defined once."""

from __future__ import annotations

import ast
import re

from scripts.limits import LIMITS, limits_table, size
from tests.conftest import ROOT

NAME = re.compile(r"(?:MOST|LARGEST|LONGEST|DEEPEST|SECONDS|MEMORY)(?:_[A-Z]+)*")


def test_each_limit_is_a_constant_of_the_module_that_is_named() -> None:
    for limits in LIMITS.values():
        for limit in limits:
            module, _, name = limit.constant.partition(":")
            folder = ROOT / "kaito_pack" / module.replace(".", "/")
            file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
            assert name in assigned(file.read_text(encoding="utf-8")), limit.constant
            assert limit.value > 0


def test_no_two_modules_define_one_limit() -> None:
    places: dict[tuple[str, str], list[str]] = {}
    for file in sorted((ROOT / "kaito_pack").rglob("*.py")):
        for name, value in assigned(file.read_text(encoding="utf-8")).items():
            places.setdefault((name, value), []).append(file.name)
    assert [files for files in places.values() if len(files) > 1] == []


def assigned(text: str) -> dict[str, str]:
    """The limits that a module assigns, with the code of their values."""
    return {
        target.id: ast.unparse(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and NAME.fullmatch(target.id)
    }


def test_the_table_has_a_row_for_each_limit() -> None:
    rows = limits_table().splitlines()[2:]
    assert len(rows) == sum(map(len, LIMITS.values()))
    assert any("| 16 MiB |" in row for row in rows)


def test_sizes_are_in_the_largest_unit_that_divides_them() -> None:
    assert [size(number) for number in (1 << 30, 64 << 10, 100)] == ["1 GiB", "64 KiB", "100 B"]
