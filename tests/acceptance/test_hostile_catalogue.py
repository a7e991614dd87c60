"""A catalogue of a stranger: its texts are shown safely, its figures end well, its size is bounded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.test_any_value import CATALOGUE, VALUES, changed, written
from tests.conftest import Run

MODEL = "microsoft/Phi-4-mini-instruct"
HOSTILE = "a\x1b[31m\u202e\x85\n::error::|`</script><script>alert(1)</script>{{ 7 * 7 }}"
RAW = ("\x1b", "\u202e", "\x85", "\n::error::|")
GRID = ("grid", "values.yaml", "--instance-types", "--cloud", "azure", "--catalogue", "catalogue.yaml")
COMMANDS = [
    ("models", "list", "--catalogue", "catalogue.yaml"),
    ("models", "list", "--catalogue", "catalogue.yaml", "-o", "json"),
    ("models", "show", MODEL, "--catalogue", "catalogue.yaml"),
    ("models", "show", MODEL, "--catalogue", "catalogue.yaml", "-o", "json"),
    *((*GRID, "-o", form) for form in ("text", "html", "json", "markdown")),
    ("grid", "values.yaml", "--catalogue", "catalogue.yaml"),
    ("validate", "values.yaml", "--catalogue", "catalogue.yaml"),
    ("explain", "values.yaml", "fit", "--catalogue", "catalogue.yaml"),
]
FIELDS = {
    "modelId": HOSTILE,
    "license": HOSTILE,
    "architectures": [HOSTILE],
    "quantization": HOSTILE,
    "task": HOSTILE,
    "gated": HOSTILE,
    "revision": HOSTILE,
    HOSTILE: 1,
}
NUMBERS = (0, -1, 1e-320, 1e308, 10**400, float("inf"), 2**63)
FIGURES = ("weightsGiB", "maxTokens", "layers", "attentionHeads", "kvHeads", "hiddenSize")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    values = {name: VALUES[name] for name in ("name", "modelSource")} | {"modelId": MODEL}
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values), "utf-8")
    return tmp_path


def runs_well(run: Run, folder: Path, catalogue: Any) -> None:
    (folder / "catalogue.yaml").write_text(written(catalogue), "utf-8")
    for words in COMMANDS:
        done = run(*words)
        printed = done.stdout + done.stderr
        assert done.returncode in (0, 1, 2), (words, printed)
        assert "Traceback" not in printed, (words, printed)
        assert [text for text in RAW if text in printed] == [], words
        assert "html" not in words or "<script>alert" not in done.stdout
        assert len(printed) < 200_000, words


@pytest.mark.parametrize("field", FIELDS)
def test_its_texts_are_shown_safely(run: Run, folder: Path, field: str) -> None:
    runs_well(run, folder, changed(CATALOGUE, ("models", 0, field), FIELDS[field]))


@pytest.mark.parametrize("field", [FIGURES[0], pytest.param(FIGURES[1:], marks=pytest.mark.full)])
def test_its_figures_end_well(run: Run, folder: Path, field: str | tuple[str, ...]) -> None:
    for name in [field] if isinstance(field, str) else field:
        for number in NUMBERS:
            runs_well(run, folder, changed(CATALOGUE, ("models", 0, name), number))


@pytest.mark.full
def test_a_long_name_does_not_make_every_row_long(run: Run, folder: Path) -> None:
    models = [{**CATALOGUE["models"][0], "modelId": f"acme/m{number}"} for number in range(200)]
    models.append({**CATALOGUE["models"][0], "modelId": "acme/" + "x" * 100_000, "license": "y" * 100_000})
    (folder / "catalogue.yaml").write_text(json.dumps({**CATALOGUE, "models": models}), "utf-8")
    done = run("models", "list", "--catalogue", "catalogue.yaml")
    assert len(done.stdout + done.stderr) < 500_000
