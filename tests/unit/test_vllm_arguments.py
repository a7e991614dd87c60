"""vLLM's arguments: the tables, how a command line is read, and what is refused by which version."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.base.problems import Problem
from kaito_pack.facts.tables import table
from kaito_pack.models.argument_checks import check_arguments, relations
from kaito_pack.models.argument_table import argument_table, normalized, table_versions
from kaito_pack.models.argument_values import size, wanted_instead
from kaito_pack.models.images import images_table, lacks_program, preset_vllm, vllm_of
from kaito_pack.models.parallel import gpu_need
from kaito_pack.models.server_checks import check_servers, table_for
from kaito_pack.models.setting_checks import check_setting_arguments

VERSIONS = table_versions()
TYPES = {"flag", "switch", "int", "float", "size", "text", "json", "object", "text or json", "lora"}
FIELDS = {
    "type", "aliases", "choices", "names", "values", "minimum", "maximum", "above", "below", "auto", "none",
    "largestUnit", "deprecated",
}  # fmt: skip


def problems(*words: str, vllm: str | None = "0.12.0", prefix: str | None = None) -> list[Problem]:
    return list(check_arguments(words, vllm, lambda index: ("args", index), prefix))


def rules(*words: str, vllm: str | None = "0.12.0") -> list[tuple[str, int]]:
    return [(problem.rule, int(problem.path[1])) for problem in problems(*words, vllm=vllm)]


def test_there_is_a_table_for_each_vllm_of_kaito_base() -> None:
    assert {"0.10.1.1", "0.12.0", "0.25.1"} <= set(VERSIONS)
    assert set(images_table()["tags"]["kaito-base"].values()) <= set(VERSIONS)
    assert set(table("vllm.json")["kaitoBase"].values()) <= set(VERSIONS)


@pytest.mark.parametrize("version", VERSIONS)
def test_rows_have_known_types_and_fields(version: str) -> None:
    content = table(f"vllm/{version}.json")
    assert content["vllm"] == version
    for name, row in content["flags"].items():
        assert name.startswith("--"), name
        assert row["type"] in TYPES, name
        assert set(row) <= FIELDS, name
    known = argument_table(version)
    assert known is not None
    for name in ("--model", "--max-model-len", "--tensor-parallel-size", "-tp", "--no-enable-lora"):
        assert name in known.names


def test_what_an_argument_needs_is_an_argument() -> None:
    newest = argument_table(VERSIONS[-1])
    assert newest is not None
    for name, needed in relations()["needs"].items():
        assert {name, *needed} <= set(newest.arguments)


@pytest.mark.parametrize(
    ("image", "vllm"),
    [
        ("mcr.microsoft.com/aks/kaito/kaito-base:0.1.1", "0.12.0"),
        ("mirror.example.com:5000/kaito-base:0.2.5@sha256:ab", "0.14.1"),
        ("kaito-base:0.4.2", "0.22.1"),
        ("kaito-base:0.5.0", "0.25.1"),
        ("kaito-base:9.9.9", None),
        ("vllm/vllm-openai:v0.12.0", "0.12.0"),
        ("vllm/vllm-openai:v0.10.1.1-x86_64", "0.10.1.1"),
        ("vllm/vllm-openai:latest", None),
        ("vllm/vllm-openai", None),
        ("example.com/vllm:v0.12.0", None),
    ],
)
def test_the_image_says_which_vllm_it_is(image: str, vllm: str | None) -> None:
    assert vllm_of(image) == vllm


def test_presets_run_the_vllm_of_their_kaito() -> None:
    assert [preset_vllm(minor) for minor in ("0.8", "0.9", "0.10", "0.11")] == [
        None,
        "0.14.1",
        "0.17.1",
        "0.22.1",
    ]


def test_only_vllm_s_own_image_lacks_python() -> None:
    assert lacks_program("vllm/vllm-openai:v0.12.0", "python")
    assert not lacks_program("vllm/vllm-openai:v0.12.0", "python3")
    assert not lacks_program("kaito-base:0.1.1", "python")


@pytest.mark.parametrize(
    "words",
    [
        ("--max_model_len", "8192"),
        ("--max-model-len=8k",),
        ("--max-model", "25.6k"),
        ("-tp", "2", "-q", "fp8"),
        ("-qfp8",),
        ("--no-enable-prefix-caching",),
        ("--kv-transfer-config.kv_role", "kv_both"),
        ("--kv-transfer-config.kv_extra.a=1",),
        ("-O3",),
        ("-O", "2"),
        ("--compilation-config", '{"level": 3}'),
        ("--lora-modules", "a=/b", '{"name": "c", "path": "/d"}', "--enable-lora"),
        ("--served-model-name", "a", "b"),
        ("--limit-mm-per-prompt", '{"image": 2}'),
        ("--seed", "-1"),
        ("--enable-auto-tool-choice", "--tool-call-parser", "hermes"),
        ("--enable-auto-tool-choice", "--config", "/etc/vllm.yaml"),
        ("--enable-auto-tool-choice", "--no-enable-auto-tool-choice"),
        ("--tool-call-parser", "mine", "--tool-parser-plugin", "/p.py", "--enable-auto-tool-choice"),
        ("org/model", "--port", "8000"),
        ("--tensor-parallel-size", "$(GPUS)", "--max-model-len=${LENGTH}", "--seed", "$SEED"),
        ("model", "$EXTRA_ARGS", "--enable-auto-tool-choice", "$MORE"),
    ],
)
def test_right_arguments_have_no_problem(words: tuple[str, ...]) -> None:
    assert problems(*words) == []


@pytest.mark.parametrize(
    ("words", "rule", "position"),
    [
        (("--max-model-length", "8192"), "unknown-argument", 0),
        (("--gpu-memory-utilisation", "0.9"), "unknown-argument", 0),
        (("--enforce-eager", "-tp2"), "unknown-argument", 1),
        (("--enable-l",), "ambiguous-argument", 0),
        (("--gpu-memory-utilization", "1.5"), "argument-value", 1),
        (("--gpu-memory-utilization", "0"), "argument-value", 1),
        (("--gpu-memory-utilization=high",), "argument-value", 0),
        (("--tensor-parallel-size", "2.0"), "argument-value", 1),
        (("--tensor-parallel-size", "0"), "argument-value", 1),
        (("--max-num-seqs", "0"), "argument-value", 1),
        (("--max-model-len", "auto"), "argument-value", 1),
        (("--max-model-len", "1.5K"), "argument-value", 1),
        (("--dtype", "fp16"), "argument-value", 1),
        (("--quantization", "gptq4"), "argument-value", 1),
        (("--load-format", "safetensor"), "argument-value", 1),
        (("--reasoning-parser", "deepseek"), "argument-value", 1),
        (("--hf-overrides", "{rope}"), "argument-value", 1),
        (("--kv-transfer-config", "[]"), "argument-value", 1),
        (("--lora-modules", "adapter", "--enable-lora"), "argument-value", 1),
        (("--tool-call-parser", "herms", "--enable-auto-tool-choice"), "argument-value", 1),
        (("--max-num-seqs", "--enforce-eager"), "argument-without-value", 0),
        (("--port",), "argument-without-value", 0),
        (("--enforce-eager=true",), "argument-takes-no-value", 0),
        (("model", "--enforce-eager", "true"), "argument-stray", 2),
        (("--enable-auto-tool-choice",), "argument-needs", 0),
        (("--lora-modules", "a=/b"), "argument-needs", 0),
        (("--enable-log-outputs",), "argument-needs", 0),
    ],
)
def test_wrong_arguments_are_refused_at_their_word(words: tuple[str, ...], rule: str, position: int) -> None:
    assert rules(*words) == [(f"model/{rule}", position)]


def test_a_deprecated_argument_names_the_version_without_it() -> None:
    (result,) = problems("--disable-log-requests")
    assert (result.rule, result.severity) == ("advice/deprecated-argument", "warning")
    assert "vLLM 0.17.1 does not have it" in result.message


def test_the_version_decides() -> None:
    assert rules("--disable-log-requests", vllm="0.14.1") == [("advice/deprecated-argument", 0)]
    assert rules("--disable-log-requests", vllm="0.17.1") == [("model/unknown-argument", 0)]
    assert rules("--attention-backend", "TRITON_ATTN", vllm="0.12.0") == [("model/unknown-argument", 0)]
    assert rules("--max-model-len", "auto", vllm="0.14.1") == []
    assert rules("--kv-cache-dtype", "nvfp4", vllm="0.19.1") == [("model/argument-value", 1)]
    assert rules("--kv-cache-dtype", "nvfp4", vllm="0.22.1") == []


@pytest.mark.parametrize(
    ("words", "vllm", "fix"),
    [
        (("--max-model-length", "8"), "0.12.0", "Did you mean --max-model-len?"),
        (("--attention-backend", "A"), "0.12.0", "Delete it, or use an image with vLLM 0.14.1 or newer"),
        (("--rope-theta", "1"), "0.12.0", "Delete it; vLLM 0.10.1.1 was the last known version to have it"),
        (("--kv-cache-dtype", "fp8-e4m3"), "0.12.0", "Did you mean fp8_e4m3?"),
    ],
)
def test_a_remedy_knows_the_other_versions(words: tuple[str, ...], vllm: str, fix: str) -> None:
    assert [problem.fix for problem in problems(*words, vllm=vllm)] == [fix]


@pytest.mark.parametrize("vllm", [None, "0.13.0", "0.9.2", "0.26.0"])
def test_an_unknown_version_gets_warnings_of_what_all_versions_refuse(vllm: str | None) -> None:
    (problem,) = problems("--max-model-length", "8", vllm=vllm)
    assert (problem.rule, problem.severity) == ("advice/argument", "warning")


def test_an_unknown_version_is_not_judged_by_one_table_alone() -> None:
    assert problems("--attention-backend", "A", vllm=None) == []
    assert problems("--rope-theta", "1", vllm=None) == []
    assert problems("--disable-log-requests", vllm="0.16.0") == []


def test_the_arguments_of_a_wrapper_are_its_own() -> None:
    assert problems("--kaito-config-file", "/c", prefix="--kaito-") == []
    assert [problem.rule for problem in problems("--kaito-config-file", "/c")] == ["model/unknown-argument"]


@pytest.mark.parametrize("text", ["hf_" + "a" * 30, "sk-" + "a1" * 20])
def test_a_secret_in_an_argument_is_not_shown(text: str) -> None:
    for result in problems(f"--api-keys={text}", "--seed", text):
        assert text not in result.message + result.fix


@pytest.mark.parametrize(
    ("text", "row", "tokens"),
    [
        ("8192", {}, 8192),
        ("8k", {}, 8000),
        ("8K", {}, 8192),
        ("25.6k", {}, 25600),
        ("1.5m", {}, 1_500_000),
        ("1t", {}, 10**12),
        ("1t", {"largestUnit": "g"}, None),
        ("1.5K", {}, None),
        (".5k", {}, None),
        ("k", {}, None),
        ("8 k", {}, None),
        ("9" * 50, {}, None),
    ],
)
def test_sizes_are_read_as_vllm_reads_them(text: str, row: dict[str, Any], tokens: int | None) -> None:
    assert size(text, row) == tokens


def test_underscores_of_a_name_are_dashes_and_those_behind_a_dot_are_not() -> None:
    assert normalized("--a_b.c_d=e_f") == "--a-b.c_d=e_f"
    assert normalized("-a_b") == "-a_b"


def test_a_value_says_what_is_expected() -> None:
    known = argument_table("0.12.0")
    assert known is not None
    wanted = wanted_instead(known.arguments["--gpu-memory-utilization"], "2")
    assert wanted == "a number above 0 and at most 1"


@pytest.mark.parametrize(
    ("words", "gpus"),
    [
        ((), 1),
        (("-tp", "4"), 4),
        (("--tensor-parallel-size", "4", "--pipeline-parallel-size=2"), 8),
        (("-tp", "2", "-pp", "3", "-dp", "2"), 12),
        (("-tp", "2", "-tp", "4"), 4),
        (("--tensor-parallel", "4"), 4),
        (("-tp", "8", "-pp", "2", "--nnodes", "2"), 8),
        (("-tp", "2", "-dp", "8", "-dpl", "2"), 4),
        (("-tp", "2", "-dp", "8", "--data-parallel-rank", "3"), 2),
        (("-tp", "$(GPUS)"), None),
        (("-tp", "2", "--config", "/c.yaml"), None),
        (("-tp", "16", "--distributed-executor-backend", "ray"), None),
        (("-tp", "2", "--distributed-executor-backend", "mp"), 2),
        (("-dp", "4", "--data-parallel-external-lb"), None),
    ],
)
def test_the_parallel_sizes_multiply(words: tuple[str, ...], gpus: int | None) -> None:
    given, _ = table_for("0.12.0").read(words)
    need = gpu_need(given, words)
    assert (need.gpus if need else None) == gpus


def workspace(args: list[str], gpus: str = "1", **container: Any) -> dict[str, Any]:
    server = {
        "name": "model",
        "image": "kaito-base:0.1.1",
        "command": ["python3"],
        "args": ["-m", "vllm.entrypoints.openai.api_server", "--model", "a/b", *args],
        "resources": {"limits": {"nvidia.com/gpu": gpus}},
    } | container
    return {"inference": {"template": {"spec": {"containers": [server]}}}}


HTTP = {"readinessProbe": {"httpGet": {"path": "/health", "port": 8000}}}
HTTPS = {"readinessProbe": {"httpGet": {"path": "/health", "port": 8000, "scheme": "HTTPS"}}}
EXEC = {"readinessProbe": {"exec": {"command": ["true"]}}}


@pytest.mark.parametrize(
    ("args", "extra", "is_reached"),
    [
        (["--host", "127.0.0.1"], HTTP, False),
        (["--host=localhost"], HTTP, False),
        (["--host", "::1"], HTTP, False),
        (["--host", "127.1"], HTTP, False),
        (["--host", "0x7f.0.0.1"], HTTP, False),
        (["--host", "::ffff:127.0.0.1"], HTTP, False),
        (["--host", "::1%lo"], HTTP, False),
        (["--host", "localhost."], HTTP, False),
        (["--host", "ip6-localhost"], HTTP, False),
        (["--host", "vllm.internal"], HTTP, True),
        (["--host", "127.0.0.1"], {}, False),
        (["--host", "0.0.0.0"], HTTP, True),
        (["--host", "::"], HTTP, True),
        (["--uds", "/tmp/s"], HTTP, False),
        (["--headless"], HTTP, False),
        (["--ssl-keyfile", "/k"], HTTP, False),
        (["--ssl-keyfile", "/k"], HTTPS, True),
        (["--ssl-certfile", "/c"], EXEC, True),
        (["--root-path", "/v2"], HTTP, True),
    ],
)
def test_a_server_must_be_where_probes_ask(args: list[str], extra: Any, is_reached: bool) -> None:
    result = [problem.rule for problem in check_servers(workspace(args, **extra))]
    assert (result == []) is is_reached
    assert set(result) <= {"model/server-unreachable"}


def test_a_sidecar_may_lead_to_a_server_on_loopback() -> None:
    body = workspace(["--host", "127.0.0.1"])
    body["inference"]["template"]["spec"]["containers"].append({"name": "proxy", "image": "nginx:1.29"})
    assert list(check_servers(body)) == []


@pytest.mark.parametrize(
    ("args", "gpus", "rule"),
    [
        (["-tp", "2"], "2", None),
        (["-tp", "1", "-pp", "3"], "3", None),
        (["-tp", "2", "-pp", "3"], "3", "model/too-few-gpus"),
        (["-tp", "2"], "4", "advice/gpus-idle"),
    ],
)
def test_the_gpus_of_the_pod_are_the_product(args: list[str], gpus: str, rule: str | None) -> None:
    result = [problem.rule for problem in check_servers(workspace(args, gpus))]
    assert result == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("container", "rule"),
    [
        ({"command": ["/bin/sh", "-c"], "args": ["exec vllm serve a/b --no-such 1"]}, "unknown-argument"),
        ({"command": None, "image": "vllm/vllm-openai:v0.12.0", "args": ["--no-such"]}, "unknown-argument"),
        ({"command": ["vllm", "bench", "serve"], "args": ["--no-such"]}, None),
        ({"command": ["python3", "-m", "vllm.entrypoints.api_server"], "args": ["--no-such"]}, None),
        ({"command": ["python3", "/workspace/vllm/inference_api.py"], "args": ["--kaito-x", "1"]}, None),
    ],
)
def test_the_command_that_serves_is_judged(container: dict[str, Any], rule: str | None) -> None:
    body = workspace([])
    body["inference"]["template"]["spec"]["containers"][0] |= container
    result = [problem.rule for problem in check_servers(body)]
    assert result == ([f"model/{rule}"] if rule else [])


def settings(vllm: str | None = "0.22.1", **values: Any) -> list[tuple[str, Any]]:
    named = {name.replace("_", "-"): value for name, value in values.items()}
    return [
        (problem.rule, problem.path[-1])
        for problem in check_setting_arguments(named, vllm, lambda name: ("vllm", name))
    ]


def test_settings_of_a_preset_are_judged_by_its_vllm() -> None:
    assert settings(max_model_len=8192, gpu_memory_utilization=0.9, enforce_eager=True) == []
    assert settings(max_model_length=8192) == [("model/unknown-setting", "max-model-length")]
    assert settings(gpu_memory_utilization=1.5) == [("model/argument-value", "gpu-memory-utilization")]
    assert settings(swap_space=4) == [("advice/setting-removed", "swap-space")]
    assert settings(enable_auto_tool_choice=True) == [("model/argument-needs", "enable-auto-tool-choice")]
    assert settings(enforce_eager=False) == [("advice/setting-not-off", "enforce-eager")]
    assert settings(enforce_eager=True, enable_lora=True) == [("advice/setting-second-switch", "enable-lora")]


def test_settings_of_an_unknown_vllm_get_warnings() -> None:
    assert settings(None, max_model_length=8192, swap_space=4) == [("advice/argument", "max-model-length")]
