"""A journey by keyboard alone for each mode, on whose page axe-core finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kaito_pack.pack import Pack
from tests.browser.axe import axe, with_axe
from tests.browser.form import GGUF, MISTRAL, Form
from tests.browser.keyboard import Keyboard
from tests.conftest import MODES, Run

PACK = Pack()
FIRST_MODE = PACK.mode(PACK.mode_names[0]).facts["title"]


def vllm(keys: Keyboard) -> dict[str, Any]:
    keys.type("Model id", MISTRAL)
    keys.type("Name", "by-keys")
    keys.choose("1", "2")
    keys.open_advanced()
    keys.type("Max Model Length (optional)", "4096")
    keys.choose("Fixed", "Autoscaled")
    keys.type("Maximum replicas", "3")
    keys.type("Prometheus address", "http://prometheus:9090")
    return {"resources": {"gpu": 2}, "maxModelLen": 4096, "workload": "InferenceSet"}


def huggingface(keys: Keyboard) -> dict[str, Any]:
    keys.type("Model id", GGUF)
    keys.type("GGUF file", "Qwen3-4B-Q4_K_M.gguf")
    keys.type("Name", "by-keys")
    keys.choose("cpu", "gpu")
    return {"modelId": GGUF, "computeType": "gpu"}


def premade(keys: Keyboard) -> dict[str, Any]:
    keys.choose(FIRST_MODE, "Premade AIKit image")
    keys.choose("llama3.2:1b", "llama3.3:70b")
    keys.type("Name", "by-keys")
    keys.open_advanced()
    keys.choose("Fixed", "By the clock")
    keys.type("Maximum replicas", "2")
    keys.type("Start", "0 8 * * 1-5")
    keys.type("End", "0 18 * * 1-5")
    keys.type("Replicas", "2")
    return {"premadeModel": "llama3.3:70b", "computeType": "gpu", "workload": "InferenceSet"}


def preset(keys: Keyboard) -> dict[str, Any]:
    keys.choose(FIRST_MODE, "KAITO preset")
    keys.type("Preset", "phi-4-mini-instruct")
    keys.type("Name", "by-keys")
    return {"preset": "phi-4-mini-instruct"}


JOURNEYS: dict[str, Callable[[Keyboard], dict[str, Any]]] = {
    journey.__name__: journey for journey in (vllm, huggingface, premade, preset)
}


def test_every_mode_of_the_pack_has_a_journey() -> None:
    assert set(JOURNEYS) == set(MODES)


@pytest.mark.parametrize("mode", JOURNEYS)
def test_a_journey_by_keyboard_alone(
    page_of: Callable[..., Any], url: str, run: Run, tmp_path: Path, mode: str
) -> None:
    form = Form(page_of(bypass_csp=True), url).load()
    with_axe(form.page)
    keys = Keyboard(form)
    keys.tab_to("Skip to the form")
    keys.press("Enter")
    wanted = JOURNEYS[mode](keys)
    assert axe(form.page) == []
    text = keys.download_values()
    values = yaml.safe_load(text)
    assert values["modelSource"] == mode
    assert values.items() >= wanted.items()
    (tmp_path / "by-keys.yaml").write_text(text, encoding="utf-8")
    done = run("by-keys.yaml")
    assert done.returncode == 0, done.stderr
