"""Rules of the webhook about `inference`, and about the annotations that steer it."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_letters, digits

from kaito_pack.kaito import instance_types, presets
from kaito_pack.kaito.config_maps import find_config_map, inference_config
from kaito_pack.kaito.fields import Map, given, mapping, sequence, text
from kaito_pack.kaito.ruling import Case
from kaito_pack.kaito.webhook_resource import effective_instance_type
from kaito_pack.problems import Problem, did_you_mean, shown
from kaito_pack.rules import in_range, rules

PRESET_NAME = ("inference", "preset", "name")
SECRET = ("inference", "preset", "presetOptions", "modelAccessSecret")
HUB_CHARACTERS = frozenset(ascii_letters + digits + "-_.")
ADAPTERS = ("inference", "adapters")


def workload_missing(case: Case) -> Iterator[Problem]:
    """A Workspace serves a model or tunes one."""
    if not case.workspace.has_inference and not case.workspace.has_tuning:
        yield case.problem("inference")


def workload_twice(case: Case) -> Iterator[Problem]:
    """A Workspace does not do both."""
    if case.workspace.has_inference and case.workspace.has_tuning:
        yield case.problem("tuning")


def engine_missing(case: Case) -> Iterator[Problem]:
    """An inference is a preset or a pod template."""
    workspace = case.workspace
    if workspace.has_inference and not workspace.has_preset and not workspace.has_template:
        yield case.problem("inference")


def engine_twice(case: Case) -> Iterator[Problem]:
    """An inference is not a preset and a pod template."""
    if case.workspace.has_preset and case.workspace.has_template:
        yield case.problem("inference", "template")


def _is_hub_id(name: str) -> bool:
    """Whether the Hugging Face Hub could have a repository of that id (`org/name`)."""
    parts = name.split("/")
    return len(parts) == 2 and all(0 < len(part) <= 96 and set(part) <= HUB_CHARACTERS for part in parts)


def known_preset(name: str, kaito: str) -> presets.Preset | None:
    """The preset that the webhook of that KAITO finds under `name`, without asking anybody."""
    found = presets.find(name)
    if not found or not in_range(kaito, found.versions):
        return None
    any_case = in_range(kaito, rules("webhook")["kaito/preset-unknown"].parameters["anyCase"])
    return found if found.name == name or any_case or "/" in name else None


def is_for_the_hub(name: str, kaito: str) -> bool:
    """Whether that KAITO asks the Hugging Face Hub about a preset of this name."""
    hub_ids = rules("webhook")["kaito/preset-unknown"].parameters["hubIds"]
    return in_range(kaito, hub_ids) and _is_hub_id(name) and not known_preset(name, kaito)


def may_be_preset(name: str, kaito: str) -> bool:
    """Whether that KAITO knows the preset, or would ask the Hub about it."""
    return known_preset(name, kaito) is not None or is_for_the_hub(name, kaito)


def preset_unknown(case: Case) -> Iterator[Problem]:
    """KAITO must know the preset."""
    name = case.workspace.preset
    if case.workspace.has_preset and not may_be_preset(name, case.kaito):
        close = did_you_mean(name, presets.names(case.kaito)) if name else None
        hint = f"; did you mean {shown(close)}" if close else ""
        yield case.problem(*PRESET_NAME, name=shown(name), hint=hint)


def preset_undecidable(case: Case) -> Iterator[Problem]:
    """Whether the webhook takes this preset is for the Hugging Face Hub to say."""
    if case.workspace.has_preset and is_for_the_hub(case.workspace.preset, case.kaito):
        yield case.problem(*PRESET_NAME, name=shown(case.workspace.preset))


def _secret(case: Case) -> str:
    options = mapping(mapping(case.workspace.inference.get("preset")).get("presetOptions"))
    return text(options.get("modelAccessSecret"))


def preset_secret_needed(case: Case) -> Iterator[Problem]:
    """A gated preset is downloaded with a token."""
    preset = known_preset(case.workspace.preset, case.kaito)
    if preset and presets.holds(case.kaito, preset.needs_secret) and not _secret(case):
        yield case.problem(*SECRET, name=shown(preset.name))


def preset_secret_refused(case: Case) -> Iterator[Problem]:
    """A preset that needs no token must not have one."""
    preset = known_preset(case.workspace.preset, case.kaito)
    if preset and presets.holds(case.kaito, preset.refuses_secret) and _secret(case):
        yield case.problem(*SECRET, name=shown(preset.name))


def preset_too_big(case: Case) -> Iterator[Problem]:
    """The GPUs of all nodes together must hold the preset, unless an annotation lifts the check."""
    preset = known_preset(case.workspace.preset, case.kaito)
    found = instance_types.find(case.surroundings.target.cloud, effective_instance_type(case))
    bypassed = "kaito.sh/bypass-resource-checks" in case.workspace.annotations
    if not preset or not found or bypassed or not presets.holds(case.kaito, preset.gpu_memory_checked):
        return
    total, least = found.gpus * found.gpu_memory_gib * case.workspace.count, preset.gpu_memory_gib or 0
    if total < least:
        path = ("resource", "instanceType")
        yield case.problem(*path, name=shown(preset.name), total=f"{total:g}", least=f"{least:g}")


def preset_without_nodes(case: Case) -> Iterator[Problem]:
    """With own nodes the webhook lists the nodes of a preset; none is known to a check offline.

    A target that tells the memory of its GPUs vouches for nodes that have some.
    """
    workspace = case.workspace
    vouched_for = case.surroundings.target.gpu_memory_gib is not None
    partitioned = given(workspace.resource.get("partition"))
    may_be = workspace.has_preset and may_be_preset(workspace.preset, case.kaito)
    if case.own_nodes and may_be and not partitioned and not vouched_for:
        yield case.problem("resource", "labelSelector")


def _config(case: Case) -> str:
    """The ConfigMap that `inference.config` names, where the webhook looks at it: for vLLM alone."""
    looked_at = case.workspace.has_inference and case.workspace.runs_vllm
    return text(case.workspace.inference.get("config")) if looked_at else ""


def _config_map(case: Case) -> Map | None:
    return find_config_map(_config(case), case.workspace, case.surroundings)


def inference_config_missing(case: Case) -> Iterator[Problem]:
    """The ConfigMap that `inference.config` names must be there."""
    if _config(case) and _config_map(case) is None:
        name, namespace = shown(_config(case)), shown(case.workspace.namespace)
        yield case.problem("inference", "config", name=name, namespace=namespace)


def inference_config_invalid(case: Case) -> Iterator[Problem]:
    """That ConfigMap must hold `inference_config.yaml`, with a map of plain values under `vllm`."""
    config_map = _config_map(case)
    if config_map is not None and inference_config(config_map) is None:
        yield case.problem("inference", "config", name=shown(_config(case)))


def max_model_len_required(case: Case) -> Iterator[Problem]:
    """0.6 wants `max-model-len` for several nodes, and for several small GPUs."""
    workspace = case.workspace
    if not workspace.has_inference or not workspace.runs_vllm:
        return
    found = instance_types.find(case.surroundings.target.cloud, effective_instance_type(case))
    small = case.rule.parameters["gpuMemoryGiB"]
    small_gpus = found is not None and found.gpus > 1 and found.gpu_memory_gib < small
    if workspace.count <= 1 and not small_gpus:
        return
    config_map = _config_map(case)
    settings = (inference_config(config_map) if config_map is not None else None) or {}
    if not settings.get("max-model-len"):
        path = ("resource", "count") if workspace.count > 1 else ("resource", "instanceType")
        yield case.problem(*path, limit=small)


def annotation_image_family(case: Case) -> Iterator[Problem]:
    """The image family of the nodes is one of two, letter case and outer blanks aside."""
    value = case.workspace.annotations.get("kaito.sh/node-image-family")
    if value is not None and value.strip().lower() not in case.rule.parameters["values"]:
        yield case.problem("metadata", "annotations", "kaito.sh/node-image-family", value=shown(value))


def annotation_performance_mode(case: Case) -> Iterator[Problem]:
    """The performance mode is one of three."""
    value = case.workspace.annotations.get("kaito.sh/performance-mode")
    if value is not None and value not in case.rule.parameters["values"]:
        yield case.problem("metadata", "annotations", "kaito.sh/performance-mode", value=shown(value))


def adapters_too_many(case: Case) -> Iterator[Problem]:
    """There is a limit to the number of adapters."""
    number, limit = len(sequence(case.workspace.inference.get("adapters"))), case.rule.parameters["limit"]
    if number > limit:
        yield case.problem(*ADAPTERS, number=number, limit=limit)


def adapter_strength(case: Case) -> Iterator[Problem]:
    """vLLM serves an adapter at its full strength."""
    if not case.workspace.has_preset or not case.workspace.runs_vllm:
        return
    for index, adapter in enumerate(sequence(case.workspace.inference.get("adapters"))):
        if given(mapping(adapter).get("strength")):
            yield case.problem(*ADAPTERS, index, "strength")
