"""The rules of the form, as a person sees them in a browser."""

from __future__ import annotations

import pytest

from tests.browser.form import GGUF, LLAMA, MISTRAL, Form

NOTICE = (
    "This model will be deployed using vLLM on GPU."
    " Tensor parallelism will automatically match the GPU count."
)


def test_the_head_says_what_kaito_is(form: Form) -> None:
    assert (
        form.page.locator("header")
        .get_by_text("Flexible inference with GGUF (llama.cpp) and vLLM support")
        .is_visible()
    )
    assert form.page.get_by_role("heading", level=1).count() == 1
    assert form.page.locator("html").get_attribute("lang") == "en"


def test_a_vllm_model_asks_neither_run_mode_nor_compute_type_and_says_so(form: Form) -> None:
    form.start(MISTRAL)
    labels = form.labels()
    assert "Run mode" not in labels
    assert "Compute type" not in labels
    assert form.page.get_by_text(NOTICE).is_visible()
    form.fill("Name", "m")
    assert "kubefoundry.io/compute-type: gpu" in form.shown("manifest")


def test_gpus_go_from_1_to_8_and_say_the_tensor_parallel_size(form: Form) -> None:
    form.start(MISTRAL)
    gpus = form.page.get_by_role("radiogroup", name="GPU count")
    assert gpus.get_by_role("radio").evaluate_all("all => all.map(one => one.value)") == list("12345678")
    assert form.page.get_by_text("Tensor parallelism will be set to match GPU count", exact=True).is_visible()
    for count in ("1", "2", "8"):
        form.choose("GPU count", count)
        assert form.page.get_by_text(f"Tensor parallel size: {count}", exact=True).is_visible()
    assert "GPU counts that divide its 32 attention heads and 8 KV heads: 1, 2, 4, 8." in form.described(gpus)


def test_max_model_length_stands_under_advanced_with_its_placeholder(form: Form) -> None:
    form.start(MISTRAL)
    length = form.page.get_by_label("Max Model Length (optional)", exact=True)
    assert not length.is_visible()
    form.advanced()
    assert length.is_visible()
    assert length.get_attribute("placeholder") == "Default (from model config)"


def test_the_token_secret_is_there_and_required_for_gated_models_alone(form: Form) -> None:
    form.start(LLAMA).fill("Name", "m")
    secret = form.page.get_by_label("Token Secret", exact=True)
    assert secret.get_attribute("aria-required") == "true"
    assert form.shown("manifest") == ""
    form.fill("Token Secret", "hf-token")
    assert "name: hf-token" in form.shown("manifest")
    form.start(MISTRAL)
    assert secret.count() == 0
    assert "hf-token" not in form.shown("manifest")


def test_of_a_model_that_is_not_known_the_engines_and_gating_are_asked(form: Form) -> None:
    form.start("acme/new")
    assert not form.page.locator("#values-card").is_visible()
    assert form.status() == "Select the engines that can run this model."
    form.start("acme/new", "vLLM").fill("Name", "m")
    assert form.shown("manifest")
    form.page.get_by_label("Gated", exact=True).check()
    form.settled()
    assert form.field("Token Secret").is_visible()
    assert form.shown("manifest") == ""


def test_a_gguf_model_chooses_run_mode_compute_type_and_file(form: Form) -> None:
    form.start(GGUF, "llama.cpp (LocalAI)").fill("Name", "q").fill("GGUF file", "Qwen3-4B-Q4_K_M.gguf")
    assert "kubefoundry.io/compute-type: cpu" in form.shown("manifest")
    assert "GPU count" not in form.labels()
    form.choose("Compute type", "gpu")
    assert "GPU count" in form.labels()
    assert "llama-cpp-cuda" in form.shown("manifest")
    assert not form.page.get_by_text(NOTICE).is_visible()


