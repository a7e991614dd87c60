"""Rules of the webhook about KAITO's presets: known or not, with or without a Secret, and their size."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_letters, digits

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import mapping, sequence, text
from kaito_pack.facts import presets
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import in_range, rules
from kaito_pack.kaito import instance_types
from kaito_pack.kaito.fields import INSTANCE_TYPE, given
from kaito_pack.kaito.ruling import Case
from kaito_pack.kaito.target import Nodes
from kaito_pack.kaito.webhook_instance_types import effective_instance_type
from kaito_pack.workspace.labels import RUNTIME_ANNOTATION

PRESET_NAME = ("inference", "preset", "name")
SECRET = ("inference", "preset", "presetOptions", "modelAccessSecret")
BYPASS = "kaito.sh/bypass-resource-checks"
HUB_CHARACTERS = frozenset(ascii_letters + digits + "-_.")


def _is_hub_id(name: str) -> bool:
    """Return whether `name` is a possible id of a Hugging Face Hub repository (`org/name`)."""
    parts = name.split("/")
    return len(parts) == 2 and all(0 < len(part) <= 96 and set(part) <= HUB_CHARACTERS for part in parts)


def known_preset(name: str, kaito: str) -> presets.Preset | None:
    """Return the preset that the webhook of that KAITO finds under `name` without a request to the Hub."""
    preset = presets.find(name) or _of_the_catalogue(name)
    if not preset or not in_range(kaito, preset.versions):
        return None
    any_case = in_range(kaito, rules("webhook")["webhook/preset-unknown"].parameters["anyCase"])
    return preset if preset.name == name or any_case or "/" in name else None


def _of_the_catalogue(name: str) -> presets.Preset | None:
    """Return a model of KAITO's own catalogue as a preset, for versions that accept Hub ids."""
    if "/" not in name:
        return None
    from kaito_pack.models.catalogue import own_models

    hub_ids: str = rules("webhook")["webhook/preset-unknown"].parameters["hubIds"]
    return presets.Preset(name, hub_ids) if name.lower() in own_models() else None


def is_for_the_hub(name: str, kaito: str) -> bool:
    """Return whether that KAITO looks up a preset of this name on the Hugging Face Hub."""
    hub_ids = rules("webhook")["webhook/preset-unknown"].parameters["hubIds"]
    return in_range(kaito, hub_ids) and _is_hub_id(name) and not known_preset(name, kaito)


def may_be_preset(name: str, kaito: str) -> bool:
    """Return whether that KAITO knows the preset, or would look it up on the Hub."""
    return known_preset(name, kaito) is not None or is_for_the_hub(name, kaito)


def may_be_tuned(name: str, kaito: str) -> bool:
    """Return whether that KAITO accepts the preset for tuning: any `a/b` passes without a Hub lookup."""
    owner, _, rest = name.partition("/")
    hub_ids = rules("webhook")["webhook/preset-unknown"].parameters["hubIds"]
    return known_preset(name, kaito) is not None or bool(in_range(kaito, hub_ids) and owner and rest)


@rule("webhook/preset-unknown", on="create", part="preset")
def preset_unknown(case: Case) -> Iterator[Problem]:
    """Report a preset that KAITO does not have."""
    name = case.workspace.preset
    if case.workspace.has_preset and not may_be_preset(name, case.kaito):
        yield case.problem(*PRESET_NAME, name=shown(name), fix=preset_remedy(name, case.kaito))


def preset_remedy(name: str, kaito: str) -> str:
    """Return the fix for a preset that KAITO does not have: suggest a similar one, or list all."""
    known = presets.names(kaito)
    near = did_you_mean(name, known) if name else None
    return f"did you mean {shown(near)}" if near else f"Use one of {', '.join(known)}"


@rule("webhook/preset-undecidable", on="create", part="preset")
def preset_undecidable(case: Case) -> Iterator[Problem]:
    """Report a preset that the webhook looks up on the Hugging Face Hub."""
    if case.workspace.has_preset and is_for_the_hub(case.workspace.preset, case.kaito):
        yield case.problem(*PRESET_NAME, name=shown(case.workspace.preset))


@rule("webhook/preset-crash", on="create", part="preset")
def preset_crash(case: Case) -> Iterator[Problem]:
    """Report a preset that may crash the webhook for v1alpha1."""
    name = case.workspace.preset
    by_name = in_range(case.kaito, case.rule.parameters["names"]) and known_preset(name, case.kaito)
    if case.workspace.has_preset and ("/" in name or by_name):
        yield case.problem(*PRESET_NAME, name=shown(name))


def _secret(case: Case) -> str:
    options = mapping(mapping(case.workspace.inference.get("preset")).get("presetOptions"))
    return text(options.get("modelAccessSecret"))


@rule("webhook/preset-secret-needed", on="create", part="preset")
def preset_secret_needed(case: Case) -> Iterator[Problem]:
    """Report a gated preset without a Secret."""
    preset = known_preset(case.workspace.preset, case.kaito)
    if preset and presets.holds(case.kaito, preset.needs_secret) and not _secret(case):
        yield case.problem(*SECRET, name=shown(preset.name))


@rule("webhook/preset-secret-refused", on="create", part="preset")
def preset_secret_refused(case: Case) -> Iterator[Problem]:
    """Report a Secret for a preset that must not have one."""
    preset = known_preset(case.workspace.preset, case.kaito)
    if preset and presets.holds(case.kaito, preset.refuses_secret) and _secret(case):
        yield case.problem(*SECRET, name=shown(preset.name))


