"""The KV cache that one request takes in vLLM, by the kinds of layers of a model.

If all layers are alike, this is the formula of KAITO 0.12's estimator: tokens x layers x KV heads x head
size x 2 (K and V) x 2 bytes. Layers that differ follow vLLM 0.12.0, vllm/v1/kv_cache_interface.py: a layer
with a sliding window keeps its window and the tokens of one batch (`SlidingWindowSpec`); a state space layer
keeps one state of fixed size (`MambaSpec`), padded to the block of a layer with full attention.

All sizes are bytes in ALL GPUs of a tensor parallel group together: whole numbers, exact to compare.
"""

from __future__ import annotations

from math import ceil

from kaito_pack.models.catalogue import vllm_table
from kaito_pack.models.model import Model

BYTES = 2  # bytes per element of the KV cache: fp16 or bf16
MIB = 2**20
BLOCK = 16  # tokens per block of the KV cache, vLLM's default
BATCHED_TOKENS = 2048  # vLLM's default for --max-num-batched-tokens in its API server
BATCHED_TOKENS_OF_LARGE_GPU = 8192  # for at least LARGE_GPU_GIB, except A100
LARGE_GPU_GIB = 70


def has_known_layers(model: Model) -> bool:
    """Return whether it is known which layers keep all tokens; if not, every figure is an upper bound.

    In the architectures of `mixedLayers` only some layers do; the catalogue must have their number.
    """
    mixed = vllm_table()["mixedLayers"]
    return model.full_attention_layers is not None or not any(name in mixed for name in model.architectures)


def batched_tokens(gpu_memory_gib: float) -> int:
    """Return vLLM's default for `--max-num-batched-tokens` on a GPU of that size, in tokens.

    On an A100 of 80 GiB vLLM uses the smaller value; the larger one is on the safe side.
    """
    return BATCHED_TOKENS_OF_LARGE_GPU if gpu_memory_gib >= LARGE_GPU_GIB else BATCHED_TOKENS


def cache_bytes(model: Model, tensor_parallel_size: int, tokens: int, batched: int) -> int:
    """Return the bytes of KV cache for one request of `tokens`; `batched` is the tokens per batch."""
    if model.kv_lora_rank:
        # Every GPU stores the whole compressed vector.
        elements = model.kv_lora_rank + (model.qk_rope_head_dim or 0)
        return (model.layers or 0) * elements * tensor_parallel_size * BYTES * tokens
    token = token_bytes(model.kv_heads, model.head_size, tensor_parallel_size)
    if model.full_attention_layers is None:
        return (model.layers or 0) * token * tokens
    full_token = token_bytes(
        model.global_kv_heads or model.kv_heads,
        model.global_head_size or model.head_size,
        tensor_parallel_size,
    )
    block = block_size(model, full_token)
    full = model.full_attention_layers * blocks(tokens, block) * block * full_token
    state = (model.state_space_layers or 0) * block * full_token
    return full + state + window_bytes(model, token, tokens, batched)


def token_bytes(kv_heads: int | None, head_size: int | None, tensor_parallel_size: int) -> int:
    """Return the bytes of one token in one layer: the GPUs share the heads, but each has at least one."""
    heads = max(kv_heads or 0, tensor_parallel_size)
    return heads * (head_size or 0) * 2 * BYTES  # 2: K and V


def window_bytes(model: Model, token: int, tokens: int, batched: int) -> int:
    """Return the bytes of the sliding window layers; a window may start inside a block."""
    if not model.sliding_window_layers:
        return 0
    remembered = min((model.sliding_window or tokens) - 1 + batched, tokens)
    return model.sliding_window_layers * (blocks(remembered, BLOCK) + 1) * BLOCK * token


def block_size(model: Model, full_token: int) -> int:
    """Return the tokens per block; with state space layers a block holds at least one state."""
    if not model.state_space_layers or not full_token:
        return BLOCK
    state = ceil((model.state_space_mib or 0) * MIB)
    return BLOCK * max(1, blocks(state, BLOCK * full_token))


def blocks(amount: int, size: int) -> int:
    """Return how many blocks of `size` hold `amount`."""
    return -(-amount // size)
