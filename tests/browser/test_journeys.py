"""From an empty page to files that render.py agrees with, once for each mode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.browser.form import GGUF, LLAMA, MISTRAL, Form, served
from tests.conftest import ROOT, Run
from tests.form.conftest import EXAMPLES, rendered


def vllm(form: Form) -> None:
    form.start(LLAMA).fill("Token Secret", "hf-token").fill("Name", "llama").choose("GPU count", "2")
    form.select("Node provisioning", "auto").fill("Instance type", "Standard_NC48ads_A100_v4")
    form.advanced().fill("Max Model Length", "8192").fill("Replicas", "2")


def gguf(form: Form) -> None:
    form.start(GGUF, "llama.cpp (LocalAI)").fill("GGUF file", "Qwen3-4B-Q4_K_M.gguf").fill("Name", "qwen")
    form.choose("Compute type", "gpu")


def gguf_built(form: Form) -> None:
    form.start(GGUF, "llama.cpp (LocalAI)").fill("GGUF file", "Qwen3-4B-Q4_K_M.gguf").fill("Name", "qwen")
    form.choose("Run mode", "build").fill("Image", "registry.example.com/models/qwen:1")
    form.advanced().fill("Label selector", "disk=ssd\nzone=a").fill("Memory request", "8Gi")


def premade(form: Form) -> None:
    form.mode("Premade AIKit image").choose("Premade model", "phi4:14b").fill("Name", "phi")
    form.fill("Namespace", "team-a").advanced()
    form.page.get_by_label("PodMonitor", exact=True).check()
    form.settled()


def preset(form: Form) -> None:
    form.mode("KAITO preset").fill("Preset", "phi-4-mini-instruct").fill("Name", "phi")
    form.select("Node provisioning", "auto").advanced().fill("Instance type", "Standard_NC24ads_A100_v4")
    form.fill("vLLM settings", "max-model-len=8192\ngpu-memory-utilization=0.9")


JOURNEYS: list[tuple[str, Callable[[Form], None]]] = [
    ("vllm", vllm),
    ("huggingface", gguf),
    ("huggingface", gguf_built),
    ("premade", premade),
    ("preset", preset),
]


@pytest.mark.parametrize(
    ("mode", "go"), JOURNEYS, ids=lambda item: item if isinstance(item, str) else item.__name__
)
def test_a_journey_ends_with_what_render_py_gives(
    form: Form, run: Run, mode: str, go: Any, tmp_path: Path
) -> None:
    go(form)
    assert "Manifest ready" in form.status()
    name, values = form.download("Download values")
    (tmp_path / name).write_bytes(values)
    assert yaml.safe_load(values)["modelSource"] == mode
    done = run(name)
    assert done.returncode == 0, done.stderr
    manifest_name, manifest = form.download("Download manifest")
    assert manifest.decode() == done.stdout == form.shown("manifest")
    assert manifest_name == f"workspace-{name}"
    assert form.shown("values").encode() == values


def test_a_model_s_values_are_what_the_form_submits_and_no_more(form: Form) -> None:
    form.start(MISTRAL).fill("Name", "m").choose("GPU count", "4")
    assert yaml.safe_load(form.shown("values")) == {
        "name": "m",
        "modelSource": "vllm",
        "modelId": MISTRAL,
        "computeType": "gpu",
        "resources": {"gpu": 4},
    }


@pytest.mark.parametrize("example", EXAMPLES[::3], ids=lambda file: file.stem)
def test_an_opened_example_shows_what_render_py_gives(form: Form, example: Path) -> None:
    form.page.locator("#file").set_input_files(example)
    form.page.wait_for_selector("#manifest .line")
    assert form.settled().shown("manifest") == rendered(example)


def test_a_file_that_render_py_is_given_is_open_from_the_start(page_of: Any) -> None:
    with served(str(ROOT / "values" / "llama.yaml")) as (url, _):
        form = Form(page_of(), url).load()
        assert form.shown("manifest") == rendered(ROOT / "values" / "llama.yaml")
        assert form.field("Model id").input_value() == LLAMA
