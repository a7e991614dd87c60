"""What vLLM would refuse of a known model, told for values and for any honest Workspace."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaito_pack.base.problems import Problem
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.checks import check_settings, check_values, check_workspace, gpus_text
from kaito_pack.models.model import Model
from kaito_pack.models.serving import ServedWorkspace, serving_of_workspace
from kaito_pack.models.vllm_arguments import human_readable_int, whole
from tests.model_cases import PLAIN
from tests.tiers import often

# PLAIN has 10.2 GiB of weights, 2.81 of overhead, 8192 tokens a GiB on one GPU.
ODD = Model("acme/odd", attention_heads=28, max_tokens=8192)
NEW = Model("acme/new", architectures=("Gemma4ForConditionalGeneration",))
SHALLOW = Model("acme/shallow", attention_heads=32, layers=2)
UNHEARD = Model("acme/unheard", architectures=("UnheardForCausalLM",))
CATALOGUE = Catalogue(MappingProxyType({m.model_id: m for m in (PLAIN, ODD, NEW, UNHEARD)}))
IMAGE = "mcr.microsoft.com/aks/kaito/kaito-base:0.1.1"
NOT_JUDGED = "advice/model-not-judged"
POD = ("inference", "template", "spec", "containers", 0)


def values(model: str = "acme/plain", gpu: Any = None, **others: Any) -> dict[str, Any]:
    resources = {} if gpu is None else {"resources": {"gpu": gpu}}
    return {"name": "x", "modelSource": "vllm", "modelId": model, **resources, **others}


def of_values(document: Mapping[str, Any], **others: Any) -> list[Problem]:
    return list(check_values(document, CATALOGUE, IMAGE, **others))


def workspace(*containers: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "Workspace",
        "inference": {"template": {"spec": {"containers": list(containers)}}},
    }


def server(*args: Any, command: Any = ("python",), **others: Any) -> dict[str, Any]:
    words = ["-m", "vllm.entrypoints.openai.api_server", *args] if command == ("python",) else list(args)
    return {"name": "model", "image": IMAGE, "command": list(command), "args": words, **others}


def problems_of(manifest: Mapping[str, Any], *context: Any, **others: Any) -> list[Problem]:
    return list(check_workspace(ServedWorkspace(manifest), *context, **others))


def rules(problems: list[Problem]) -> list[str]:
    return [problem.rule for problem in problems]


def test_values_that_fit_have_no_problem() -> None:
    assert of_values(values(gpu=2, maxModelLen=8192), gpu_memory_gib=24.0) == []


def test_a_gpu_count_that_does_not_divide_the_heads_is_an_error_that_names_those_that_do() -> None:
    [problem] = of_values(values("acme/odd", gpu=3))

    assert (problem.rule, problem.severity) == ("model/attention-heads", "error")
    assert problem.path == ("resources", "gpu")
    assert problem.fix == (
        "Use 1, 2, 4 or 7 GPUs, or keep 3 with pipelineParallelSize: 3 (--pipeline-parallel-size)"
    )


@pytest.mark.parametrize("gpu", [1, 2, 4, 7])
def test_a_gpu_count_that_divides_the_heads_is_no_problem(gpu: int) -> None:
    assert of_values(values("acme/odd", gpu=gpu)) == []


def test_a_length_above_the_models_limit_is_an_error() -> None:
    [problem] = of_values(values("acme/odd", maxModelLen=8193))

    assert (problem.rule, problem.severity, problem.path) == (
        "model/max-model-len",
        "error",
        ("maxModelLen",),
    )
    assert problem.fix == "Use at most 8192, or remove it"


@pytest.mark.parametrize("length", [1, 8192])
def test_a_length_up_to_the_models_limit_is_no_problem(length: int) -> None:
    assert of_values(values("acme/odd", maxModelLen=length)) == []


def test_an_architecture_that_the_image_does_not_know_is_a_warning_that_names_the_first_image() -> None:
    [problem] = of_values(values("acme/new"))

    assert (problem.rule, problem.severity, problem.path) == (
        "model/unknown-architecture",
        "warning",
        ("modelId",),
    )
    first = CATALOGUE.first_image_with("Gemma4ForConditionalGeneration")
    assert problem.fix == f"Use kaito-base:{first} or newer"


def test_the_image_of_the_values_is_where_the_architecture_is_told() -> None:
    [problem] = of_values(values("acme/new", imageRef=IMAGE))

    assert problem.path == ("imageRef",)


def test_a_newer_or_an_unknown_image_is_no_problem() -> None:
    for image in ("kaito-base:0.5.0", "acme/own:1", None):
        assert list(check_values(values("acme/new"), CATALOGUE, image)) == []


def test_an_architecture_that_no_image_knows_names_none() -> None:
    [problem] = of_values(values("acme/unheard"))

    assert "no known kaito-base" in problem.fix


def test_a_model_that_does_not_fit_is_a_warning_with_every_item() -> None:
    # On 15 GiB 13.5 are usable, 13.01 taken: 0.49 GiB of room for 4014.08 tokens. Two GPUs take
    # 5.1 + 2.555 and half a GiB for 8192 tokens.
    [problem] = of_values(values(gpu=1, maxModelLen=8192), gpu_memory_gib=15.0)

    assert (problem.rule, problem.severity, problem.path) == ("model/memory", "warning", ("maxModelLen",))
    for item in (
        "14.0 GiB on each GPU (1 of 15 GiB)",
        "at most 13.5",
        "weights 10.2",
        "overhead 2.8",
        "8192 tokens 1.0",
    ):
        assert item in problem.message
    assert problem.fix == "Set the maximum model length to at most 4014 tokens, or use 2 GPUs"


def test_without_a_length_the_models_own_limit_has_to_fit() -> None:
    # 131072 tokens take 16 GiB.
    [problem] = of_values(values(gpu=1), gpu_memory_gib=24.0)

    assert "131072 tokens 16.0" in problem.message
    assert problem.path == ("resources", "gpu")


def test_no_more_gpus_are_proposed_than_a_node_has() -> None:
    [problem] = of_values(values(gpu=1, maxModelLen=8192), gpu_memory_gib=15.0, most_gpus=1)

    assert problem.fix == "Set the maximum model length to at most 4014 tokens, or use GPUs with more memory"


def test_more_gpus_alone_are_proposed_where_no_length_fits() -> None:
    [problem] = of_values(values(gpu=1, maxModelLen=8192), gpu_memory_gib=12.0)

    assert problem.fix == "Use 2 GPUs"


def test_larger_gpus_are_proposed_where_nothing_else_helps() -> None:
    [problem] = of_values(values(gpu=1, maxModelLen=8192), gpu_memory_gib=2.0)

    assert problem.fix.startswith("Use an instance type or nodes with more GPU memory")
    assert problem.fix.endswith("; 8 such GPUs are not enough")


def test_a_length_above_the_limit_is_not_told_as_a_lack_of_memory_too() -> None:
    assert rules(of_values(values(gpu=4, maxModelLen=10**9), gpu_memory_gib=80.0)) == ["model/max-model-len"]


def test_an_argument_that_the_formula_does_not_know_leaves_memory_unjudged() -> None:
    extra = ["--kv-cache-dtype", "fp8"]

    assert of_values(values(gpu=1, extraArgs=extra), gpu_memory_gib=24.0) == []
    assert of_values(values(gpu=1, extraArgs=["--dtype=bfloat16"]), gpu_memory_gib=24.0) != []


def test_a_utilization_of_its_own_is_reckoned_with() -> None:
    document = values(gpu=1, maxModelLen=8192, extraArgs=["--gpu-memory-utilization", "0.95"])

    assert of_values(document, gpu_memory_gib=15.0) == []


@pytest.mark.parametrize("gpu", [3, 5, 6, 7])
def test_an_odd_gpu_count_gets_advice_for_an_unknown_model(gpu: int) -> None:
    [not_judged, problem] = of_values(values("acme/nobody-knows", gpu=gpu))

    assert not_judged.rule == NOT_JUDGED
    assert (problem.rule, problem.layer, problem.severity) == ("advice/odd-gpu-count", "advice", "warning")
    assert problem.path == ("resources", "gpu")


@pytest.mark.parametrize("gpu", [None, 1, 2, 4, 8, "4"])
def test_a_usual_gpu_count_gets_none(gpu: Any) -> None:
    assert [each.rule for each in of_values(values("acme/nobody-knows", gpu=gpu))] == [NOT_JUDGED]


@pytest.mark.parametrize("model", ["/models/llama", "./llama", "llama", PLAIN.model_id])
def test_a_folder_and_a_known_model_are_not_called_unjudged(model: str) -> None:
    assert NOT_JUDGED not in {each.rule for each in of_values(values(model, gpu=1))}


def test_a_model_that_is_too_large_by_its_name_is_reported_once() -> None:
    rules = {each.rule for each in of_values(values("acme/lynx-700B", gpu=1))}
    assert "model/size-in-name" in rules and NOT_JUDGED not in rules


SERVERS = {
    "module": server("--model", "acme/odd", "--tensor-parallel-size", "3"),
    "equals": server("--model=acme/odd", "--tensor-parallel-size=3"),
    "underscores": server("--model", "acme/odd", "--tensor_parallel_size", "3"),
    "short": server("--model", "acme/odd", "-tp", "3"),
    "short with equals": server("--model", "acme/odd", "-tp=3"),
    "last wins": server("--model", "acme/odd", "-tp", "2", "--tensor-parallel-size", "3"),
    "serve": server("serve", "acme/odd", "-tp", "3", command=("vllm",)),
    "serve in args": server("vllm", "serve", "acme/odd", "-tp", "3", command=()),
    "a number": server("--model", "acme/odd", "-tp", 3),
    "variable": server("--model", "acme/odd", "-tp", "$(T)", env=[{"name": "T", "value": "3"}]),
    "shell": server("exec vllm serve acme/odd -tp 3", command=("sh", "-c")),
    "long shell": server("-c", "set -e\ncd / && vllm serve acme/odd \\\n -tp 3", command=("/bin/bash",)),
    "download first": server("hf download acme/odd; vllm serve acme/odd -tp=3", command=("sh", "-ec")),
}  # fmt: skip


@pytest.mark.parametrize("name", SERVERS)
def test_the_tensor_parallel_size_is_read_in_any_honest_form(name: str) -> None:
    result = problems_of(workspace(SERVERS[name]), CATALOGUE)

    assert rules(result) == ["model/attention-heads"]
    assert result[0].path[: len(POD)] == POD
    assert "3" in str(value_at(workspace(SERVERS[name]), result[0].path)) or name == "variable"


def value_at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def test_a_problem_points_at_the_value_of_the_last_flag() -> None:
    container = server("--model", "acme/odd", "-tp", "2", "--max-model-len", "1", "-tp", "3")
    [problem] = problems_of(workspace(container), CATALOGUE)

    assert problem.path == (*POD, "args", 9)


def test_a_sidecar_before_the_model_is_passed_over() -> None:
    sidecar = {"name": "proxy", "image": "nginx:1", "args": ["-g", "daemon off;"]}
    [problem] = problems_of(workspace(sidecar, server("--model", "acme/odd", "-tp", "3")), CATALOGUE)

    assert problem.path == ("inference", "template", "spec", "containers", 1, "args", 5)


@pytest.mark.parametrize("length", ["9k", "9K", "8193", "1M", "8.3k", "99999999999999999999999"])
def test_a_length_is_read_with_vllms_suffixes(length: str) -> None:
    result = problems_of(workspace(server("--model", "acme/odd", "--max-model-len", length)), CATALOGUE)

    assert rules(list(result)) == ["model/max-model-len"]


@pytest.mark.parametrize("length", ["8k", "8K", "8192", "-1", "auto", "many", "$(LENGTH)"])
def test_a_length_within_the_limit_or_unreadable_is_no_problem(length: str) -> None:
    container = server("--model", "acme/odd", f"--max-model-len={length}")

    assert problems_of(workspace(container), CATALOGUE) == []


def test_a_server_that_may_exceed_the_limit_is_not_refused() -> None:
    env = [{"name": "VLLM_ALLOW_LONG_MAX_MODEL_LEN", "value": "1"}]
    longer = server("--model", "acme/odd", "--max-model-len", "9000", env=env)
    overridden = server("--model", "acme/odd", "--max-model-len", "9000", "--hf-overrides", "{}")

    assert problems_of(workspace(longer), CATALOGUE) == []
    assert problems_of(workspace(overridden), CATALOGUE) == []


def test_a_length_that_vllm_picks_itself_has_to_hold_one_token() -> None:
    container = server("--model", "acme/plain", "--max-model-len", "auto")

    assert problems_of(workspace(container), CATALOGUE, gpu_memory_gib=15.0) == []
    assert rules(problems_of(workspace(container), CATALOGUE, gpu_memory_gib=12.0)) == ["model/memory"]


def test_a_workspaces_memory_and_architecture_are_judged_too() -> None:
    new = problems_of(workspace(server("--model", "acme/new")), CATALOGUE)
    plain = problems_of(workspace(server("--model", "acme/plain")), CATALOGUE, gpu_memory_gib=24.0)

    assert [(problem.rule, problem.path) for problem in new] == [
        ("model/unknown-architecture", (*POD, "image"))
    ]
    assert rules(plain) == ["model/memory"]


def test_an_odd_size_gets_advice_in_a_workspace_of_an_unknown_model() -> None:
    [problem] = problems_of(workspace(server("--model", "/models/own", "-tp", "6")), CATALOGUE)

    assert problem.rule == "advice/odd-gpu-count"


@pytest.mark.parametrize(
    "manifest",
    [
        {"inference": {"preset": {"name": "acme/odd"}}},
        workspace({"image": "ghcr.io/kaito-project/aikit/llama3.2:1b", "args": ["run", "--address=:5000"]}),
        {"tuning": {"preset": {"name": "phi-4"}}},
    ],
)  # fmt: skip
def test_a_workspace_without_a_vllm_of_its_own_has_no_problem(manifest: dict[str, Any]) -> None:
    assert problems_of(manifest, CATALOGUE) == []


def test_the_gpus_of_a_container_are_read() -> None:
    container = server("--model", "acme/odd", resources={"limits": {"nvidia.com/gpu": "2"}})
    serving = serving_of_workspace(workspace(container))

    assert serving is not None
    assert serving.gpu_count == 2
    assert serving.path("gpu_count") == (*POD, "resources", "limits", "nvidia.com/gpu")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("8192", 8192), (" 8192 ", 8192), ("8k", 8000), ("8K", 8192), ("25.6k", 25600), ("1m", 10**6),
        ("1M", 2**20), ("2g", 2 * 10**9), ("1.5K", None), ("k", None), ("8kk", None), ("", None),
        ("-5", None), ("8.k", None), ("٣k", None), ("0", None),
    ],
)  # fmt: skip
def test_a_length_reads_as_in_vllm(text: str, tokens: int | None) -> None:
    assert human_readable_int(text) == tokens


@pytest.mark.parametrize("value", [True, 0, -1, 1.5, "x", "1.0", None, [], {}, float("nan"), float("inf")])
def test_what_is_no_count_is_unknown(value: object) -> None:
    assert whole(value) is None


def test_counts_are_listed_as_a_person_would() -> None:
    assert [gpus_text([1]), gpus_text([1, 2, 4])] == ["1 GPU", "1, 2 or 4 GPUs"]


shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "inference",
    "template",
    "spec",
    "containers",
    "command",
    "args",
    "image",
    "env",
    "resources",
    "limits",
)


@often(300)
@given(st.integers(0, 9), shapes)
def test_a_workspace_of_any_shape_is_read_without_an_exception(position: int, shape: Any) -> None:
    container = server("--model", "acme/plain", resources={"limits": {"nvidia.com/gpu": "1"}})
    manifest = workspace(container)
    holder: Any = manifest
    for step in (
        POD if FIELDS[position] in ("command", "args", "image", "env", "resources") else POD[:position]
    ):
        holder = holder[step]
    if isinstance(holder, dict):
        holder[FIELDS[position]] = shape

    problems_of(manifest, CATALOGUE, gpu_memory_gib=24.0)


@often(300)
@given(
    st.lists(
        st.sampled_from(["-tp", "--max-model-len", "--model", "--config", "="]) | st.text(max_size=6) | shapes
    )
)
def test_arguments_of_any_shape_are_read_without_an_exception(args: list[Any]) -> None:
    problems_of(workspace(server("--model", "acme/plain", *args)), CATALOGUE, gpu_memory_gib=24.0)


@often(300)
@given(
    st.dictionaries(st.sampled_from(["modelId", "resources", "maxModelLen", "extraArgs", "imageRef"]), shapes)
)
def test_values_of_any_shape_are_read_without_an_exception(document: dict[str, Any]) -> None:
    of_values(document, gpu_memory_gib=24.0)
    of_values({**document, "modelId": "acme/plain"}, gpu_memory_gib=24.0)
    of_values(
        {"modelId": "acme/plain", "resources": {"gpu": document.get("maxModelLen")}}, gpu_memory_gib=24.0
    )


def test_stages_are_proposed_only_if_they_let_the_model_use_its_gpus() -> None:
    [six] = of_values(values("acme/odd", gpu=6))
    [shallow] = check_values(
        values("acme/shallow", gpu=3), Catalogue(MappingProxyType({"acme/shallow": SHALLOW})), IMAGE
    )

    assert "keep 6 with pipelineParallelSize: 3" in six.fix
    assert shallow.fix == "Use 1, 2, 4 or 8 GPUs"


def test_pipeline_stages_share_the_weights_and_the_layers() -> None:
    # A stage has 5 GiB of weights and 16 layers: 5.1 + 2.555 GiB and half a GiB for 8192 tokens are 8.155.
    document = values(gpu=2, maxModelLen=8192, pipelineParallelSize=2)
    [problem] = of_values(document, gpu_memory_gib=9.0)

    assert "needs 8.2 GiB on each GPU (2 of 9 GiB)" in problem.message
    assert problem.fix == "Set the maximum model length to at most 7290 tokens, or use 4 GPUs"
    assert of_values(document, gpu_memory_gib=9.1) == []


def test_the_stages_of_a_workspace_are_read_from_its_arguments() -> None:
    server_of_two = server(
        "--model", "acme/plain", "--pipeline-parallel-size", "2", "--max-model-len", "8192"
    )

    assert not problems_of(workspace(server_of_two), CATALOGUE, gpu_memory_gib=9.1)


def test_gpus_are_counted_as_a_person_would() -> None:
    assert [gpus_text([1]), gpus_text([1, 2]), gpus_text([1, 2, 4])] == [
        "1 GPU",
        "1 or 2 GPUs",
        "1, 2 or 4 GPUs",
    ]


@pytest.mark.parametrize("key", ["max-model-len", "max_model_len"])
def test_the_length_of_a_preset_is_judged_in_both_spellings(key: str) -> None:
    problems = check_settings("phi-4", {key: 999999}, Catalogue.open(()), ("vllm", "max-model-len"))
    assert [(each.rule, each.path) for each in problems] == [("model/max-model-len", ("vllm", key))]
