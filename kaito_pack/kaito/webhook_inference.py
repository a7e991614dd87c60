"""Rules of the webhook about `inference`, and about the annotations that control it."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, mapping, sequence, text
from kaito_pack.facts.checks import rule
from kaito_pack.kaito import instance_types
from kaito_pack.kaito.config_maps import (
    find_config_map,
    inference_config,
    is_in_cluster,
    may_exist,
    whereabouts,
)
from kaito_pack.kaito.fields import INSTANCE_TYPE, TEMPLATE, given
from kaito_pack.kaito.ruling import Case
from kaito_pack.kaito.webhook_instance_types import effective_instance_type

ADAPTERS = ("inference", "adapters")


@rule("webhook/workload-missing", on="create")
def workload_missing(case: Case) -> Iterator[Problem]:
    """Report a Workspace with neither inference nor tuning."""
    if not case.workspace.has_inference and not case.workspace.has_tuning:
        yield case.problem("inference")


@rule("webhook/workload-twice", on="create")
def workload_twice(case: Case) -> Iterator[Problem]:
    """Report a Workspace with both inference and tuning."""
    if case.workspace.has_inference and case.workspace.has_tuning:
        yield case.problem("tuning")


@rule("webhook/engine-missing", on="create")
def engine_missing(case: Case) -> Iterator[Problem]:
    """Report an inference with neither a preset nor a template."""
    workspace = case.workspace
    if workspace.has_inference and not workspace.has_preset and not workspace.has_template:
        yield case.problem("inference")


@rule("webhook/engine-twice", on="create")
def engine_twice(case: Case) -> Iterator[Problem]:
    """Report an inference with both a preset and a template."""
    if case.workspace.has_preset and case.workspace.has_template:
        yield case.problem(*TEMPLATE)


def _config(case: Case) -> str:
    """Return the ConfigMap in `inference.config` if the webhook reads it, which it does only for vLLM."""
    looked_at = case.workspace.has_inference and case.workspace.runs_vllm
    return text(case.workspace.inference.get("config")) if looked_at else ""


def _config_map(case: Case) -> Fields | None:
    return find_config_map(_config(case), case.workspace, case.surroundings)


@rule("webhook/inference-config-missing", on="create")
def inference_config_missing(case: Case) -> Iterator[Problem]:
    """Report a ConfigMap in `inference.config` that is not in the input."""
    is_unknown = may_exist(_config(case)) and not is_in_cluster(_config(case), case)
    if _config_map(case) is None and is_unknown:
        yield case.problem("inference", "config", **whereabouts(_config(case), case))


@rule("webhook/inference-config-invalid", on="create")
def inference_config_invalid(case: Case) -> Iterator[Problem]:
    """Report a ConfigMap without a valid `inference_config.yaml`."""
    config_map = _config_map(case)
    if config_map is not None and inference_config(config_map) is None:
        yield case.problem("inference", "config", name=shown(_config(case)))


@rule("webhook/max-model-len-required", on="create")
def max_model_len_required(case: Case) -> Iterator[Problem]:
    """Report a missing `max-model-len`, which 0.6 and v1alpha1 require for several nodes or small GPUs."""
    workspace = case.workspace
    if not workspace.has_inference or not workspace.runs_vllm:
        return
    node = instance_types.find(case.surroundings.target.cloud, effective_instance_type(case))
    small = case.rule.parameters["gpuMemoryGiB"]
    small_gpus = bool(node and node.known_in(case.kaito) and node.gpus > 1 and node.gpu_memory_gib < small)
    config_map = _config_map(case)
    is_unread = _config(case) and config_map is None  # the content of a ConfigMap in the cluster is unknown
    if is_unread or (workspace.count <= 1 and not small_gpus):
        return
    settings = (inference_config(config_map) if config_map is not None else None) or {}
    if not settings.get("max-model-len"):
        path = ("resource", "count") if workspace.count > 1 else INSTANCE_TYPE
        yield case.problem(*path, limit=small)


@rule("webhook/adapters-too-many", on="create", part="adapters")
def adapters_too_many(case: Case) -> Iterator[Problem]:
    """Report too many adapters."""
    number, limit = len(sequence(case.workspace.inference.get("adapters"))), case.rule.parameters["limit"]
    if number > limit:
        yield case.problem(*ADAPTERS, number=number, limit=limit)


@rule("webhook/adapter-strength", on="create", part="adapters")
def adapter_strength(case: Case) -> Iterator[Problem]:
    """Report an adapter strength, which vLLM does not support."""
    if not case.workspace.has_preset or not case.workspace.runs_vllm:
        return
    for index, adapter in enumerate(sequence(case.workspace.inference.get("adapters"))):
        if given(mapping(adapter).get("strength")):
            yield case.problem(*ADAPTERS, index, "strength")
