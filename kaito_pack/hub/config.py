"""Reads the config.json of a model as vLLM does: layers, heads, length, experts, quantization.

`facts/models/config.json` has the names under which architectures keep a figure. A figure that is not there,
or has another type, is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from kaito_pack.base.trees import Fields, get, mapping, sequence, text, whole
from kaito_pack.facts.tables import Rows, per_pack, table

MIB = 2**20
BITS = {"fp8": 8, "mxfp4": 4, "mxfp8": 8, "nvfp4": 4, "int4": 4, "int8": 8, "8bit": 8, "4bit": 4}
FIGURES = (
    "layers",
    "attentionHeads",
    "kvHeads",
    "hiddenSize",
    "headSize",
    "kvLoraRank",
    "qkRopeHeadDim",
    "experts",
    "globalKvHeads",
    "globalHeadSize",
)


@per_pack
def names() -> Rows:
    """Return the names that the fields of a config.json have, by the field of the catalogue."""
    return table("models/config.json")


def text_part(config: Fields) -> Fields:
    """Return the part of a config.json about the language model; a multimodal one has it inside."""
    for key in names()["textConfigs"]:
        inner = mapping(config.get(key))
        if inner:
            return {**inherited(config), **text_part(inner)}
    return config


def inherited(config: Fields) -> Fields:
    """Return what the language model of a multimodal config.json may have at the top only."""
    outer = ("quantization_config", "torch_dtype", "dtype")
    return {key: config[key] for key in outer if key in config}


def figures_of(config: Fields) -> dict[str, Any]:
    """Return the fields of a catalogue entry that a config.json gives, by their names there."""
    part = text_part(config)
    entry: dict[str, Any] = {"architectures": architectures(config)}
    entry |= {field: first_whole(part, names()[field]) for field in FIGURES}
    if entry["attentionHeads"] and not entry["kvHeads"]:
        entry["kvHeads"] = 1 if part.get("multi_query") is True else entry["attentionHeads"]
    if is_usual_head(entry):
        entry["headSize"] = None  # the catalogue's default: hidden size / attention heads
    if not entry["kvLoraRank"] or not entry["qkRopeHeadDim"]:
        entry["kvLoraRank"] = entry["qkRopeHeadDim"] = None
    entry |= layers_of(part, entry["layers"])
    if "fullAttentionLayers" not in entry:
        entry["globalKvHeads"] = entry["globalHeadSize"] = None
    entry["maxTokens"] = longest_context(part)
    entry["dtype"] = text(part.get("dtype") or part.get("torch_dtype")) or None
    entry |= quantization(part)
    return {key: value for key, value in entry.items() if value not in (None, 0, [], "")}


def architectures(config: Fields) -> list[str]:
    """Return the names of the classes that serve the model."""
    return [name for name in sequence(config.get("architectures")) if isinstance(name, str) and name]


def first_whole(part: Fields, keys: Iterable[str]) -> int | None:
    """Return the first positive whole number under one of the keys."""
    numbers = (whole(part.get(key)) for key in keys)
    return next((number for number in numbers if number and number > 0), None)


def is_usual_head(entry: Fields) -> bool:
    """Return whether the size of a head is hidden size / attention heads."""
    heads = entry["attentionHeads"]
    return bool(heads and entry["hiddenSize"] and entry["headSize"] == entry["hiddenSize"] // heads)


def longest_context(part: Fields) -> int | None:
    """Return the longest context in tokens, as vLLM 0.12.0 derives it (vllm/config/model.py).

    The smallest of the lengths that the file names, times the factor of rope scaling; YaRN scales the length
    before it. LongRoPE, Llama 3 and Gemma 3 name a length that is scaled already.
    """
    lengths = [number for key in names()["maxTokens"] if (number := first_whole(part, [key]))]
    length = min(lengths, default=None)
    if length is None or text(part.get("model_type")).startswith("gemma3"):
        return length
    longest = length
    for rope in rope_scalings(part):
        kind = text(rope.get("rope_type") or rope.get("type"))
        factor = rope.get("factor", 1)
        if kind in names()["unscaledRope"] or isinstance(factor, bool) or not isinstance(factor, int | float):
            continue
        original = whole(rope.get("original_max_position_embeddings")) if kind == "yarn" else None
        longest = int((original or length) * factor)
    return longest


def rope_scalings(part: Fields) -> list[Fields]:
    """Return the rope scalings of a config.json; newer ones have one for each kind of layer."""
    scalings = [mapping(part.get(key)) for key in ("rope_parameters", "rope_scaling")]
    nested = [mapping(value) for scaling in scalings for value in scaling.values()]
    return [rope for rope in (*scalings, *nested) if rope.get("rope_type") or rope.get("type")]


def layers_of(part: Fields, layers: int | None) -> dict[str, Any]:
    """Return how many layers are of each kind, with the window and the state that they keep.

    Nothing if all layers keep every token, or if the file does not say.
    """
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
    entry: dict[str, Any] = {"fullAttentionLayers": full}
    if sliding:
        entry |= {"slidingWindowLayers": sliding, "slidingWindow": window}
    if states:
        entry |= {"stateSpaceLayers": states, "stateSpaceMiB": state_mib(part)}
    return entry


def layer_kinds(part: Fields, layers: int | None) -> list[str]:
    """Return the kind of each layer by its name in config.json; none if the file does not say."""
    for key in ("layer_types", "layers_block_type"):
        kinds = [text(kind) for kind in sequence(part.get(key))]
        if kinds:
            return kinds
    if pattern := text(part.get("hybrid_override_pattern")):
        return list(pattern)
    every, interval = (
        first_whole(part, [key]) for key in ("sliding_window_pattern", "full_attention_interval")
    )
    other = "sliding_attention" if every else "linear_attention"
    step = every or interval
    if not layers or not step or layers > 10_000:
        return []
    return ["full_attention" if number % step == 0 else other for number in range(1, layers + 1)]


def state_mib(part: Fields) -> float | None:
    """Return the MiB of the state of one state space layer for one request; None if figures are missing.

    Gated DeltaNet keeps a matrix of 4-byte floats a value head, Mamba 2 one of 2-byte floats a head; both
    keep the last inputs of a convolution in 2 bytes (vLLM 0.12.0, layers/mamba/mamba_utils.py).
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


def quantization(part: Fields) -> dict[str, Any]:
    """Return the method of quantization and its bits, as the files are marked, not as they are named."""
    settings = mapping(part.get("quantization_config") or part.get("compression_config"))
    method = text(settings.get("quant_method")).lower().replace("_", "-")
    algorithm = text(settings.get("quant_algo")).lower()
    method = method or ("modelopt" if algorithm else "")
    if not method:
        return {}
    entry: dict[str, Any] = {"quantization": method}
    bits = bits_of(settings, f"{method} {algorithm}")
    return entry | ({"quantizationBits": bits} if bits else {})


def bits_of(settings: Mapping[str, Any], method: str) -> int | None:
    """Return the bits of one weight; None if the settings do not say."""
    groups = mapping(settings.get("config_groups"))
    in_group = [whole(get(group, ("weights", "num_bits"))) for group in groups.values()]
    named = [first_whole(settings, ("bits", "w_bit", "weight_bits")), *in_group]
    for number in named:
        if number and number <= 16:
            return number
    for size in (4, 8):
        if settings.get(f"load_in_{size}bit") is True:
            return size
    return next((bits for name, bits in BITS.items() if re.search(rf"\b{name}", method)), None)