@rule("webhook/preset-too-big", on="create", part="preset")
def preset_too_big(case: Case) -> Iterator[Problem]:
    """Report a preset that is too large for the GPUs, unless an annotation turns the check off."""
    if BYPASS in case.workspace.annotations:
        return
    preset, node_type = _preset_and_nodes(case)
    least = _memory_asked_for(preset, case)
    if node_type is None or least is None:
        return
    total = node_type.gpus * node_type.gpu_memory_gib * case.workspace.count
    if total < least:
        yield case.problem(
            *INSTANCE_TYPE, name=shown(case.workspace.preset), total=f"{total:g}", least=f"{least:g}"
        )


def _preset_and_nodes(case: Case) -> tuple[presets.Preset | None, instance_types.InstanceType | None]:
    preset = known_preset(case.workspace.preset, case.kaito)
    node_type = instance_types.find(case.surroundings.target.cloud, effective_instance_type(case))
    return preset, node_type if node_type and node_type.known_in(case.kaito) else None


def _memory_asked_for(preset: presets.Preset | None, case: Case) -> float | None:
    """Return the required total memory of the GPUs of all nodes in GiB; None if the webhook requires none."""
    noted = rules("webhook")["webhook/preset-too-big"].parameters["noted"]
    if preset is None or in_range(case.kaito, noted):
        return preset.gpu_memory_gib if preset else None
    any_runtime = case.workspace.api in case.rule.parameters["anyRuntime"]
    return preset.weights_gib if any_runtime or not case.workspace.runs_vllm else None


@rule("webhook/preset-over-nodes", on="create", part="preset")
def preset_over_nodes(case: Case) -> Iterator[Problem]:
    """Report a preset that is too large for one node without vLLM."""
    preset, node_type = _preset_and_nodes(case)
    if preset is None or node_type is None or case.workspace.runs_vllm:
        return
    of_one_node = node_type.gpus * node_type.gpu_memory_gib
    if (preset.weights_gib or 0) > of_one_node:
        facts = {
            "name": shown(case.workspace.preset),
            "one": f"{of_one_node:g}",
            "least": f"{preset.weights_gib:g}",
        }
        yield case.problem("metadata", "annotations", RUNTIME_ANNOTATION, **facts)


@rule("webhook/preset-runtime", on="create", part="preset")
def preset_runtime(case: Case) -> Iterator[Problem]:
    """Report the runtime transformers for a preset that only vLLM runs."""
    preset = known_preset(case.workspace.preset, case.kaito)
    if preset and presets.holds(case.kaito, preset.vllm_only) and not case.workspace.runs_vllm:
        name = shown(case.workspace.preset)
        yield case.problem("metadata", "annotations", RUNTIME_ANNOTATION, name=name)


@rule("webhook/preset-adapters", on="create", part="preset")
def preset_adapters(case: Case) -> Iterator[Problem]:
    """Report adapters for a preset that vLLM serves only without them."""
    preset = known_preset(case.workspace.preset, case.kaito)
    adapters = sequence(case.workspace.inference.get("adapters"))
    if preset and adapters and case.workspace.runs_vllm and presets.holds(case.kaito, preset.no_adapters):
        yield case.problem("inference", "adapters", name=shown(preset.name))


@rule("webhook/preset-without-nodes", on="create", part="preset")
def preset_without_nodes(case: Case) -> Iterator[Problem]:
    """Report a preset on existing nodes that the target does not list.

    No report if the target has the memory of its GPUs.
    """
    target = case.surroundings.target
    if _lists_nodes(case) and target.nodes is None and target.gpu_memory_gib is None:
        yield case.problem("resource", "labelSelector", labels=_labels(case))


@rule("webhook/preset-no-matching-node", on="create", part="preset")
def preset_no_matching_node(case: Case) -> Iterator[Problem]:
    """Report a preset whose selector matches no node of the target."""
    if _lists_nodes(case) and case.surroundings.target.nodes is not None and not _matching(case):
        yield case.problem("resource", "labelSelector", labels=_labels(case))


@rule("webhook/preset-nodes-too-small", on="create", part="preset")
def preset_nodes_too_small(case: Case) -> Iterator[Problem]:
    """Report a preset that is too large for the GPUs of all matching nodes."""
    preset = known_preset(case.workspace.preset, case.kaito)
    nodes = _matching(case) if _lists_nodes(case) and BYPASS not in case.workspace.annotations else []
    total = sum(each.number * each.gpus * each.gpu_memory_gib for each in nodes)
    if preset is not None and 0 < total < (preset.weights_gib or 0):
        facts = {"name": shown(preset.name), "total": f"{total:g}", "least": f"{preset.weights_gib:g}"}
        yield case.problem("resource", "labelSelector", **facts)


def _lists_nodes(case: Case) -> bool:
    """Return whether the webhook searches nodes: for a preset on own nodes, unless GPUs are partitioned."""
    workspace = case.workspace
    partitioned = given(workspace.resource.get("partition"))
    is_known = workspace.has_preset and may_be_preset(workspace.preset, case.kaito)
    return case.own_nodes and is_known and not partitioned


def _matching(case: Case) -> list[Nodes]:
    labels = case.workspace.match_labels
    return [nodes for nodes in case.surroundings.target.nodes or () if nodes.matches(labels)]


def _labels(case: Case) -> str:
    labels = ", ".join(shown(f"{key}: {value}") for key, value in case.workspace.match_labels.items())
    return f"the labels {labels}" if labels else "any labels"
