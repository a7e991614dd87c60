"""The memory budget of one GPU that serves a model with vLLM, as KAITO 0.12's estimator has it.

All sizes are GiB of ONE GPU (2**30 bytes), all lengths tokens. Of `tensor_parallel_size` GPUs each holds
its share of the weights, x 1.02; an overhead of 2.3 GiB and 5 % of that share; and the KV cache of
one request of full length. Of the GPU's memory vLLM uses 0.9 by default.
"""

from __future__ import annotations

from typing import NamedTuple

from kaito_pack.models.heads import tensor_parallel_sizes
from kaito_pack.models.model import MOST_GPUS, Model

GIB = 2**30
UTILIZATION = 0.9  # vLLM's default of --gpu-memory-utilization
WEIGHTS_FACTOR = 1.02
OVERHEAD_GIB = 2.3
OVERHEAD_FACTOR = 0.05
BYTES = 2  # of one element of the KV cache: fp16 or bf16


class Budget(NamedTuple):
    """What one GPU has to hold, in GiB; `left_gib` is below 0 where it does not fit."""

    gpus: int
    tokens: int
    total_gib: float
    utilization: float
    usable_gib: float
    weights_gib: float
    overhead_gib: float
    kv_cache_gib: float
    fits: bool

    @property
    def needed_gib(self) -> float:
        """Weights, overhead and KV cache together."""
        return self.weights_gib + self.overhead_gib + self.kv_cache_gib

    @property
    def left_gib(self) -> float:
        """What of the usable memory stays free."""
        return self.usable_gib - self.needed_gib


def budget(
    model: Model,
    tensor_parallel_size: int,
    tokens: int,
    gpu_memory_gib: float,
    utilization: float = UTILIZATION,
) -> Budget:
    """The budget of one of `tensor_parallel_size` GPUs of `gpu_memory_gib` for requests of `tokens`.

    Raises ValueError for a model without `has_memory_figures`.
    """
    weights = weights_share_gib(model, tensor_parallel_size)
    room = room_for_cache(model, tensor_parallel_size, gpu_memory_gib, utilization)
    cost = cache_cost(model, tensor_parallel_size) * tokens
    return Budget(
        gpus=tensor_parallel_size,
        tokens=tokens,
        total_gib=gpu_memory_gib,
        utilization=utilization,
        usable_gib=gpu_memory_gib * utilization,
        weights_gib=weights,
        overhead_gib=overhead_gib(weights),
        kv_cache_gib=cost / tensor_parallel_size / GIB,
        fits=cost <= room,
    )


def weights_share_gib(model: Model, tensor_parallel_size: int) -> float:
    """One GPU's share of the weights, in GiB."""
    if not model.has_memory_figures or model.weights_gib is None:
        raise ValueError(f"the catalogue does not have the figures of {model.model_id}")
    return model.weights_gib * WEIGHTS_FACTOR / tensor_parallel_size


def overhead_gib(weights_share: float) -> float:
    """What a GPU needs beside weights and cache (CUDA, activations, graphs), in GiB."""
    return OVERHEAD_GIB + OVERHEAD_FACTOR * weights_share


def cache_cost(model: Model, tensor_parallel_size: int) -> int:
    """The bytes of KV cache one token takes in ALL the GPUs together: a whole number, exact to compare."""
    layers = model.layers or 0
    if model.kv_lora_rank:
        # Every GPU holds the whole compressed vector.
        elements = layers * (model.kv_lora_rank + (model.qk_rope_head_dim or 0)) * tensor_parallel_size
    else:
        # Heads are shared out, but no GPU has less than one; 2 is K and V.
        heads = max(model.kv_heads or 0, tensor_parallel_size)
        elements = layers * heads * (model.head_size or 0) * 2
    return elements * BYTES


def room_for_cache(model: Model, tensor_parallel_size: int, gpu_memory_gib: float, utilization: float) -> int:
    """The bytes left for the KV cache in ALL the GPUs together; may be negative."""
    weights = weights_share_gib(model, tensor_parallel_size)
    room = gpu_memory_gib * utilization - weights - overhead_gib(weights)
    return int(room * GIB * tensor_parallel_size // 1)


def longest_max_model_len(
    model: Model, tensor_parallel_size: int, gpu_memory_gib: float, utilization: float = UTILIZATION
) -> int:
    """The longest `--max-model-len` that fits, in tokens, at most the model's own limit; 0 if none does."""
    room = room_for_cache(model, tensor_parallel_size, gpu_memory_gib, utilization)
    longest = max(0, room // cache_cost(model, tensor_parallel_size))
    return longest if model.max_tokens is None else min(longest, model.max_tokens)


def fitting_gpu_counts(
    model: Model,
    tokens: int,
    gpu_memory_gib: float,
    utilization: float = UTILIZATION,
    most: int = MOST_GPUS,
) -> list[int]:
    """Return the GPU counts up to `most` that the model's heads allow and whose memory is enough."""
    return [
        count
        for count in tensor_parallel_sizes(model, most)
        if budget(model, count, tokens, gpu_memory_gib, utilization).fits
    ]


def smallest_gpu_count(
    model: Model,
    tokens: int,
    gpu_memory_gib: float,
    utilization: float = UTILIZATION,
    most: int = MOST_GPUS,
) -> int | None:
    """The least of `fitting_gpu_counts`; None where `most` GPUs are not enough."""
    return next(iter(fitting_gpu_counts(model, tokens, gpu_memory_gib, utilization, most)), None)


def budget_table(one: Budget) -> list[tuple[str, str]]:
    """The budget as rows of two columns, what and how much, for a person to read."""
    share = "weights" if one.gpus == 1 else f"weights, 1/{one.gpus}"
    return [
        ("GPU memory", f"{one.total_gib:.2f} GiB"),
        (f"usable ({one.utilization:g})", f"{one.usable_gib:.2f} GiB"),
        (share, f"{one.weights_gib:.2f} GiB"),
        ("overhead", f"{one.overhead_gib:.2f} GiB"),
        (f"KV cache, {one.tokens} tokens", f"{one.kv_cache_gib:.2f} GiB"),
        ("needed", f"{one.needed_gib:.2f} GiB"),
        ("left" if one.fits else "missing", f"{abs(one.left_gib):.2f} GiB"),
    ]
