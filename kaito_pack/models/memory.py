"""The memory budget of one GPU that serves a model with vLLM, by the formula of KAITO 0.12's estimator.

All sizes are GiB of ONE GPU (2**30 bytes), all lengths are tokens. Each of `tensor_parallel_size` GPUs holds
its share of the weights, x 1.02; an overhead of 2.3 GiB plus 5 % of that share; and the KV cache of
one request of full length (`kaito_pack.models.kv_cache`). vLLM uses 0.9 of the GPU's memory by default.
"""

from __future__ import annotations

from bisect import bisect_right

from kaito_pack.base.records import NamedTuple
from kaito_pack.models import kv_cache
from kaito_pack.models.heads import tensor_parallel_sizes
from kaito_pack.models.model import MOST_GPUS, Model

GIB = 2**30
UTILIZATION = 0.9  # vLLM's default for --gpu-memory-utilization
WEIGHTS_FACTOR = 1.02
OVERHEAD_GIB = 2.3
OVERHEAD_FACTOR = 0.05
LONGEST = 10**9  # tokens; longer than the context of any model


class Budget(NamedTuple):
    """The memory that one GPU needs, in GiB; `left_gib` is negative if it does not fit.

    `gpus` is the total of all pipeline `stages`. `is_upper_bound`: the KV cache may be much smaller because
    the kinds of the model's layers are unknown.
    """

    gpus: int
    tokens: int
    total_gib: float
    utilization: float
    usable_gib: float
    weights_gib: float
    overhead_gib: float
    kv_cache_gib: float
    fits: bool
    is_upper_bound: bool = False
    stages: int = 1

    @property
    def tensor_parallel_size(self) -> int:
        """The number of GPUs per stage."""
        return self.gpus // self.stages

    @property
    def needed_gib(self) -> float:
        """Weights, overhead and KV cache together."""
        return self.weights_gib + self.overhead_gib + self.kv_cache_gib

    @property
    def left_gib(self) -> float:
        """The part of the usable memory that stays free."""
        return self.usable_gib - self.needed_gib

    @property
    def cannot_fit(self) -> bool:
        """Whether the model certainly does not fit; an upper bound of the KV cache cannot show that."""
        without_cache = self.weights_gib + self.overhead_gib
        return not self.fits and not (self.is_upper_bound and without_cache < self.usable_gib)


def budget(
    model: Model,
    tensor_parallel_size: int,
    tokens: int,
    gpu_memory_gib: float,
    utilization: float = UTILIZATION,
    batched: int | None = None,
) -> Budget:
    """Return the budget of one of `tensor_parallel_size` GPUs of `gpu_memory_gib` for requests of `tokens`.

    `batched` is `--max-num-batched-tokens`, None for vLLM's default. Raises ValueError if the model's
    `has_memory_figures` is False.
    """
    weights = weights_share_gib(model, tensor_parallel_size)
    room = room_for_cache(model, tensor_parallel_size, gpu_memory_gib, utilization)
    batched = batched or kv_cache.batched_tokens(gpu_memory_gib)
    cost = kv_cache.cache_bytes(model, tensor_parallel_size, tokens, batched)
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
        is_upper_bound=not kv_cache.has_known_layers(model),
    )


def stage_of(model: Model, stages: int) -> Model:
    """Return the part of a model that one of `stages` pipeline stages holds, the largest if they differ.

    vLLM splits the layers evenly (`--pipeline-parallel-size`); the weights are assumed to split likewise.
    """
    if stages == 1:
        return model

    def part(layers: int | None) -> int | None:
        return None if layers is None else -(-layers // stages)

    return model._replace(
        weights_gib=None if model.weights_gib is None else model.weights_gib / stages,
        layers=part(model.layers),
        full_attention_layers=part(model.full_attention_layers),
        sliding_window_layers=part(model.sliding_window_layers),
        state_space_layers=part(model.state_space_layers),
    )


def weights_share_gib(model: Model, tensor_parallel_size: int) -> float:
    """Return one GPU's share of the weights, in GiB."""
    if not model.has_memory_figures or model.weights_gib is None:
        raise ValueError(f"the catalogue does not have the figures of {model.model_id}")
    return model.weights_gib * WEIGHTS_FACTOR / tensor_parallel_size


def overhead_gib(weights_share: float) -> float:
    """Return the memory that a GPU needs besides weights and cache (CUDA, activations, graphs), in GiB."""
    return OVERHEAD_GIB + OVERHEAD_FACTOR * weights_share


def room_for_cache(model: Model, tensor_parallel_size: int, gpu_memory_gib: float, utilization: float) -> int:
    """Return the bytes left for the KV cache in ALL GPUs together; may be negative."""
    weights = weights_share_gib(model, tensor_parallel_size)
    room = gpu_memory_gib * utilization - weights - overhead_gib(weights)
    return int(room * GIB * tensor_parallel_size // 1)


def longest_max_model_len(
    model: Model,
    tensor_parallel_size: int,
    gpu_memory_gib: float,
    utilization: float = UTILIZATION,
    batched: int | None = None,
) -> int:
    """Return the longest `--max-model-len` that fits, in tokens, up to the model's own limit; 0 for none."""
    room = room_for_cache(model, tensor_parallel_size, gpu_memory_gib, utilization)
    batched = batched or kv_cache.batched_tokens(gpu_memory_gib)
    return bisect_right(
        range(1, 1 + (model.max_tokens or LONGEST)),
        room,
        key=lambda tokens: kv_cache.cache_bytes(model, tensor_parallel_size, tokens, batched),
    )


def fitting_gpu_counts(
    model: Model,
    tokens: int,
    gpu_memory_gib: float,
    utilization: float = UTILIZATION,
    most: int = MOST_GPUS,
    batched: int | None = None,
) -> list[int]:
    """Return the GPU counts up to `most` that the model's heads allow and that have enough memory."""
    return [
        count
        for count in tensor_parallel_sizes(model, most)
        if budget(model, count, tokens, gpu_memory_gib, utilization, batched).fits
    ]


def budget_table(plan: Budget) -> list[tuple[str, str]]:
    """Return the budget as a two-column table: item and amount."""
    share = "weights" if plan.gpus == 1 else f"weights, 1/{plan.gpus}"
    bound = "at most " if plan.is_upper_bound else ""
    left = f"at least {plan.left_gib:.2f} GiB" if bound else f"{plan.left_gib:.2f} GiB"
    return [
        ("GPU memory", f"{plan.total_gib:.2f} GiB"),
        (f"usable ({plan.utilization:g})", f"{plan.usable_gib:.2f} GiB"),
        (share, f"{plan.weights_gib:.2f} GiB"),
        ("overhead", f"{plan.overhead_gib:.2f} GiB"),
        (f"KV cache, {plan.tokens} tokens", f"{bound}{plan.kv_cache_gib:.2f} GiB"),
        ("needed", f"{bound}{plan.needed_gib:.2f} GiB"),
        ("left", left) if plan.fits else ("missing", f"{bound}{-plan.left_gib:.2f} GiB"),
    ]
