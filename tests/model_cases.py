"""A model whose figures are easy to reckon with, for the tests of memory and of what vLLM refuses."""

from __future__ import annotations

from kaito_pack.models.model import Model

# 10 GiB of weights; a token takes 32 layers x 8 heads x 128 x 2 (K and V) x 2 bytes: 131072, 1/8192 GiB.
PLAIN = Model(
    "acme/plain",
    architectures=("LlamaForCausalLM",),
    weights_gib=10.0,
    max_tokens=131072,
    layers=32,
    attention_heads=32,
    kv_heads=8,
    head_size=128,
)
