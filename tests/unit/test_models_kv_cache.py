"""The KV cache of models whose layers differ, against figures worked out by hand from vLLM 0.12.0."""

from __future__ import annotations

import pytest

from kaito_pack.models.catalogue import Catalogue, vllm_table
from kaito_pack.models.fit import UPPER_BOUND, fit_of, fit_table
from kaito_pack.models.kv_cache import cache_bytes, has_known_layers
from kaito_pack.models.memory import budget, longest_max_model_len
from kaito_pack.models.model import Model
from kaito_pack.models.serving import Serving, serving_of_values
from tests.model_cases import PLAIN

GIB = 2**30
# A token takes 8 heads x 128 x 2 x 2 bytes in one layer: 4096.
WINDOWS = PLAIN._replace(
    architectures=("Gemma3ForCausalLM",),
    layers=8,
    full_attention_layers=2,
    sliding_window_layers=6,
    sliding_window=1024,
)
STATES = PLAIN._replace(layers=8, full_attention_layers=2, state_space_layers=6, state_space_mib=0.1)
UNKNOWN = PLAIN._replace(architectures=("Gemma3ForCausalLM",))


@pytest.mark.parametrize(
    ("model_id", "gpus", "tokens", "gpu_memory", "cache"),
    [
        ("Qwen/Qwen3.8-27B", 2, 262144, 48.0, 8.0),
        ("google/gemma-3-27b-it", 1, 131072, 80.0, 13.7),
        ("nvidia/NVIDIA-Nemotron-Nano-9B-v2", 1, 131072, 24.0, 2.0),
    ],
)
def test_models_of_the_catalogue_fit_where_they_run(
    model_id: str, gpus: int, tokens: int, gpu_memory: float, cache: float
) -> None:
    model = Catalogue.open().find(model_id)
    assert model is not None
    plan = budget(model, gpus, tokens, gpu_memory)

    assert plan.kv_cache_gib == pytest.approx(cache, abs=0.1)
    assert plan.fits or gpu_memory < 48
    assert not plan.is_upper_bound


def test_a_window_keeps_its_tokens_those_of_a_batch_and_one_block_more() -> None:
    # 1023 + 2048 = 3071 tokens are 192 blocks, and one more: 193 x 16 = 3088 tokens.
    assert cache_bytes(WINDOWS, 1, 65536, 2048) == (2 * 65536 + 6 * 3088) * 4096


def test_a_request_shorter_than_the_window_takes_its_own_length_and_one_block_more() -> None:
    assert cache_bytes(WINDOWS, 1, 512, 2048) == (2 * 512 + 6 * (512 + 16)) * 4096


def test_a_state_takes_one_block_whatever_the_length_and_blocks_hold_a_state() -> None:
    # 0.1 MiB are 104858 bytes: 2 blocks of 16 tokens, so that a block has 32. 100 tokens are 4 of them.
    assert cache_bytes(STATES, 1, 100, 2048) == (2 * 4 * 32 + 6 * 32) * 4096
    assert cache_bytes(STATES, 1, 65536, 2048) == (2 * 65536 + 6 * 32) * 4096


def test_layers_with_full_attention_may_have_heads_of_their_own() -> None:
    model = WINDOWS._replace(sliding_window_layers=None, global_kv_heads=1, global_head_size=512)

    assert cache_bytes(model, 1, 1600, 2048) == 2 * 1600 * 512 * 2 * 2
    assert cache_bytes(model, 4, 1600, 2048) == 4 * cache_bytes(model, 1, 1600, 2048)


def test_the_longest_length_is_that_of_the_layers_that_grow() -> None:
    longest = longest_max_model_len(WINDOWS, 1, 14.6, utilization=1.0)

    assert longest == WINDOWS.max_tokens
    assert longest > longest_max_model_len(PLAIN, 1, 14.6, utilization=1.0)


def test_larger_batches_need_more_cache_in_the_windows() -> None:
    small, large = (
        serving_of_values({"modelId": "a/b", "extraArgs": ["--max-num-batched-tokens", size]}, None)
        for size in ("512", "4k")
    )

    assert (small.batched_tokens, large.batched_tokens) == (512, 4000)
    assert (
        budget(WINDOWS, 1, 65536, 24.0, batched=512).kv_cache_gib
        < budget(WINDOWS, 1, 65536, 24.0).kv_cache_gib
    )


def test_without_the_hybrid_manager_every_layer_keeps_every_token() -> None:
    serving = serving_of_values({"extraArgs": ["--disable-hybrid-kv-cache-manager"]}, None)
    plan = budget(WINDOWS, 1, 65536, 24.0, batched=serving.batched_tokens)

    assert plan.kv_cache_gib == pytest.approx((8 * 65536 + 6 * 16) * 4096 / GIB)


def test_the_layers_of_a_mixed_architecture_are_unknown_unless_the_catalogue_counts_them() -> None:
    assert not has_known_layers(UNKNOWN)
    assert has_known_layers(WINDOWS)
    assert has_known_layers(PLAIN)


def test_an_upper_bound_is_called_so_and_is_no_reason_to_warn() -> None:
    serving = Serving("acme/unknown", None)
    fit = fit_of(serving, UNKNOWN, 20.0, None)
    assert fit is not None
    rows = dict(fit_table(fit))

    assert not fit.budget.fits
    assert not fit.budget.cannot_fit
    assert rows["KV cache, 131072 tokens"] == "at most 16.00 GiB"
    assert rows["longest maxModelLen"].startswith("at least ")
    assert rows["note"] == UPPER_BOUND


def test_weights_that_do_not_fit_are_certain_whatever_the_layers() -> None:
    assert budget(UNKNOWN, 1, 1, 12.0).cannot_fit


def test_every_architecture_with_mixed_layers_is_one_that_vllm_knows() -> None:
    assert set(vllm_table()["mixedLayers"]) <= set(vllm_table()["architectures"])


def test_layers_are_never_more_than_the_model_has() -> None:
    for model in Catalogue.open().models:
        kinds = (model.full_attention_layers, model.sliding_window_layers, model.state_space_layers)
        assert sum(count or 0 for count in kinds) <= (model.layers or 0), model.model_id


def test_a_plain_model_is_counted_as_kaito_does() -> None:
    model = Model("a/b", layers=32, kv_heads=8, head_size=128)

    assert cache_bytes(model, 1, 1000, 2048) == 1000 * 32 * 8 * 128 * 4