def test_build_shows_its_command_which_can_be_copied(form: Form) -> None:
    form.start(GGUF, "llama.cpp (LocalAI)").fill("GGUF file", "q.gguf")
    assert not form.page.get_by_text("docker buildx build").is_visible()
    form.choose("Run mode", "build").fill("Image", "registry.example.com/q:1")
    command = form.page.locator(".command code").text_content()
    assert command.startswith("docker buildx build -t registry.example.com/q:1 --push")
    assert f"huggingface://{GGUF}/q.gguf" in command
    form.page.locator(".command").get_by_role("button", name="Copy").click()
    form.page.get_by_role("button", name="Copied").wait_for()
    assert form.page.evaluate("navigator.clipboard.readText()") == command


def test_premade_is_a_list_with_sizes_and_images(form: Form) -> None:
    form.mode("Premade AIKit image")
    models = form.page.get_by_role("radiogroup", name="Premade model")
    assert models.get_by_role("radio").count() == 11
    name = "llama3.1:8b 4.58 GiB, ghcr.io/kaito-project/aikit/llama3.1:8b"
    assert models.get_by_role("radio", name=name, exact=True).is_visible()


def test_nobody_is_asked_for_a_pipeline_and_the_page_says_why(form: Form) -> None:
    form.start(GGUF, "llama.cpp (LocalAI)", "vLLM")
    for mode in ("GGUF", "vLLM", "Premade", "KAITO preset"):
        form.mode(mode)
        labels = " ".join(form.labels()).lower().replace("pipeline parallel size", "")
        assert "name" in labels
        assert "pipeline" not in labels and "task" not in labels
    assert form.page.get_by_text("always served for text generation").is_visible()


def test_the_namespace_is_kaito_workspace_unless_another_is_said(form: Form) -> None:
    form.mode("Premade AIKit image")
    assert form.field("Namespace").input_value() == "kaito-workspace"


def test_a_known_model_shows_its_figures(form: Form) -> None:
    form.start(MISTRAL)
    facts = form.page.locator("#facts").inner_text()
    assert "Context length\n32,768" in facts
    assert "Weights\n13.5 GiB" in facts


def bar(form: Form) -> list[float]:
    """The widths of weights, overhead and cache, in hundredths of the bar."""
    widths: list[float] = form.page.locator("#bar rect[class^=part]").evaluate_all(
        "all => all.map(one => Number(one.getAttribute('width')))"
    )
    return widths


def test_the_memory_bar_moves_with_gpus_instance_type_length_and_target(form: Form) -> None:
    form.start(MISTRAL)
    assert form.page.get_by_text("Set an instance type, or the memory of one GPU under Target").is_visible()
    form.fill("GPU memory", "24")
    item = bar(form)
    assert form.page.locator("#bar").get_by_role("img").get_attribute("aria-label").startswith("Fits: ")
    form.choose("GPU count", "2")
    two = bar(form)
    assert two[0] == pytest.approx(item[0] / 2, rel=0.01)
    form.advanced().fill("Max Model Length", "1024")
    assert bar(form)[2] < two[2] / 4
    form.fill("Instance type", "Standard_NC48ads_A100_v4")
    assert bar(form)[0] == pytest.approx(two[0] * 24 / 80, rel=0.01)
    form.fill("Instance type", "").choose("GPU count", "1").fill("GPU memory", "12")
    assert form.page.get_by_text("Does not fit:").is_visible()
    assert form.page.locator("#bar rect.limit").get_attribute("x") < "80"


def test_a_target_where_kaito_creates_nodes_asks_for_the_instance_type_first(form: Form) -> None:
    form.start(MISTRAL).fill("Name", "m")
    assert form.shown("manifest")
    form.select("Node provisioning", "auto")
    assert form.shown("manifest") == ""
    assert "1 problem" in form.status()
    form.fill("Instance type", "Standard_NC24ads_A100_v4")
    assert "instanceType: Standard_NC24ads_A100_v4" in form.shown("manifest")


def test_another_kaito_has_problems_of_its_own(form: Form) -> None:
    form.start(MISTRAL).fill("Name", "m").advanced().fill("Preferred nodes", "node-1")
    beside = form.field("Preferred nodes").locator("xpath=ancestor::*[@data-name]").locator(".wrong p")
    assert "deprecated" in beside.text_content()
    form.select("KAITO version", "0.7")
    assert beside.count() == 0
