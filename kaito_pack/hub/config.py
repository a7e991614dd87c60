"""Reads the config.json of a model as vLLM 0.12.0 does (vllm/config/model.py): heads, length, quantization.

`facts/models/config.json` has the names that architectures use for a figure, and
`facts/models/config-defaults.json` the figures that files of a model type omit. A figure of the wrong type is
ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kaito_pack.base.trees import Fields, get, mapping, sequence, text, whole
from kaito_pack.facts.tables import Rows, per_pack, table
from kaito_pack.hub.layers import first_whole, layers_of, names
from kaito_pack.models.quantization import methods_table

BITS = {"fp8": 8, "mxfp4": 4, "mxfp8": 8, "nvfp4": 4, "int4": 4, "int8": 8, "8bit": 8, "4bit": 4}
LARGE_REFINED_WEB = 8192  # the hidden size by which vLLM detects the first Falcon 40B
FIGURES = (
    "layers",
    "attentionHeads",
    "hiddenSize",
    "headSize",
    "kvLoraRank",
    "qkRopeHeadDim",
    "experts",
    "globalKvHeads",
    "globalHeadSize",
)


def parts_of(config: Fields) -> list[Fields]:
    """Return a config.json and its nested parts; the last one describes the language model."""
    parts = [config]
    while inner := next(filter(None, (mapping(parts[-1].get(key)) for key in names()["textConfigs"])), None):
        parts.append(inner)
    return parts


@per_pack
def defaults() -> Rows:
    """Return the defaults of figures that a config.json omits, by model type (transformers 4.57.3)."""
    return table("models/config-defaults.json")


def figure_keys(part: Fields) -> dict[str, list[str]]:
    """Return the names of each figure in a config.json of its model type."""
    keys = {field: keys_of(part, field) for field in (*FIGURES, "kvHeads", "maxTokens")}
    return keys | {"ropeScaling": ["rope_scaling", "rope_parameters"]}


def with_defaults(config: Fields) -> Fields:
    """Return a config.json together with the default figures of its model type.

    A default is not used if the file has the figure under another name. A file without a part for the
    language model has the figures of that part itself. A class of the repository (auto_map) has its own
    defaults.
    """
    if "AutoConfig" in mapping(config.get("auto_map")):
        return config
    row = mapping(defaults().get(text(config.get("model_type"))))
    for key, inner in row.items():
        if isinstance(inner, Mapping) and "model_type" in inner:
            part = mapping(config.get(key)) or {**config, **inner}
            return {**config, key: with_defaults({**inner, **part})}
    groups = figure_keys(config).values()
    named = {key for keys in groups if any(key in config for key in keys) for key in keys}
    return {**{key: value for key, value in row.items() if key not in named}, **config}


def figures_of(config: Fields, is_whole: bool = True) -> dict[str, Any]:
    """Return the fields of a catalogue entry that a config.json provides, by their catalogue names.

    `is_whole` is False for the excerpt in the Hub's response, which omits more than defaults.
    """
    parts = parts_of(with_defaults(config) if is_whole else config)
    part = parts[-1]
    entry: dict[str, Any] = {"architectures": architectures(config)}
    entry |= {field: first_whole(part, keys_of(part, field)) for field in FIGURES}
    entry["kvHeads"] = kv_heads(part, entry["attentionHeads"])
    _correct_latent_cache(entry, part)
    if is_usual_head(entry):
        entry["headSize"] = None  # the catalogue's default: hidden size / attention heads
    entry["maxTokens"] = longest_context(part)
    entry |= layers_of(part, entry["layers"], entry["maxTokens"])
    if "fullAttentionLayers" not in entry:
        entry["globalKvHeads"] = entry["globalHeadSize"] = None
    entry["dtype"] = dtype_of(parts)
    entry |= quantization(parts)
    return {key: value for key, value in entry.items() if value not in (None, 0, [], "")}


def keys_of(part: Fields, field: str) -> list[str]:
    """Return the names of a figure in a config.json of its model type."""
    own = mapping(names()["byModelType"].get(text(part.get("model_type"))))
    keys: list[str] = own.get(field) or names()[field]
    return keys


def kv_heads(part: Fields, heads: int | None) -> int | None:
    """Return the KV heads: 1 for multi-query attention, else the given number, else the attention heads.

    Falcon's newer architecture ignores its flag for multi-query attention. Nemotron-NAS gives the number of
    heads that share one KV head, in its first block with attention.
    """
    kind = text(part.get("model_type"))
    is_newer_falcon = kind in names()["falcon"] and (
        part.get("new_decoder_architecture") is True
        or (kind != "falcon" and part.get("hidden_size") == LARGE_REFINED_WEB)
    )
    if part.get("multi_query") is True and not is_newer_falcon:
        return 1
    for block in sequence(part.get("block_configs")):
        group = whole(get(block, ("attention", "n_heads_in_group")))
        if get(block, ("attention", "no_op")) is not True and group and heads and 0 < group <= heads:
            return heads // group
    return first_whole(part, keys_of(part, "kvHeads")) or heads


def _correct_latent_cache(entry: dict[str, Any], part: Fields) -> None:
    """Remove the ranks of multi-head latent attention if vLLM caches K and V for the model instead."""
    is_cached_whole = part.get("model_type") in names()["withoutLatentCache"]
    if is_cached_whole and (rope := entry["qkRopeHeadDim"]):
        entry["headSize"] = rope + (first_whole(part, ["qk_nope_head_dim"]) or 0)
    if is_cached_whole or not entry["kvLoraRank"] or not entry["qkRopeHeadDim"]:
        entry["kvLoraRank"] = entry["qkRopeHeadDim"] = None


def architectures(config: Fields) -> list[str]:
    """Return the names of the classes that serve the model."""
    return [name for name in sequence(config.get("architectures")) if isinstance(name, str) and name]


def is_usual_head(entry: Fields) -> bool:
    """Return whether the size of a head is hidden size / attention heads."""
    heads = entry["attentionHeads"]
    return bool(heads and entry["hiddenSize"] and entry["headSize"] == entry["hiddenSize"] // heads)


def longest_context(part: Fields) -> int | None:
    """Return the longest context in tokens; None if the file has no length.

    It is `model_max_length`, else the smallest length in the file times the factor of rope scaling. YaRN
    scales the original length. For LongRoPE, Llama 3 and Gemma 3, the file has the scaled length.
    """
    lengths = [number for key in names()["maxTokens"] if (number := first_whole(part, [key]))]
    length = first_whole(part, ["model_max_length"]) or min(lengths, default=None)
    if length is None:
        return None
    original = first_whole(part, ["original_max_position_embeddings"])
    factor = 1.0
    is_scaled = "gemma3" in text(part.get("model_type"))
    for rope in [] if is_scaled else rope_scalings(part):
        kind = text(rope.get("rope_type") or rope.get("type"))
        if kind in names()["unscaledRope"]:
            continue
        number = rope.get("factor", factor)
        factor = number if isinstance(number, int | float) and not isinstance(number, bool) else factor
        if kind == "yarn":
            length = original or first_whole(rope, ["original_max_position_embeddings"]) or length
    return int(length * factor)


def rope_scalings(part: Fields) -> list[Fields]:
    """Return the rope scalings of a config.json; newer files have one per kind of layer."""
    scaling = mapping(part.get("rope_scaling")) or mapping(part.get("rope_parameters"))
    is_by_layer = bool(scaling) and set(scaling) <= set(names()["layerNames"])
    scalings = [mapping(value) for value in scaling.values()] if is_by_layer else [scaling]
    return [rope for rope in scalings if rope.get("rope_type") or rope.get("type")]


def dtype_of(parts: Iterable[Fields]) -> str | None:
    """Return the type of the weights; the outermost part with a type takes precedence."""
    return next(
        (name for part in parts for key in ("dtype", "torch_dtype") if (name := text(part.get(key)))), None
    )


def quantization(parts: Iterable[Fields]) -> dict[str, Any]:
    """Return the method of quantization and its bits from the settings, not from the names of the files.

    The outermost part with settings takes precedence. ModelOpt writes its algorithm instead of a method.
    """
    named = (part.get(key) for part in parts for key in ("quantization_config", "compression_config"))
    settings: Fields = next(filter(None, map(mapping, named)), {})
    algorithms = (settings.get("quant_algo"), get(settings, ("quantization", "quant_algo")))
    algorithm = next(filter(None, (text(name).lower() for name in algorithms)), "")
    method = text(settings.get("quant_method")).lower() or ("modelopt" if algorithm else "")
    if not method:
        return {}
    if method not in methods_table():  # vLLM names use - or _; files also have compressed_tensors
        method = method.replace("_", "-")
    if method == "modelopt" and "fp4" in algorithm:
        method = "modelopt_fp4"
    bits = bits_of(settings, f"{method} {algorithm}")
    return {"quantization": method} | ({"quantizationBits": bits} if bits else {})


def bits_of(settings: Mapping[str, Any], method: str) -> int | None:
    """Return the bits per weight; None if the settings do not have them."""
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
