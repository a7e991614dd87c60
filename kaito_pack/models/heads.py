"""The tensor parallel sizes that the heads of a model allow, according to the model code of vLLM 0.12.0.

The size must divide the attention heads (vllm/config/model.py). It must also divide the KV heads or be a
multiple of them: `QKVParallelLinear` (vllm/model_executor/layers/linear.py) asserts that, and so does the
attention class of most models. Architectures without that layer are exempt from the second condition.
"""

from __future__ import annotations

from kaito_pack.models.catalogue import vllm_table
from kaito_pack.models.model import MOST_GPUS, Model


def divides_attention_heads(model: Model, size: int) -> bool:
    """Return whether `size` GPUs can share the attention heads; True if their number is unknown."""
    return not model.attention_heads or model.attention_heads % size == 0


def divides_kv_heads(model: Model, size: int) -> bool:
    """Return whether `size` GPUs can share or copy the KV heads; True if their number is unknown."""
    if is_free_of_kv_heads(model):
        return True
    counts = (count for count in (model.kv_heads, model.global_kv_heads) if count)
    return all(count % size == 0 if size <= count else size % count == 0 for count in counts)


def is_free_of_kv_heads(model: Model) -> bool:
    """Return whether vLLM's code for the model has no condition on the KV heads.

    This is the case for multi-head latent attention and for the architectures in `freeOfKvHeads`.
    """
    free = vllm_table()["freeOfKvHeads"]
    return bool(model.kv_lora_rank) or any(name in free for name in model.architectures)


def tensor_parallel_sizes(model: Model, most: int = MOST_GPUS) -> list[int]:
    """Return the tensor parallel sizes from 1 to `most` with which vLLM can start the model."""
    sizes = range(1, most + 1)
    return [size for size in sizes if divides_attention_heads(model, size) and divides_kv_heads(model, size)]
