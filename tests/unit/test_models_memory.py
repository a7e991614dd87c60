"""The memory budget, against figures worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaito_pack.models.heads import tensor_parallel_sizes
from kaito_pack.models.memory import (
    budget,
    budget_table,
    fitting_gpu_counts,
    longest_max_model_len,
)
from kaito_pack.models.model import Model
from tests.model_cases import PLAIN
from tests.tiers import often

# A token takes 61 layers x (512 + 64) x 2 bytes = 70272 bytes on every GPU.
COMPRESSED = Model(
    "acme/compressed",
    weights_gib=640.0,
    max_tokens=163840,
    layers=61,
    attention_heads=128,
    kv_heads=128,
    head_size=56,
    kv_lora_rank=512,
    qk_rope_head_dim=64,
)
FEW_HEADS = Model(
    "acme/few-heads",
    weights_gib=4.0,
    max_tokens=32768,
    layers=10,
    attention_heads=8,
    kv_heads=2,
    head_size=64,
)

models = st.builds(
    Model,
    model_id=st.just("acme/any"),
    weights_gib=st.floats(0.1, 1000),
    max_tokens=st.integers(1, 2_000_000),
    layers=st.integers(1, 130),
    attention_heads=st.integers(1, 128),
    kv_heads=st.integers(1, 128),
    head_size=st.integers(1, 512),
    kv_lora_rank=st.none() | st.integers(1, 1024),
    qk_rope_head_dim=st.integers(1, 128),
    full_attention_layers=st.none() | st.integers(1, 130),
    sliding_window_layers=st.none() | st.integers(1, 130),
    sliding_window=st.none() | st.integers(1, 10_000),
    state_space_layers=st.none() | st.integers(1, 130),
    state_space_mib=st.none() | st.floats(0.01, 100),
    global_kv_heads=st.none() | st.integers(1, 128),
    global_head_size=st.none() | st.integers(1, 512),
)
gpus = st.integers(1, 8)
memory = st.floats(1, 200)


def test_one_gpu_holds_all_weights_the_overhead_and_the_cache() -> None:
    item = budget(PLAIN, 1, 8192, 24.0)

    assert item.usable_gib == pytest.approx(21.6)  # 0.9 x 24
    assert item.weights_gib == pytest.approx(10.2)  # 10 x 1.02
    assert item.overhead_gib == pytest.approx(2.81)  # 2.3 + 5 % of 10.2
    assert item.kv_cache_gib == pytest.approx(1.0)  # 8192 / 8192
    assert item.needed_gib == pytest.approx(14.01)
    assert item.left_gib == pytest.approx(7.59)
    assert item.fits


def test_two_gpus_share_weights_and_cache_but_each_has_the_fixed_overhead() -> None:
    item = budget(PLAIN, 2, 8192, 24.0)

    assert item.weights_gib == pytest.approx(5.1)
    assert item.overhead_gib == pytest.approx(2.555)  # 2.3 + 5 % of 5.1
    assert item.kv_cache_gib == pytest.approx(0.5)


def test_no_gpu_has_less_than_one_kv_head() -> None:
    # 10 layers x 1 head x 64 x 2 x 2 bytes = 2560 bytes a token on a GPU, for 2 GPUs and for more.
    shares = [budget(FEW_HEADS, count, 2**20, 24.0).kv_cache_gib for count in (1, 2, 4, 8)]

    assert shares == pytest.approx([5.0, 2.5, 2.5, 2.5])


def test_every_gpu_holds_the_whole_compressed_cache() -> None:
    shares = [budget(COMPRESSED, count, 2**14, 141.0).kv_cache_gib for count in (1, 8)]

    assert shares == pytest.approx([70272 / 65536] * 2)


def test_the_longest_length_is_what_the_room_for_the_cache_holds() -> None:
    # 14.6 - 10.2 - 2.81 = 1.59 GiB of room, 8192 tokens a GiB: 13025.28
    assert longest_max_model_len(PLAIN, 1, 14.6, utilization=1.0) == 13025


def test_the_longest_length_is_never_above_the_models_limit() -> None:
    assert longest_max_model_len(PLAIN, 1, 1000.0) == 131072


def test_no_length_fits_where_the_weights_do_not() -> None:
    assert longest_max_model_len(PLAIN, 1, 12.0) == 0


def test_the_smallest_gpu_count_divides_the_heads_and_fits() -> None:
    # On 8 GiB (7.2 usable) 3 GPUs would do (3.4 + 2.47 + 0.33), but do not divide 32 heads; 2 need 8.155.
    assert fitting_gpu_counts(PLAIN, 8192, 8.0) == [4, 8]
    assert fitting_gpu_counts(PLAIN, 8192, 8.0)[0] == 4


def test_no_gpu_count_is_named_where_eight_are_too_few() -> None:
    assert not fitting_gpu_counts(COMPRESSED, 1, 80.0)


def test_a_utilization_of_its_own_changes_what_is_usable() -> None:
    assert budget(PLAIN, 1, 1, 100.0, utilization=0.84).usable_gib == pytest.approx(84.0)


def test_a_model_without_figures_is_refused() -> None:
    with pytest.raises(ValueError, match="acme/bare"):
        budget(Model("acme/bare"), 1, 1, 80.0)


def test_the_table_itemises_the_budget() -> None:
    assert budget_table(budget(PLAIN, 1, 8192, 24.0)) == [
        ("GPU memory", "24.00 GiB"),
        ("usable (0.9)", "21.60 GiB"),
        ("weights", "10.20 GiB"),
        ("overhead", "2.81 GiB"),
        ("KV cache, 8192 tokens", "1.00 GiB"),
        ("needed", "14.01 GiB"),
        ("left", "7.59 GiB"),
    ]


def test_the_table_says_which_share_of_the_weights_a_gpu_has() -> None:
    assert budget_table(budget(PLAIN, 2, 8192, 24.0))[2] == ("weights, 1/2", "5.10 GiB")


def test_the_table_says_what_is_missing() -> None:
    assert budget_table(budget(PLAIN, 1, 8192, 10.0))[-1] == ("missing", "5.01 GiB")


@often(300)
@given(models, gpus, memory, st.integers(1, 10**7), st.integers(1, 10**7))
def test_more_tokens_never_need_less_memory(
    model: Model, count: int, gib: float, fewer: int, extra: int
) -> None:
    fewer, extra = sorted((fewer, extra))
    small, large = budget(model, count, fewer, gib), budget(model, count, extra, gib)

    assert small.needed_gib <= large.needed_gib
    assert small.fits or not large.fits


@often(300)
@given(models, gpus, memory)
def test_the_longest_length_fits_and_one_token_more_does_not(model: Model, count: int, gib: float) -> None:
    longest = longest_max_model_len(model, count, gib)

    assert longest == 0 or budget(model, count, longest, gib).fits
    assert longest == model.max_tokens or not budget(model, count, longest + 1, gib).fits


@often(300)
@given(models, memory, st.integers(1, 10**6))
def test_the_smallest_gpu_count_fits_and_no_smaller_one_does(model: Model, gib: float, tokens: int) -> None:
    smallest = min(fitting_gpu_counts(model, tokens, gib), default=None)

    for count in tensor_parallel_sizes(model):
        if smallest is None or count < smallest:
            assert not budget(model, count, tokens, gib).fits
    assert smallest is None or budget(model, smallest, tokens, gib).fits


@often(300)
@given(models, gpus, memory, st.integers(1, 10**6))
def test_a_budget_fits_exactly_where_nothing_is_missing(
    model: Model, count: int, gib: float, tokens: int
) -> None:
    item = budget(model, count, tokens, gib)

    assert item.fits == (item.left_gib >= 0) or abs(item.left_gib) < 1e-6
