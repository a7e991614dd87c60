"""How the webhook reads settings: integers as Go does, raw texts of a ConfigMap, trainings, URLs."""

from __future__ import annotations

import pytest

from kaito_pack.facts.presets import find
from kaito_pack.facts.rules import get_rule
from kaito_pack.kaito.config_maps import inference_config
from kaito_pack.kaito.training_config import load_flags, output_folder, training_config
from kaito_pack.kaito.urls import reason_to_reject
from kaito_pack.kaito.webhook_settings import go_integer, token_limit

NETWORKS = get_rule("webhook/tuning-url").parameters["networks"]


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("8192", 8192),
        ("+8192", 8192),
        ("-1", -1),
        ("0", 0),
        ("007", 7),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
        ("9" * 5000, None),
        *(
            (word, None)
            for word in ("", "-", "32k", "auto", "16_384", "32768.0", "1e4", "0x10", "٣", "8 192")
        ),
    ],
)
def test_an_integer_is_read_as_go_reads_it(word: str, number: int | None) -> None:
    assert go_integer(word) == number


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("vllm: {max-model-len: 16_384}", {"max-model-len": "16_384"}),
        (
            "vllm: {a: 0x10, b: 1.0, c: true, d: ~, e: '~'}",
            {"a": "0x10", "b": "1.0", "c": "true", "d": "", "e": "~"},
        ),
        ("base: &base {a: 1}\nvllm: {<<: *base, b: 2}", {"a": "1", "b": "2"}),
        ("other: {a: [1]}", {}),
        ("vllm:", {}),
        ("", {}),
        ("vllm: {a: [1]}", None),
        ("vllm: [1]", None),
        ("[1]", None),
        ("vllm: {a: 1", None),
    ],
)
def test_settings_keep_their_text(text: str, settings: dict[str, str] | None) -> None:
    assert inference_config({"data": {"inference_config.yaml": text}}) == settings


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("gemma-3-4b-instruct", 131072),
        ("gemma-3-27b-instruct", 131072),
        ("mistral-7b", 32768),
        ("mistral-7b-instruct", 32768),
        ("ministral-3-3b-instruct", 262144),
        ("ministral-3-8b-instruct", 262144),
        ("ministral-3-14b-instruct", 262144),
        ("mistral-large-3-675b-instruct", 294912),
        ("falcon-40b", 2048),
        ("phi-4", 16384),
    ],
)
def test_every_alias_of_a_preset_has_the_limit_of_its_model(name: str, limit: int) -> None:
    preset = find(name)
    assert preset is not None
    assert token_limit(preset) == limit


@pytest.mark.parametrize(
    ("section", "method", "reason"),
    [
        ("{}", "lora", None),
        ("{}", "qlora", "qlora"),
        ("{QuantizationConfig: }", "lora", None),
        ("{QuantizationConfig: }", "qlora", "qlora"),
        ("{QuantizationConfig: [1]}", "lora", "type"),
        ("{QuantizationConfig: {load_in_8bit: true}}", "qlora", None),
        ("{QuantizationConfig: {load_in_8bit: 1}}", "qlora", "type"),
        ("{QuantizationConfig: {load_in_4bit: true, load_in_8bit: true}}", "lora", "both"),
        ("{QuantizationConfig: {load_in_4bit: true}}", "lora", "lora"),
        ("{QuantizationConfig: {load_in_4bit: true}}", "other", None),
    ],
)
def test_the_method_goes_with_the_quantization(section: str, method: str, reason: str | None) -> None:
    config = training_config({"data": {"training_config.yaml": f"training_config: {section}"}})
    assert isinstance(config, dict)
    assert load_flags(config).reason(method) == reason


@pytest.mark.parametrize(
    ("folder", "is_right"),
    [
        ("results", True),
        ("/mnt/results", True),
        (".", False),
        ("/", False),
        ("../x", False),
        ("''", False),
        ("3", False),
    ],
)
def test_the_output_folder_is_below_the_mount(folder: str, is_right: bool) -> None:
    text = f"training_config: {{TrainingArguments: {{output_dir: {folder}}}}}"
    config = training_config({"data": {"training_config.yaml": text}})
    assert isinstance(config, dict)
    written = output_folder(config)
    assert written is not None
    assert written.is_right is is_right


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://data.example.com/a", None),
        ("HTTPS://8.8.8.8/a", None),
        ("http://10.0.0.5/a", "address"),
        ("http://172.31.0.1/a", "address"),
        ("http://172.32.0.1/a", None),
        ("http://[fe80::1%25eth0]/a", "address"),
        ("http://[::ffff:192.168.0.1]/a", "address"),
        ("http://localhost:8080/a", "address"),
        ("ftp://data.example.com/a", "scheme"),
        ("data.parquet", "scheme"),
        ("http://[::1/a", "scheme"),
    ],
)
def test_urls_of_private_hosts_are_rejected(url: str, reason: str | None) -> None:
    assert reason_to_reject(url, NETWORKS) == reason
