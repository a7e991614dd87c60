"""Everything that `make generate` writes is committed as it would be written now."""

from __future__ import annotations

from kaito_pack.pack import Pack
from scripts import generate
from tests import golden
from tests.conftest import ROOT


def test_what_is_generated_is_up_to_date() -> None:
    outputs = generate.outputs(Pack())
    assert len(outputs) > len(list((ROOT / "values" / "rendered").iterdir()))
    for file, text in outputs.items():
        golden.check(file, text)


def test_each_rendering_has_its_example() -> None:
    renderings = {file.name for file in (ROOT / "values" / "rendered").iterdir()}
    assert renderings - {file.name for file in (ROOT / "values").glob("*.yaml")} == set()
