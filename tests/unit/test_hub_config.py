"""What config.json says of a model: the shapes that architectures have."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.hub.config import figures_of

LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "hidden_size": 4096,
    "max_position_embeddings": 4096,
    "torch_dtype": "float16",
}
PLAIN = {
    "architectures": ["LlamaForCausalLM"],
    "layers": 32,
    "attentionHeads": 32,
    "kvHeads": 32,
    "hiddenSize": 4096,
    "maxTokens": 4096,
    "dtype": "float16",
}
MLA = {"kv_lora_rank": 512, "qk_rope_head_dim": 64, "num_attention_heads": 128, "num_hidden_layers": 61}
FALCON_40B = {
    "multi_query": True,
    "new_decoder_architecture": True,
    "num_kv_heads": 8,
    "model_type": "falcon",
}
NO_ATTENTION: dict[str, Any] = {"attention": {"no_op": True, "n_heads_in_group": None}}
NEMOTRON_NAS = {"block_configs": [NO_ATTENTION, *[{"attention": {"n_heads_in_group": 4}}] * 31]}
MINICPM_3 = {"model_type": "minicpm3", "kv_lora_rank": 256, "qk_rope_head_dim": 32, "qk_nope_head_dim": 64}
NVFP4 = {"quantization": "modelopt_fp4", "quantizationBits": 4}
LAYERS = ["sliding_attention", "full_attention"] * 16
QWEN_NEXT = {
    "linear_num_value_heads": 48,
    "linear_num_key_heads": 16,
    "linear_key_head_dim": 128,
    "linear_value_head_dim": 128,
    "linear_conv_kernel_dim": 4,
    "full_attention_interval": 4,
}
NEMOTRON = {
    "hybrid_override_pattern": "M-M*-" * 6,
    "mamba_num_heads": 128,
    "mamba_head_dim": 80,
    "ssm_state_size": 128,
    "n_groups": 8,
    "conv_kernel": 4,
}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, {}),
        ({"num_key_value_heads": 8}, {"kvHeads": 8}),
        ({"multi_query": True}, {"kvHeads": 1}),
        ({"multi_query": True, "num_kv_heads": 8, "model_type": "falcon"}, {"kvHeads": 1}),
        (FALCON_40B, {"kvHeads": 8}),
        ({"attn_config": {"kv_n_heads": 8}, "model_type": "dbrx"}, {"kvHeads": 8}),
        ({"attn_config": {"kv_n_heads": 8}}, {}),
        (NEMOTRON_NAS, {"kvHeads": 8, "fullAttentionLayers": 31}),
        ({"kv_channels": 192, "model_type": "nemotron"}, {"headSize": 192}),
        ({"kv_channels": 192}, {}),
        (MINICPM_3, {"headSize": 96, "kvHeads": 32}),
        ({"max_position_embeddings": 8192, "model_max_length": 131072}, {"maxTokens": 131072}),
        (
            {"rope_scaling": {"type": "yarn", "factor": 4}, "original_max_position_embeddings": 8192},
            {"maxTokens": 32768},
        ),
        ({"rope_scaling": {"rope_type": "linear", "factor": 8}, "model_type": "my_gemma3"}, {}),
        ({"quantization_config": {"quant_algo": "NVFP4"}}, NVFP4),
        ({"head_dim": 256}, {"headSize": 256}),
        ({"head_dim": 128}, {}),
        (MLA, {"kvLoraRank": 512, "qkRopeHeadDim": 64, "layers": 61, "attentionHeads": 128, "kvHeads": 128}),
        ({"kv_lora_rank": 512}, {}),
        ({"num_local_experts": 8}, {"experts": 8}),
        ({"rope_scaling": {"type": "linear", "factor": 4.0}}, {"maxTokens": 16384}),
        ({"rope_scaling": {"rope_type": "dynamic", "factor": 2}}, {"maxTokens": 8192}),
        (
            {"rope_scaling": {"type": "yarn", "factor": 4, "original_max_position_embeddings": 32768}},
            {"maxTokens": 131072},
        ),
        (
            {"rope_scaling": {"rope_type": "llama3", "factor": 8.0}, "max_position_embeddings": 131072},
            {"maxTokens": 131072},
        ),
        ({"rope_scaling": {"type": "longrope", "factor": 32}}, {}),
        (
            {"rope_scaling": {"rope_type": "linear", "factor": 8}, "model_type": "gemma3_text"},
            {"kvHeads": 4, "headSize": 256},
        ),
        ({"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 2}}}, {"maxTokens": 8192}),
        ({"max_seq_len": 2048}, {"maxTokens": 2048}),
        (
            {"quantization_config": {"quant_method": "awq", "bits": 4}},
            {"quantization": "awq", "quantizationBits": 4},
        ),
        ({"quantization_config": {"quant_method": "fp8"}}, {"quantization": "fp8", "quantizationBits": 8}),
        (
            {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}},
            {"quantization": "bitsandbytes", "quantizationBits": 4},
        ),
        (
            {
                "quantization_config": {
                    "quant_method": "compressed-tensors",
                    "config_groups": {"group_0": {"weights": {"num_bits": 8}}},
                }
            },
            {"quantization": "compressed-tensors", "quantizationBits": 8},
        ),
        (
            {"layer_types": LAYERS, "sliding_window": 128},
            {"fullAttentionLayers": 16, "slidingWindowLayers": 16, "slidingWindow": 128},
        ),
        ({"layer_types": LAYERS}, {}),
        ({"layer_types": ["full_attention"] * 32}, {}),
        (
            {"sliding_window_pattern": 6, "sliding_window": 1024},
            {"fullAttentionLayers": 5, "slidingWindowLayers": 27, "slidingWindow": 1024},
        ),
        (QWEN_NEXT, {"fullAttentionLayers": 8, "stateSpaceLayers": 24, "stateSpaceMiB": 3.06}),
        (NEMOTRON, {"fullAttentionLayers": 6, "stateSpaceLayers": 12, "stateSpaceMiB": 2.57}),
    ],
)
def test_a_configuration_becomes_the_fields_of_an_entry(
    config: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert figures_of(LLAMA | config) == PLAIN | expected


def test_the_language_model_of_a_multimodal_one_counts() -> None:
    inner = {key: value for key, value in LLAMA.items() if key not in ("architectures", "torch_dtype")}
    config = {
        "architectures": ["LlavaForConditionalGeneration"],
        "text_config": inner,
        "vision_config": {"num_hidden_layers": 24, "hidden_size": 1024},
        "torch_dtype": "bfloat16",
        "quantization_config": {"quant_method": "awq", "bits": 4},
    }
    expected = PLAIN | {"architectures": ["LlavaForConditionalGeneration"], "dtype": "bfloat16"}
    assert figures_of(config) == expected | {"quantization": "awq", "quantizationBits": 4}
    inner |= {"torch_dtype": "float32", "compression_config": {"quant_method": "compressed-tensors"}}
    config = {**config, "text_config": inner}
    assert figures_of(config) == expected | {"quantization": "awq", "quantizationBits": 4}
    del config["quantization_config"]
    assert figures_of(config) == expected | {"quantization": "compressed-tensors"}


GEMMA_3: dict[
    str, Any
] = {  # google/gemma-3-4b-it leaves out its heads, its length and the order of its layers
    "architectures": ["Gemma3ForConditionalGeneration"],
    "model_type": "gemma3",
    "text_config": {
        "hidden_size": 2560,
        "model_type": "gemma3_text",
        "num_hidden_layers": 34,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
        "sliding_window": 1024,
    },
    "torch_dtype": "bfloat16",
}
READ_GEMMA_3 = {
    "architectures": ["Gemma3ForConditionalGeneration"],
    "layers": 34,
    "attentionHeads": 8,
    "kvHeads": 4,
    "hiddenSize": 2560,
    "headSize": 256,
    "maxTokens": 131072,
    "fullAttentionLayers": 5,
    "slidingWindowLayers": 29,
    "slidingWindow": 1024,
    "dtype": "bfloat16",
}


def test_what_a_file_leaves_out_is_the_default_of_its_model_type() -> None:
    assert figures_of(GEMMA_3) == READ_GEMMA_3
    nameless = {key: value for key, value in GEMMA_3["text_config"].items() if key != "model_type"}
    assert figures_of(GEMMA_3 | {"text_config": nameless}) == READ_GEMMA_3


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"model_type": "qwen2_vl"}, {"kvHeads": 8}),  # older files have no text_config
        ({"model_type": "gpt2"}, {}),  # n_positions has a default, but the file names its length otherwise
        ({"model_type": "qwen3"}, {"kvHeads": 32}),
        ({"model_type": "qwen3", "num_attention_heads": 64}, {"attentionHeads": 64, "headSize": 128}),
        ({"model_type": "qwen3", "num_key_value_heads": None}, {}),
        ({"model_type": "falcon"}, {"kvHeads": 1}),
        ({"model_type": "falcon", "multi_query": False}, {}),
        ({"model_type": "falcon", "auto_map": {"AutoConfig": "configuration_falcon.FalconConfig"}}, {}),
        ({"model_type": "no such type"}, {}),
        ({"model_type": ["qwen3"]}, {}),
    ],
)
def test_defaults_hold_only_where_the_file_says_nothing(
    config: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert figures_of(LLAMA | config) == PLAIN | expected


def test_the_excerpt_of_the_hub_gets_no_defaults() -> None:
    excerpt = {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3"}
    assert figures_of(excerpt, is_whole=False) == {"architectures": excerpt["architectures"]}


@pytest.mark.parametrize("value", [None, True, "8", [], {}, -1, 0, 1.5, [1], {"a": 1}])
def test_a_figure_of_another_type_is_left_out(value: object) -> None:
    for key in (*LLAMA, "rope_scaling", "layer_types", "quantization_config", "head_dim", "text_config"):
        figures_of(LLAMA | {key: value})
    assert "layers" not in figures_of(LLAMA | {"num_hidden_layers": value})
