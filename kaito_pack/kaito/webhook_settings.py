"""Rules of the webhook about settings in ConfigMaps: a preset's context length, a tuning's training."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.presets import Preset
from kaito_pack.facts.rules import get_rule
from kaito_pack.kaito.config_maps import find_config_map, inference_config, may_exist
from kaito_pack.kaito.ruling import Case
from kaito_pack.kaito.training_config import (
    TrainingConfig,
    load_flags,
    output_folder,
    training_config,
    unknown_sections,
)
from kaito_pack.kaito.webhook_presets import known_preset

CONFIG = ("inference", "config")
TUNING_CONFIG = ("tuning", "config")
MAX_MODEL_LEN = "max-model-len"
LONGEST_INTEGER = 20  # characters of a 64-bit integer


@rule("webhook/config-name", on="create")
def config_name(case: Case) -> Iterator[Problem]:
    """Report a text that cannot be the name of a ConfigMap."""
    workspace = case.workspace
    parts = [(TUNING_CONFIG, workspace.tuning)]
    if workspace.has_inference and workspace.runs_vllm:
        parts.append((CONFIG, workspace.inference))
    for path, part in parts:
        name = text(part.get("config"))
        if name and not may_exist(name):
            yield case.problem(*path, value=shown(name))


@rule("webhook/max-model-len-not-integer", on="create", part="preset")
def max_model_len_not_integer(case: Case) -> Iterator[Problem]:
    """Report a context length that Go does not parse as an integer."""
    length, limit = _max_model_len(case)
    if length and limit and go_integer(length) is None:
        yield case.problem(*CONFIG, value=shown(length), limit=limit)


@rule("webhook/max-model-len-above-limit", on="create", part="preset")
def max_model_len_above_limit(case: Case) -> Iterator[Problem]:
    """Report a context length above that of the preset's model."""
    length, limit = _max_model_len(case)
    tokens = go_integer(length)
    if limit and tokens is not None and tokens > limit:
        yield case.problem(*CONFIG, tokens=tokens, limit=limit, name=shown(case.workspace.preset))


def _max_model_len(case: Case) -> tuple[str, int | None]:
    """Return the raw `max-model-len` of the preset's ConfigMap ("" without one), and the model's limit."""
    workspace = case.workspace
    name = text(workspace.inference.get("config"))
    if not name or not workspace.has_preset or not workspace.runs_vllm:
        return "", None
    config_map = find_config_map(name, workspace, case.surroundings)
    settings = (inference_config(config_map) if config_map is not None else None) or {}
    length = settings.get(MAX_MODEL_LEN, "").strip()
    preset = known_preset(workspace.preset, case.kaito)
    return length, token_limit(preset) if length and preset else None


def judges_length(preset: str, kaito: str, api: str = "v1beta1", is_update: bool = False) -> bool:
    """Return whether the webhook compares the context length of that preset with its model's limit."""
    known = known_preset(preset, kaito)
    applies = get_rule("webhook/max-model-len-above-limit").holds_for(kaito, api)
    return applies and not is_update and known is not None and token_limit(known) is not None


def token_limit(preset: Preset) -> int | None:
    """Return the longest context of a preset's model in tokens; None if it is unknown."""
    if preset.max_tokens is not None:
        return preset.max_tokens
    from kaito_pack.models.catalogue import own_catalogue

    model = own_catalogue().find_preset(preset.name)
    return model.max_tokens if model else None


def go_integer(word: str) -> int | None:
    """Return the 64-bit integer that Go's `strconv.Atoi` parses from a word, None if it fails."""
    digits = word[1:] if word[:1] in ("+", "-") else word
    if not digits or not digits.isascii() or not digits.isdigit():
        return None
    significant = digits.lstrip("0") or "0"
    if len(significant) > LONGEST_INTEGER:
        return None
    number = -int(significant) if word[0] == "-" else int(significant)
    return number if -(2**63) <= number < 2**63 else None


def _config(case: Case) -> tuple[str, TrainingConfig | str | None]:
    """Return the name of the tuning's ConfigMap, and its configuration or the reason for a decoding error."""
    name = text(case.workspace.tuning.get("config"))
    config_map = find_config_map(name, case.workspace, case.surroundings) if name else None
    return name, None if config_map is None else training_config(config_map)


@rule("webhook/tuning-config-invalid", on="create", part="tuning")
def tuning_config_invalid(case: Case) -> Iterator[Problem]:
    """Report a ConfigMap without a valid `training_config.yaml`."""
    name, config = _config(case)
    if isinstance(config, str):
        yield case.problem(*TUNING_CONFIG, name=shown(name), reason=config)


@rule("webhook/tuning-config-section", on="create", part="tuning")
def tuning_config_section(case: Case) -> Iterator[Problem]:
    """Report a section of the training configuration that the webhook does not define."""
    name, config = _config(case)
    if config is None or isinstance(config, str):
        return
    sections = case.rule.parameters["sections"]
    for section in unknown_sections(config, sections):
        near = did_you_mean(section, sections)
        hint = f"did you mean {shown(near)}" if near else f"Use {', '.join(sections)}"
        yield case.problem(*TUNING_CONFIG, name=shown(name), section=shown(section), hint=hint)


@rule("webhook/tuning-quantization", on="create", part="tuning")
def tuning_quantization(case: Case) -> Iterator[Problem]:
    """Report a quantization that does not match the method: qlora needs 4 or 8 bit, lora neither."""
    name, config = _config(case)
    method = text(case.workspace.tuning.get("method")).lower()
    if config is None or isinstance(config, str):
        return
    reason = load_flags(config).reason(method)
    if reason is not None:
        problem, fix = case.rule.parameters["reasons"][reason]
        yield case.problem(*TUNING_CONFIG, name=shown(name), reason=problem, fix=fix)


@rule("webhook/tuning-output-dir", on="create", part="tuning")
def tuning_output_dir(case: Case) -> Iterator[Problem]:
    """Report an output folder that is not below /mnt."""
    name, config = _config(case)
    if config is None or isinstance(config, str):
        return
    folder = output_folder(config)
    if folder is not None and not folder.is_right:
        yield case.problem(*TUNING_CONFIG, name=shown(name), value=shown(folder.written))
