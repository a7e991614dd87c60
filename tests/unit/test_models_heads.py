"""Which GPU counts can share a model's attention heads and KV heads."""

from __future__ import annotations

import pytest

from kaito_pack.models.catalogue import Catalogue, vllm_table
from kaito_pack.models.heads import tensor_parallel_sizes
from kaito_pack.models.model import Model

EVERY = [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("attention_heads", "kv_heads", "sizes"),
    [
        (None, None, EVERY),
        (28, None, [1, 2, 4, 7]),
        (28, 28, [1, 2, 4, 7]),
        (28, 4, [1, 2, 4]),
        (40, 10, [1, 2, 5]),
        (24, 8, [1, 2, 4, 8]),
        (64, 2, [1, 2, 4, 8]),
        (24, 3, [1, 3, 6]),
        (24, 1, [1, 2, 3, 4, 6, 8]),
        (None, 6, [1, 2, 3, 6]),
    ],
)
def test_a_size_divides_the_attention_heads_and_divides_or_repeats_the_kv_heads(
    attention_heads: int | None, kv_heads: int | None, sizes: list[int]
) -> None:
    model = Model("a/b", attention_heads=attention_heads, kv_heads=kv_heads)

    assert tensor_parallel_sizes(model) == sizes


@pytest.mark.parametrize(
    "model",
    [
        Model("a/b", attention_heads=24, kv_heads=10, kv_lora_rank=512),
        Model("a/b", attention_heads=24, kv_heads=10, architectures=("DeepseekV3ForCausalLM",)),
    ],
)
def test_models_with_latent_attention_are_free_of_kv_heads(model: Model) -> None:
    assert tensor_parallel_sizes(model) == [1, 2, 3, 4, 6, 8]


def test_layers_with_heads_of_their_own_count_as_well() -> None:
    model = Model("a/b", attention_heads=24, kv_heads=12, global_kv_heads=4)

    assert tensor_parallel_sizes(model) == [1, 2, 4]


def test_every_architecture_that_is_free_of_kv_heads_is_one_that_vllm_knows() -> None:
    assert set(vllm_table()["freeOfKvHeads"]) <= set(vllm_table()["architectures"])


def test_the_kv_heads_rule_out_a_size_that_the_attention_heads_allow_for_14_models() -> None:
    narrowed = [
        model.model_id
        for model in Catalogue.open().models
        if tensor_parallel_sizes(model) != tensor_parallel_sizes(model._replace(kv_heads=None))
    ]

    assert len(narrowed) == 14
    assert "microsoft/phi-4" in narrowed
