"""`validate values.yaml` and `render values.yaml` always exit alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from kaito_pack.cli.main import main
from tests.conftest import ROOT
from tests.tiers import mostly_full

FILES = sorted(
    file
    for folder in ("values", "tests/invalid")
    for file in (ROOT / folder).glob("*.yaml")
    if "kind: Fleet" not in file.read_text(encoding="utf-8")  # render takes fleets by an option of its own
)


def exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@pytest.mark.parametrize("kaito", mostly_full(["0.12", "0.6"], 1))
def test_validate_and_render_exit_alike(file: Path, kaito: str) -> None:
    options = ["--kaito-version", kaito]
    assert exit_code("validate", str(file), *options) == exit_code("render", str(file), *options)
