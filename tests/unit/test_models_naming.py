"""What the id of a model says: quantized or not, for text or not, and how large."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from kaito_pack.base.problems import PackError, Problem
from kaito_pack.facts.tables import table
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.checks import check_serving
from kaito_pack.models.model import Model
from kaito_pack.models.quantization import check_quantization, quantization_of, supports
from kaito_pack.models.serving import Serving
from kaito_pack.models.tasks import check_task, other_task
from kaito_pack.models.words import billions_of, words_of
from kaito_pack.pack import Pack

PACKED = Model("acme/packed", quantization="awq", quantization_bits=4)
PLAIN = Model("acme/plain-AWQ", task="text-generation")
VECTORS = Model("acme/vectors", task="embedding")
CATALOGUE = Catalogue(MappingProxyType({model.model_id.lower(): model for model in (PACKED, PLAIN, VECTORS)}))
BASE = "mcr.microsoft.com/aks/kaito/kaito-base"


@pytest.mark.parametrize(
    ("model_id", "name"),
    [
        ("acme/packed", "awq"),
        ("casperhansen/llama-3-8b-instruct-awq", "awq"),
        ("Qwen/Qwen2.5-72B-Instruct-GPTQ-Int4", "gptq"),
        ("nvidia/Llama-3.3-70B-Instruct-FP4", "fp4"),
        ("01-ai/Yi-1.5-34B-Chat-4bits", "bitsandbytes"),
        ("unsloth/gemma-4-31B-it-unsloth-bnb-4bit", "bitsandbytes"),
        ("turboderp/Llama-3-8B-exl3", "exllama"),
        ("ISTA-DASLab/Llama-2-7b-AQLM-2Bit-1x16-hf", "aqlm"),
        ("acme/Llama-3-8B-1.58bit", "bitnet"),
        ("acme/lynx-float8", "fp8"),
        ("RedHatAI/Qwen3-8B-FP8-dynamic", "fp8"),
        ("RedHatAI/Qwen3-8B-quantized.w4a16", "int"),
        ("google/gemma-3-27b-it-qat-q4_0", "llama.cpp"),
        ("mlx-community/Qwen3-8B", "mlx"),
        ("acme/Lynx-8B-AutoAWQ", "awq"),
        ("RedHatAI/Qwen3-8B-NVFP4A16", "fp4"),
        ("pytorch/Qwen3-8B-INT8-INT4", "int"),
        ("acme/Lynx-8B-3.0bpw-h6-exl2", "exllama"),
        ("deepseek-ai/DeepSeek-R1", "fp8"),
        ("deepseek-ai/DeepSeek-V3.1", "fp8"),
        ("moonshotai/Kimi-K2-Instruct", "fp8 or int4"),
        ("MiniMaxAI/MiniMax-M2", "fp8"),
        ("unsloth/gpt-oss-20b", "mxfp4"),
    ],
)
def test_a_quantized_model_is_known_by_catalogue_name_or_family(model_id: str, name: str) -> None:
    quantization = quantization_of(model_id, CATALOGUE)

    assert quantization is not None
    assert quantization.format == name


@pytest.mark.parametrize(
    "model_id",
    [
        "acme/plain-AWQ",
        "acme/lynx-unquantized",
        "google/gemma-3-27b-it-qat-q4_0-unquantized",
        "unsloth/gpt-oss-20b-BF16",
        "deepseek-ai/DeepSeek-R1-Distill-Llama-70B",
        "deepseek-ai/DeepSeek-R1-0528-Qwen3-8B",
        "deepseek-ai/DeepSeek-V2-Lite",
        "MiniMaxAI/MiniMax-M1-80k",
        "Qwen/Qwen3-8B",
        "microsoft/Phi-3.5-mini-instruct",
        "acme/quantum-8b",
    ],
)
def test_what_is_not_quantized_is_not_called_so(model_id: str) -> None:
    assert quantization_of(model_id, CATALOGUE) is None


def test_no_unquantized_model_of_the_catalogue_would_be_called_quantized_by_its_id() -> None:
    own, bare = Catalogue.open(), Catalogue(MappingProxyType({}))
    for model in own.models:
        copied = f"copies/{model.model_id.rpartition('/')[2]}"
        assert (quantization_of(copied, bare) is not None) == bool(model.quantization), model.model_id


@pytest.mark.parametrize(
    ("model_id", "image", "is_allowed", "rule", "remedy"),
    [
        ("acme/lynx-awq", "0.1.1", False, "model/quantized", "Use the unquantized original"),
        ("acme/lynx-awq", "0.1.1", True, "model/quantized-allowed", "log of the first start"),
        ("acme/lynx-hqq", "0.5.0", True, "model/quantization-unsupported", "unquantized original"),
        ("acme/lynx-mxfp8", "0.1.1", False, "model/quantized", "imageRef of kaito-base:0.3.0 or newer"),
        ("acme/lynx-mxfp8", "0.1.1", True, "model/quantization-unsupported", "kaito-base:0.3.0 or newer"),
        ("acme/lynx-exl2", "9.9.9", True, "model/quantization-unsupported", "unquantized original"),
        ("acme/lynx-awq", "9.9.9", True, "model/quantized-allowed", "log of the first start"),
        ("openai/gpt-oss-120b", "0.1.1", False, "model/quantized", "`premadeModel: gpt-oss:120b`"),
        ("openai/gpt-oss-20b", "0.1.1", False, "model/quantized", "`preset: gpt-oss-20b`"),
        ("acme/lynx-fp8", "0.1.1", False, "model/quantized", "`preset: acme/lynx-fp8`"),
    ],
)
def test_a_quantized_model_gets_the_remedies_that_work(
    model_id: str, image: str, is_allowed: bool, rule: str, remedy: str
) -> None:
    [problem] = check_quantization(model_id, ("modelId",), CATALOGUE, f"{BASE}:{image}", "0.12", is_allowed)

    assert problem.rule == rule
    assert remedy in problem.fix
    assert ("quantization: allow" in problem.fix) == (rule != "model/quantization-unsupported")


def test_a_preset_is_named_only_for_a_kaito_that_has_it() -> None:
    [problem] = check_quantization("openai/gpt-oss-20b", (), CATALOGUE, f"{BASE}:0.1.1", "0.6", False)

    assert "preset" not in problem.fix


def test_every_method_of_a_format_is_one_of_vllm() -> None:
    known = set(table("vllm/quantization.json"))
    for name in ("formats", "families"):
        for key, row in table(f"models/{name}.json").items():
            assert set(row["methods"]) <= known, key


def test_a_method_that_vllm_dropped_is_not_supported_any_more() -> None:
    assert supports("0.12.0", ["hqq"])
    assert not supports("0.17.1", ["hqq"])
    assert not supports("0.12.0", [])


@pytest.mark.parametrize(
    ("model_id", "what"),
    [
        ("BAAI/bge-m3", "embeds text"),
        ("intfloat/multilingual-e5-large", "embeds text"),
        ("Qwen/Qwen3-Embedding-0.6B", "embeds text"),
        ("acme/vectors", "embeds text"),
        ("Qwen/Qwen3-Reranker-4B", "ranks documents"),
        ("openai/whisper-large-v3", "reads or makes speech"),
        ("google-bert/bert-base-uncased", "encodes text"),
        ("google/flan-t5-xl", "is an encoder-decoder model"),
        ("black-forest-labs/FLUX.1-dev", "reads or makes images"),
        ("Qwen/Qwen3-8B", None),
        ("meta-llama/Llama-Guard-3-8B", None),
        ("llava-hf/llava-1.5-7b-hf", None),
    ],
)
def test_a_model_for_something_else_is_known_by_catalogue_or_name(model_id: str, what: str | None) -> None:
    assert other_task(model_id, CATALOGUE) == what
    assert [problem.severity for problem in check_task(model_id, (), CATALOGUE)] == ["warning"] * bool(what)


def test_every_model_of_the_catalogue_generates_text_by_its_name_too() -> None:
    bare = Catalogue(MappingProxyType({}))
    for model in Catalogue.open().models:
        assert other_task(f"copies/{model.model_id.rpartition('/')[2]}", bare) is None


@pytest.mark.parametrize(
    ("model_id", "billions"),
    [
        ("acme/Lynx-70B", 70),
        ("acme/lynx-1.5b-instruct", 1.5),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", 44.8),
        ("Qwen/Qwen3-30B-A3B", 30),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", 0.135),
        ("microsoft/bitnet-b1.58-2B-4T", 2),
        ("Qwen/Qwen2.5-7B-Instruct-1M", 7),
        ("google/gemma-4-E2B-it", None),
        ("microsoft/Phi-3-mini-128k-instruct", None),
    ],
)
def test_the_size_is_read_from_the_name(model_id: str, billions: float | None) -> None:
    assert billions_of(model_id) == billions


@pytest.mark.parametrize("row", ['{"words": "("}', '{"what": "a"}', '{"words": "a", "but": "["}'])
def test_a_pack_with_a_bad_row_is_refused(tmp_path: Path, row: str) -> None:
    (tmp_path / "facts" / "models").mkdir(parents=True)
    (tmp_path / "facts" / "models" / "tasks.json").write_text(f'{{"new": {row}}}', encoding="utf-8")
    try:
        Pack([tmp_path])
        with pytest.raises(PackError, match=r"facts/models/tasks\.json"):
            list(check_task("acme/lynx", (), CATALOGUE))
    finally:
        Pack()


def test_words_are_what_stands_between_separators() -> None:
    assert words_of("acme/Lynx_v2.5-8B.w4a16") == "-lynx-v2.5-8b-w4a16-"


def sizes(serving: Serving, memory: float | None) -> list[Problem]:
    """What is reported of the size that the name of a model tells."""
    result = check_serving(serving, CATALOGUE, memory)
    return [problem for problem in result if problem.rule == "model/size-in-name"]


@pytest.mark.parametrize(
    ("model_id", "gpus", "memory", "count"),
    [
        ("acme/Lynx-70B", 1, 80.0, 1),  # 130 GiB
        ("acme/Lynx-70B", 4, 80.0, 0),
        ("acme/Lynx-70B-AWQ", 1, 80.0, 0),  # 4 bits: 33 GiB
        ("acme/Lynx-70B", 1, None, 0),
        ("acme/Lynx-405B", 2, None, 1),
        ("deepseek-ai/DeepSeek-R1", 1, None, 1),
        ("acme/Lynx", 1, 80.0, 0),
        ("acme/packed", 1, 1.0, 0),
    ],
)
def test_a_size_that_its_gpus_cannot_hold_is_a_warning(
    model_id: str, gpus: int, memory: float | None, count: int
) -> None:
    serving = Serving(model_id, None, tensor_parallel_size=gpus, gpu_count=gpus)
    problems = sizes(serving, memory)

    assert len(problems) == count
    assert all("its size is estimated" in problem.message for problem in problems)


def test_an_argument_that_changes_the_memory_leaves_the_size_unjudged() -> None:
    serving = Serving("acme/Lynx-405B", None, gpu_count=1, plain_memory=False)

    assert sizes(serving, 80.0) == []
