"""What each mode asks: the rules of the form and the wizard, whatever shows them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kaito_pack.facts.tables import schema
from kaito_pack.form.answers import parsed, written
from kaito_pack.form.model_choice import (
    About,
    about,
    has_files_elsewhere,
    is_chosen_by_itself,
    known_ids,
    modes_for,
)
from kaito_pack.form.questions import Question, questions
from kaito_pack.kaito.target import Target
from kaito_pack.models.model import model_of
from kaito_pack.pack import Pack
from kaito_pack.pack.catalogue_schema import catalogue_schema
from kaito_pack.run import judging as checks
from kaito_pack.workspace.engines import checking_engines, hub_engines

pytestmark = pytest.mark.usefixtures("four_modes")

PACK = Pack()
CATALOGUE = checks.catalogue(())
TARGET = Target("0.12", "1.37")
UNKNOWN = About()


def asked(
    mode: str, answers: dict[str, Any] | None = None, known: About = UNKNOWN, target: Target = TARGET
) -> dict[str, Question]:
    result = questions(PACK, PACK.mode(mode), answers or {}, known, target, CATALOGUE)
    return {item.name: item for item in result}


def first(*args: Any, **options: Any) -> list[str]:
    return [name for name, item in asked(*args, **options).items() if not item.is_more]


def test_a_vllm_model_is_asked_for_its_gpus_alone() -> None:
    assert first("vllm") == ["modelId", "name", "namespace", "resources.gpu"]
    assert not {"ggufRunMode", "computeType"} & set(asked("vllm"))


def test_the_gpu_count_is_1_to_8_and_the_tensor_parallel_size() -> None:
    gpu = asked("vllm")["resources.gpu"]
    assert (gpu.minimum, gpu.maximum, gpu.answer) == (1, 8, 1)
    assert gpu.note == "Tensor parallelism will be set to match GPU count"


def test_the_notice_of_vllm_is_told_in_full() -> None:
    assert PACK.mode("vllm").facts["notice"] == (
        "This model will be deployed using vLLM on GPU. "
        "Tensor parallelism will automatically match the GPU count."
    )


def test_the_length_is_advanced_and_optional() -> None:
    length = asked("vllm")["maxModelLen"]
    assert length.is_more
    assert length.label == "Max Model Length (optional)"
    assert length.placeholder == "Default (from model config)"


@pytest.mark.parametrize(("gated", "is_there"), [(True, True), (False, False), (None, False)])
def test_the_secret_is_for_gated_models_alone(gated: bool | None, is_there: bool) -> None:
    result = asked("vllm", known=About(("vllm",), gated))
    assert ("hfTokenSecret" in result) == is_there
    if is_there:
        assert result["hfTokenSecret"].is_required
        assert not result["hfTokenSecret"].is_more


@pytest.mark.parametrize(
    ("answers", "is_required"),
    [
        ({"modelCache": {"claim": "weights"}}, False),
        ({"env": [{"name": "HF_HUB_OFFLINE", "value": "1"}]}, False),
        ({"env": [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]}, False),
        ({"hfEndpoint": "https://mirror.internal"}, False),
        ({"modelCache": {"size": "100Gi"}}, True),
        ({"env": [{"name": "LEVEL", "value": "1"}]}, True),
    ],
)
def test_a_gated_model_needs_no_secret_if_its_files_come_another_way(
    answers: dict[str, Any], is_required: bool
) -> None:
    secret = asked("vllm", answers, About(("vllm",), True))["hfTokenSecret"]

    assert secret.is_required is is_required


@pytest.mark.parametrize(
    ("mode", "name", "value"),
    [
        ("vllm", "tolerations", [{"key": "gpu", "operator": "Exists"}]),
        ("vllm", "env", [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b: c"}}}]),
        ("preset", "adapters", [{"name": "sql", "image": "registry.example.com/sql:1"}]),
    ],
)
@pytest.mark.parametrize("by_line", [True, False])
def test_a_list_of_maps_is_answered_in_yaml(mode: str, name: str, value: Any, by_line: bool) -> None:
    question = asked(mode, {name: value})[name]

    assert question.kind == "maps"
    assert parsed(question, written(question, value, by_line), by_line) == value
    assert parsed(question, "- key: [") == "- key: ["  # the schema says what is wrong with it


def test_a_secret_that_is_there_can_be_changed_but_need_not_stay() -> None:
    secret = asked("vllm", {"hfTokenSecret": "old"}, About(("vllm",), False))["hfTokenSecret"]
    assert secret.is_more
    assert not secret.is_required
    assert secret.value == "old"


def test_a_gguf_model_is_asked_for_file_run_mode_and_compute_type() -> None:
    assert first("huggingface") == [
        "modelId",
        "ggufFile",
        "ggufRunMode",
        "name",
        "namespace",
        "computeType",
    ]
    assert "hfTokenSecret" not in asked("huggingface", known=About(("llamacpp",), True))


def test_gpus_are_asked_for_where_there_are_any() -> None:
    assert "resources.gpu" not in asked("huggingface")
    assert "resources.gpu" in first("huggingface", {"computeType": "gpu"})


def test_an_image_of_ones_own_is_required_and_its_command_is_shown() -> None:
    answers = {"modelId": "org/name", "ggufFile": "a b.gguf", "ggufRunMode": "build", "imageRef": "own:1"}
    result = asked("huggingface", answers)
    assert result["imageRef"].is_required
    assert not asked("huggingface")["imageRef"].is_required
    direct, build = result["ggufRunMode"].choices
    assert direct.command == ""
    assert build.command.startswith("docker buildx build -t own:1 --push")
    assert "--build-arg=model='huggingface://org/name/a b.gguf'" in build.command


def test_premade_models_are_a_list_with_sizes_and_images() -> None:
    choices = asked("premade")["premadeModel"].choices
    assert ("llama3.1:8b", "4.58 GiB, ghcr.io/kaito-project/aikit/llama3.1:8b") in [
        (item.value, item.detail) for item in choices
    ]
    assert first("premade") == ["premadeModel", "name", "namespace", "computeType"]


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_nobody_is_asked_for_a_pipeline(mode: str) -> None:
    for item in asked(mode, {"computeType": "gpu"}).values():
        text = f"{item.name} {item.title} {item.help}".lower()
        assert "pipeline" not in re.sub("pipeline ?parallel ?size", "", text)
    output = PACK.mode(mode).schema["properties"]["modelSource"]["description"]
    assert "always served for text generation" in output


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_the_default_namespace_is_kaitos_and_the_provider_is_described(mode: str) -> None:
    assert asked(mode)["namespace"].default == "kaito-workspace"
    provider = PACK.mode(mode).schema["properties"]["provider"]["description"]
    assert "Flexible inference with GGUF (llama.cpp) and vLLM support" in provider


def test_instance_types_are_asked_first_where_kaito_creates_nodes() -> None:
    auto = asked("vllm", target=Target("0.12", "1.37", "auto"))["instanceType"]
    assert not auto.is_more
    assert "Standard_NC24ads_A100_v4" in auto.suggestions
    assert asked("vllm")["instanceType"].is_more


def test_models_are_suggested_that_the_mode_can_serve() -> None:
    suggested = asked("vllm")["modelId"].suggestions
    assert "microsoft/Phi-4-mini-instruct" in suggested
    assert "deepseek-ai/DeepSeek-R1-0528" not in suggested, "quantized"


@pytest.mark.parametrize(
    ("engines", "modes"),
    [
        (["vllm"], ["vllm"]),
        (["llamacpp"], ["huggingface"]),
        (["vllm", "llamacpp"], ["huggingface", "vllm"]),
        (["onnx"], []),
        ([], []),
    ],
)
def test_engines_say_which_modes_can_serve_a_model(engines: list[str], modes: list[str]) -> None:
    assert modes_for(engines, PACK) == modes


@pytest.mark.parametrize(
    ("engines", "runs"),
    [
        (("vllm",), True),
        (("llamacpp",), True),
        (("vllm", "llamacpp"), True),
        (("trtllm", "vllm"), True),
        (("onnx",), False),
        ((), None),
    ],
)
def test_a_model_runs_with_any_engine_that_serves_models_of_the_hub(
    engines: tuple[str, ...], runs: bool | None
) -> None:
    assert About(engines).runs == runs


def test_what_a_person_says_of_a_model_goes_before_the_catalogue() -> None:
    known = about("microsoft/Phi-4-mini-instruct", CATALOGUE)
    assert known.figures is not None
    assert known.engines == ("vllm",)
    output = about("microsoft/Phi-4-mini-instruct", CATALOGUE, ["llamacpp"], True)
    assert (output.engines, output.gated, output.figures) == (("llamacpp",), True, known.figures)
    assert about("acme/own", CATALOGUE) == About()


def test_a_repository_of_gguf_files_in_the_catalogue_needs_no_question_about_engines() -> None:
    model = model_of({"modelId": "acme/both", "ggufRepositories": ["acme/both-GGUF"]})
    catalogue = CATALOGUE.with_model(model)
    assert about("acme/Both-gguf", catalogue) == About(("llamacpp",))
    assert {"acme/both", "acme/both-GGUF"} <= set(known_ids(catalogue))


@pytest.mark.parametrize(
    ("entry", "is_elsewhere"),
    [
        ({"engines": ["llamacpp"]}, False),
        ({"engines": ["llamacpp"], "ggufRepositories": ["acme/x-GGUF"]}, True),
        ({"engines": ["vllm", "llamacpp"]}, True),
    ],
)
def test_the_files_of_a_known_model_lie_in_a_repository_of_their_own_or_in_its_own(
    entry: dict[str, Any], is_elsewhere: bool
) -> None:
    owner = About(figures=model_of({"modelId": "acme/x", **entry}))
    assert has_files_elsewhere(PACK.mode("huggingface"), owner) == is_elsewhere
    assert not has_files_elsewhere(PACK.mode("vllm"), owner)


def test_modes_with_a_list_of_their_own_are_chosen_by_themselves() -> None:
    assert [name for name in PACK.mode_names if is_chosen_by_itself(PACK, name)] == ["premade", "preset"]


def test_the_catalogue_that_editors_read_lists_every_engine_that_serves_models_of_the_hub() -> None:
    written = schema("catalogue.schema.json")["$defs"]["model"]["properties"]["engines"]
    assert written["items"]["enum"] == list(hub_engines())
    assert written["default"] == list(checking_engines())
    assert catalogue_schema() == schema("catalogue.schema.json")
