"""Removes what the cluster and KAITO's controller add to a stored object.

The additions were observed with KAITO v0.12.0 and v0.8.1, and read from the source of v0.6.2 and v0.7.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from kaito_pack.base import json_text
from kaito_pack.base.trees import Fields, Manifest, Schema, get, mapping
from kaito_pack.kaito import crd
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.workspace.identity import DEFAULT_NAMESPACE
from kaito_pack.workspace.inference_sets import KIND as SET
from kaito_pack.workspace.inference_sets import TEMPLATE as SET_TEMPLATE
from kaito_pack.workspace.inference_sets import is_inference_set

REPLICAS = ("spec", "replicas")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
ADDED = (
    "managedFields",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "selfLink",
    "finalizers",
)
ADDED_ANNOTATIONS = ("workspace.kaito.io/", LAST_APPLIED)


def settled(manifest: Manifest, kaito: str) -> dict[str, Any]:
    """Return `manifest` without additions of a cluster, and with the defaults of that KAITO's CRD."""
    body: dict[str, Any] = deepcopy({key: value for key, value in manifest.items() if key != "status"})
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        for name in ADDED:
            metadata.pop(name, None)
        _drop_annotations(metadata)
        if not metadata.get("namespace"):
            metadata["namespace"] = DEFAULT_NAMESPACE
    if is_workspace(body):
        _settle_inference(body.get("inference"))
        return filled(body, kaito)
    if is_inference_set(body):
        _settle_inference(get(body, (*SET_TEMPLATE, "inference")))
        return _filled_set(body, kaito)
    return body


def _filled_set(inference_set: dict[str, Any], kaito: str) -> dict[str, Any]:
    """Return the InferenceSet with the CRD's defaults, without replicas, which an autoscaler may set."""
    served = crd.schemas(kaito, SET) or {"": {}}
    api = str(inference_set.get("apiVersion")).rpartition("/")[2]
    completed: dict[str, Any] = _filled(served.get(api) or served[max(served)], inference_set)
    if get(inference_set, REPLICAS) is None and get(completed, REPLICAS) is not None:
        del completed["spec"]["replicas"]
    return completed


def filled(workspace: dict[str, Any], kaito: str) -> dict[str, Any]:
    """Return the Workspace with the CRD's defaults: `count: 1`, up to 0.7 an instance type, and so on."""
    served = crd.schemas(kaito)
    api = str(workspace.get("apiVersion")).rpartition("/")[2]
    schema = served.get(api) or served[max(served)]
    completed: dict[str, Any] = _filled(schema, workspace)
    return completed


def _filled(schema: Schema, value: Any) -> Any:
    """Return `value` with the defaults that the API server sets for missing or null fields."""
    if not isinstance(value, dict):
        return value
    result = dict(value)
    for name, part in schema.get("properties", {}).items():
        if result.get(name) is not None:
            result[name] = _filled(part, result[name])
        elif "default" in part:
            result[name] = part["default"]
    return result


def _drop_annotations(metadata: dict[str, Any]) -> None:
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        others = {
            key: value for key, value in annotations.items() if not str(key).startswith(ADDED_ANNOTATIONS)
        }
        metadata["annotations"] = others
        if not others:
            del metadata["annotations"]


def _settle_inference(inference: Any) -> None:
    if not isinstance(inference, dict):
        return
    template, preset = inference.get("template"), inference.get("preset")
    if isinstance(preset, dict) and preset.get("presetOptions") == {}:
        del preset["presetOptions"]
    metadata = template.get("metadata") if isinstance(template, dict) else None
    if isinstance(template, dict) and isinstance(metadata, dict):
        if "creationTimestamp" in metadata and metadata["creationTimestamp"] is None:
            del metadata["creationTimestamp"]
        if not metadata:
            del template["metadata"]


def kept_by_apply(live: Manifest, new: Manifest, kaito: str) -> dict[str, Any]:
    """Return `new` with the fields of `live` that an apply keeps: those that no file ever set.

    An apply removes only fields that an earlier apply set, as recorded in kubectl's annotation. Without the
    annotation, labels and the fields of a Workspace are assumed to belong to the owner, and all other fields
    that `new` does not have (a Service's clusterIP, an annotation of Argo CD) to others.
    """
    metadata = live.get("metadata")
    if not isinstance(metadata, Mapping) or not metadata.get("uid"):
        return settled(new, kaito)  # a file, not an object of a cluster: all of it was applied
    wanted, there = settled(new, kaito), settled(live, kaito)
    before = _last_applied(metadata)
    if before is None:
        labels = {"labels": there.get("metadata", {}).get("labels")}
        is_known = is_workspace(live) or is_inference_set(live)
        before = {**(there if is_known else {}), "metadata": labels}
        if is_inference_set(live) and get(wanted, REPLICAS) is None:
            spec = mapping(before.get("spec"))  # an autoscaler has set the replicas, not the file
            before = {**before, "spec": {key: value for key, value in spec.items() if key != "replicas"}}
    result: dict[str, Any] = _left(there, settled(before, kaito), wanted)
    return result


def _last_applied(metadata: Fields) -> dict[str, Any] | None:
    text = get(metadata, ("annotations", LAST_APPLIED))
    try:
        applied = json_text.foreign(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return applied if isinstance(applied, dict) else None


def _left(there: Any, before: Any, wanted: Any) -> Any:
    """Return `wanted` plus the fields of `there` that were not applied before."""
    if isinstance(there, dict) and isinstance(wanted, dict):
        past = before if isinstance(before, dict) else {}
        result = {
            key: _left(there[key], past.get(key), value) if key in there else value
            for key, value in wanted.items()
        }
        for key, value in there.items():
            if key not in past and key not in wanted:
                result[key] = value
            elif key not in wanted and isinstance(value, dict) and (foreign := _left(value, past[key], {})):
                result[key] = foreign  # others' keys in a map that the file no longer sets
        return result
    if isinstance(there, list) and isinstance(wanted, list) and len(there) == len(wanted):
        earlier = before if isinstance(before, list) and len(before) == len(there) else [None] * len(there)
        return [_left(*each) for each in zip(there, earlier, wanted, strict=True)]
    return wanted
