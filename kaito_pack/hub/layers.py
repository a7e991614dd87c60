"""Reads the layers of a config.json: the number of each kind, and what they keep per request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from kaito_pack.base.trees import Fields, get, sequence, text, whole
from kaito_pack.facts.tables import Rows, per_pack, table

MIB = 2**20
MOST_LAYERS = 10_000


@per_pack
def names() -> Rows:
    """Return the names of fields in config.json, by field of the catalogue."""
    return table("models/config.json")


def first_whole(part: Fields, keys: Iterable[str]) -> int | None:
    """Return the first positive whole number under one of the keys; a dot separates nested keys."""
    for key in keys:
        number = whole(get(part, tuple(key.split("."))))
        if number and number > 0:
            return number
    return None


def layers_of(part: Fields, layers: int | None, longest: int | None) -> dict[str, Any]:
    """Return the number of layers of each kind, with the window and the state that they keep.

    Empty if all layers keep every token of the `longest` context, or if the file has no such data.
    """
    if blocks := sequence(part.get("block_configs")):  # Nemotron-NAS: some blocks have no attention
        attention = sum(get(block, ("attention", "no_op")) is not True for block in blocks)
        return {"fullAttentionLayers": attention} if 0 < attention < (layers or 0) else {}
    counts: Counter[str] = Counter()
    for kind in layer_kinds(part, layers):
        if field := names()["layerKinds"].get(kind):
            counts[field] += 1
    full, sliding, states = (
        counts[f"{name}Layers"] for name in ("fullAttention", "slidingWindow", "stateSpace")
    )
    window = first_whole(part, ("sliding_window", "attention_chunk_size"))
    if not full or not (sliding or states) or (sliding and not window):
        return {}
    if window and longest and window >= longest and not states:
        return {}
    entry: dict[str, Any] = {"fullAttentionLayers": full}
    if sliding:
        entry |= {"slidingWindowLayers": sliding, "slidingWindow": window}
    if states:
        entry |= {"stateSpaceLayers": states, "stateSpaceMiB": state_mib(part)}
    return entry


def layer_kinds(part: Fields, layers: int | None) -> list[str]:
    """Return the kind of each layer by its name in config.json; empty if the file does not have them."""
    for key in ("layer_types", "layers_block_type"):
        kinds = [text(kind) for kind in sequence(part.get(key))]
        if kinds:
            return kinds
    if pattern := text(part.get("hybrid_override_pattern")):
        return list(pattern)
    if not layers or layers > MOST_LAYERS:
        return []
    every, interval = (
        first_whole(part, [key]) for key in ("sliding_window_pattern", "full_attention_interval")
    )
    if step := every or interval:
        other = "sliding_attention" if every else "linear_attention"
        return ["full_attention" if number % step == 0 else other for number in range(1, layers + 1)]
    if letters := text(part.get("sliding_window_pattern")):  # LLLG: three local layers, one global layer
        return [
            "sliding_attention" if letters[number % len(letters)] == "L" else "full_attention"
            for number in range(layers)
        ]
    return []


def state_mib(part: Fields) -> float | None:
    """Return the MiB of the state of one state space layer for one request; None if figures are missing.

    Gated DeltaNet keeps a matrix of 4-byte floats per value head, Mamba 2 one of 2-byte floats per head;
    both keep the last inputs of a convolution in 2 bytes (vLLM 0.12.0, layers/mamba/mamba_utils.py).
    """

    def figure(*keys: str) -> int:
        return first_whole(part, keys) or 0

    if figure("linear_num_value_heads"):
        heads, keys = figure("linear_num_value_heads"), figure("linear_num_key_heads")
        key_size, value_size = figure("linear_key_head_dim"), figure("linear_value_head_dim")
        state = heads * key_size * value_size * 4
        inputs = 2 * keys * key_size + heads * value_size
        kernel = figure("linear_conv_kernel_dim")
    else:
        heads, size = figure("mamba_num_heads", "mamba_n_heads"), figure("mamba_head_dim", "mamba_d_head")
        depth = figure("ssm_state_size", "mamba_d_state", "state_size")
        state = heads * size * depth * 2
        inputs = heads * size + 2 * figure("n_groups", "mamba_n_groups") * depth
        kernel = figure("conv_kernel", "mamba_d_conv")
    if not state or not kernel:
        return None
    return round((state + (kernel - 1) * inputs * 2) / MIB, 2)
