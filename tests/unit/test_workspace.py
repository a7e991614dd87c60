"""Model, engine, replicas and endpoint of Workspaces that anybody may have written."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kaito_pack.workspace import read_workspace

VLLM_IMAGE = "mcr.microsoft.com/aks/kaito/kaito-base:0.1.1"
RUNNER = "ghcr.io/kaito-project/aikit/runners/llama-cpp-cuda:latest"
API_SERVER = ["-m", "vllm.entrypoints.openai.api_server"]


def workspace(*containers, **rest):
    template = {"spec": {"containers": list(containers)}}
    return {"metadata": {"name": "w", "namespace": "n"}, "inference": {"template": template}, **rest}


def view(*containers, **rest):
    return read_workspace(workspace(*containers, **rest))


@pytest.mark.parametrize(
    "container",
    [
        {"command": ["python"], "args": [*API_SERVER, "--model", "org/m"]},
        {"command": ["python3", *API_SERVER, "--model=org/m"]},
        {"command": ["python3", *API_SERVER, "--model", "early/one", "--model", "org/m"]},
        {"command": ["vllm", "serve", "org/m", "--port", "8000"]},
        {"command": ["/opt/venv/bin/vllm", "serve", "--trust-remote-code", "org/m"]},
        {"command": ["vllm", "serve", "--max-model-len", "8192", "org/m"]},
        {"command": ["vllm", "serve", "--model", "org/m"]},
        {"command": ["sh", "-c", "exec vllm serve org/m --tensor-parallel-size 2"]},
        {
            "command": ["bash", "-c"],
            "args": ["set -e\npython -m vllm.entrypoints.openai.api_server \\\n --model org/m"],
        },
        {"command": ["sh", "-c", "vllm serve $MODEL"], "env": [{"name": "MODEL", "value": "org/m"}]},
        {"image": "vllm/vllm-openai:v0.12.0", "args": ["--model", "org/m"]},
        {"image": "registry:5000/mirror/vllm-openai@sha256:0", "args": ["org/m", "--port", "8000"]},
        {"image": "registry.example.com/own:1", "args": ["--model", "org/m", "--tensor-parallel-size", "2"]},
    ],
)
def test_a_vllm_server_is_recognised_with_its_model(container):
    result = view({"image": VLLM_IMAGE, **container})
    assert (result.engine, result.model_id, result.endpoint) == ("vllm", "org/m", "w-vllm:8000")


@pytest.mark.parametrize(
    ("model", "model_id", "file"),
    [
        ("https://huggingface.co/o/r/resolve/main/f.gguf", "o/r", "f.gguf"),
        ("https://huggingface.co/o/r/resolve/main/deep/f.gguf?download=true", "o/r", "deep/f.gguf"),
        ("https://huggingface.co/o/r", "o/r", None),
        ("huggingface://o/r/f.gguf", "o/r", "f.gguf"),
        ("huggingface://o/r", "o/r", None),
        ("o/r", "o/r", None),
        ("o/r/f.gguf", "o/r", "f.gguf"),
        ("https://models.example.com/f.gguf", "https://models.example.com/f.gguf", None),
        ("https://huggingface.co.example.com/o/r/resolve/main/f.gguf",) * 2 + (None,),
    ],
)
def test_a_runner_s_first_argument_is_the_model(model, model_id, file):
    result = view({"image": RUNNER, "args": [model, "--address=:5000"]})
    assert (result.engine, result.model_id, result.gguf_file) == ("llamacpp", model_id, file)
    assert result.endpoint == "w:80"


def test_a_premade_image_is_its_own_model_and_has_a_served_name():
    container = {"image": "ghcr.io/kaito-project/aikit/llama3.1:8b", "args": ["run", "--address=:5000"]}
    result = read_workspace(workspace(container), {"llama3.1:8b": "llama-3.1-8b-instruct"})
    assert (result.engine, result.model_id) == ("llamacpp", "ghcr.io/kaito-project/aikit/llama3.1:8b")
    assert result.served_model_name == "llama-3.1-8b-instruct"


def test_a_built_image_is_known_by_how_local_ai_is_started():
    result = view({"image": "registry.example.com:5000/llm/own:q8", "args": ["run", "--address=:5000"]})
    assert (result.engine, result.model_id) == ("llamacpp", "registry.example.com:5000/llm/own:q8")


def test_a_runner_without_a_model_names_none():
    assert view({"image": RUNNER, "args": ["--address=:5000"]}).model_id is None


def test_a_llama_server_is_llama_cpp():
    result = view(
        {"image": "ghcr.io/ggml-org/llama.cpp:server", "args": ["-hf", "o/r:Q4_K_M", "--port", "5000"]}
    )
    assert (result.engine, result.model_id, result.port) == ("llamacpp", "o/r", 5000)


@pytest.mark.parametrize(
    "sidecar",
    [
        {"image": "envoyproxy/envoy:v1.30", "args": ["--config-path", "/etc/envoy.yaml"]},
        {"image": "busybox", "command": ["sh", "-c", "while true; do sleep 5; done"]},
        {"image": "own/probe:1", "args": ["--model", "other/model"]},
        {"image": "vllm/vllm-openai", "command": ["vllm", "bench", "serve", "--model", "other/model"]},
        "not a container",
    ],
)
def test_sidecars_before_the_model_are_passed_over(sidecar):
    result = view(sidecar, {"image": VLLM_IMAGE, "command": ["vllm", "serve", "org/m"]})
    assert (result.engine, result.model_id) == ("vllm", "org/m")
    assert result.container == ("inference", "template", "spec", "containers", 1)


def test_an_unknown_variable_is_left_in_the_model_id():
    assert view({"command": ["sh", "-c", 'vllm serve "${MODEL_ID}"']}).model_id == "${MODEL_ID}"


def test_a_preset_runs_on_vllm_and_is_reached_by_kaito_s_service():
    result = read_workspace(
        {"metadata": {"name": "w"}, "inference": {"preset": {"name": "phi-4-mini-instruct"}}}
    )
    assert (result.engine, result.model_id, result.endpoint) == ("vllm", "phi-4-mini-instruct", "w:80")


def test_a_preset_on_transformers_has_neither_engine():
    meta = {"name": "w", "annotations": {"kaito.sh/runtime": "transformers"}}
    result = read_workspace({"metadata": meta, "inference": {"preset": {"name": "phi-4"}}})
    assert (result.engine, result.model_id, result.endpoint) == (None, "phi-4", "w:80")


def test_a_tuning_job_names_its_model_and_serves_nothing():
    result = read_workspace(
        {"metadata": {"name": "w"}, "tuning": {"preset": {"name": "phi-3"}, "method": "qlora"}}
    )
    assert (result.is_tuning, result.model_id, result.engine, result.endpoint) == (True, "phi-3", None, None)


def test_another_server_is_no_engine_of_ours_but_its_model_is_told():
    args = ["launch", "tfs/inference_api.py", "--pretrained_model_name_or_path", "org/m"]
    result = view({"command": ["accelerate"], "args": args, "ports": [{"containerPort": 5000}]})
    assert (result.engine, result.model_id, result.endpoint) == (None, "org/m", "w:80")


def test_vllm_on_port_5000_is_reached_by_kaito_s_service():
    assert view({"command": ["vllm", "serve", "org/m", "--port=5000"]}).endpoint == "w:80"


def test_the_served_name_is_the_first_that_is_given():
    args = ["serve", "org/m", "--served-model-name", "short", "other"]
    assert view({"command": ["vllm"], "args": args}).served_model_name == "short"


@pytest.mark.parametrize(
    ("status", "resource", "desired"),
    [
        ({"targetNodeCount": 3}, {"count": 2}, 3),
        ({}, {"count": 2}, 2),
        ({}, {"count": 0}, 1),
        ({"targetNodeCount": "3"}, {"count": True}, 1),
        (None, None, 1),
    ],
)
def test_desired_replicas_are_the_target_node_count_else_the_count(status, resource, desired):
    assert view(status=status, resource=resource).desired == desired


keys = [
    "metadata",
    "name",
    "inference",
    "template",
    "spec",
    "containers",
    "args",
    "command",
    "image",
    "preset",
]
words = [
    "vllm",
    "serve",
    "--model",
    "-m",
    "sh",
    "-c",
    "run",
    "--address=:5000",
    "o/r",
    "vllm/vllm-openai",
    "",
    "/",
]
shapes = some.recursive(
    some.none() | some.integers() | some.sampled_from(words) | some.text(max_size=3),
    lambda inner: (
        some.lists(inner, max_size=4) | some.dictionaries(some.sampled_from(keys), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(shapes)
def test_no_shape_of_a_manifest_raises(shape):
    assert read_workspace(shape).desired == 1


@given(some.lists(some.sampled_from(words) | some.integers(), max_size=6), some.sampled_from(words))
def test_no_command_line_raises(args, image):
    assert view({"args": args, "image": image}).name == "w"
