"""What KAITO's admission webhook says of a Workspace, its decoding left out.

The table joins a rule's name to the function that finds it; versions, words and figures stand in the
rule's row (`facts/rules/webhook.json`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest
from kaito_pack.kaito import update
from kaito_pack.kaito import webhook_inference as inference
from kaito_pack.kaito import webhook_instance_types as types
from kaito_pack.kaito import webhook_presets as presets
from kaito_pack.kaito import webhook_resource as resource
from kaito_pack.kaito import webhook_tuning as tuning
from kaito_pack.kaito.fields import Workspace
from kaito_pack.kaito.ruling import Check, judge
from kaito_pack.kaito.target import Surroundings

ON_CREATE: Mapping[str, Check] = {
    "kaito/name": resource.name,
    "kaito/workload-missing": inference.workload_missing,
    "kaito/workload-twice": inference.workload_twice,
    "kaito/engine-missing": inference.engine_missing,
    "kaito/engine-twice": inference.engine_twice,
    "kaito/resource-missing": resource.resource_missing,
    "kaito/resource-missing-own-nodes": resource.resource_missing_own_nodes,
    "kaito/resource-missing-tuning": resource.resource_missing_tuning,
    "kaito/instance-type-required": types.instance_type_required,
    "kaito/instance-type-with-own-nodes": types.instance_type_with_own_nodes,
    "kaito/instance-type-unknown": types.instance_type_unknown,
    "kaito/instance-type-dropped": types.instance_type_dropped,
    "kaito/instance-type-letter-case": types.instance_type_letter_case,
    "kaito/preferred-nodes-below-count": resource.preferred_nodes_below_count,
    "kaito/selector-operator": resource.selector_operator,
    "kaito/selector-values": resource.selector_values,
    "kaito/selector-reserved": resource.selector_reserved,
    "kaito/partition-auto": resource.partition_auto,
    "kaito/partition-mode": resource.partition_mode,
    "kaito/partition-gate": resource.partition_gate,
    "kaito/partition-tuning": resource.partition_tuning,
    "kaito/preset-unknown": presets.preset_unknown,
    "webhook/preset-undecidable": presets.preset_undecidable,
    "webhook/preset-crash": presets.preset_crash,
    "kaito/preset-secret-needed": presets.preset_secret_needed,
    "kaito/preset-secret-refused": presets.preset_secret_refused,
    "kaito/preset-too-big": presets.preset_too_big,
    "kaito/preset-over-nodes": presets.preset_over_nodes,
    "kaito/preset-runtime": presets.preset_runtime,
    "kaito/preset-adapters": presets.preset_adapters,
    "kaito/preset-without-nodes": presets.preset_without_nodes,
    "kaito/inference-config-missing": inference.inference_config_missing,
    "kaito/inference-config-invalid": inference.inference_config_invalid,
    "kaito/max-model-len-required": inference.max_model_len_required,
    "kaito/annotation-image-family": inference.annotation_image_family,
    "kaito/annotation-performance-mode": inference.annotation_performance_mode,
    "kaito/adapters-too-many": inference.adapters_too_many,
    "kaito/adapter-strength": inference.adapter_strength,
    "kaito/adapter-source": tuning.adapter_source,
    "kaito/adapter-twice": tuning.adapter_twice,
    "kaito/tuning-method": tuning.tuning_method,
    "kaito/tuning-count": tuning.tuning_count,
    "kaito/tuning-part-missing": tuning.tuning_part_missing,
    "kaito/tuning-input-source": tuning.tuning_input_source,
    "kaito/tuning-output-target": tuning.tuning_output_target,
    "kaito/tuning-push-secret": tuning.tuning_push_secret,
    "kaito/tuning-image": tuning.tuning_image,
    "kaito/tuning-preset-unknown": tuning.tuning_preset_unknown,
    "kaito/tuning-config-missing": tuning.tuning_config_missing,
}


def check(manifest: Manifest, surroundings: Surroundings) -> Iterator[Problem]:
    """What the webhook refuses about a Workspace: a create, or an update where `surroundings.old` is set.

    Problems have paths and no places; all are of layer "webhook". Read in KAITO v0.6.2 to v0.12.0.
    """
    if surroundings.old is not None:
        yield from update.check_update(surroundings.old, manifest, surroundings)
    else:
        yield from judge("webhook", ON_CREATE, Workspace(manifest), surroundings)
