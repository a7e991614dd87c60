"""InferenceSets: the Workspace that KAITO creates for each replica, and the inverse mapping of its fields.

KAITO gives each Workspace the inference spec and the resource of `spec.template`, the `spec.labelSelector`,
the labels and annotations of `spec.template.metadata`, and a name that ends in five random characters. So
rules on Workspaces are applied to such a Workspace. Source: KAITO v0.8.1 to v0.12.0.
"""

from __future__ import annotations

from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.trees import Fields, Manifest, mapping, text

KIND = "InferenceSet"
GROUP = "kaito.sh"
CREATED_BY = "inferenceset.kaito.sh/created-by"  # set on the Workspaces of an InferenceSet, and on their pods
OWN_LABELS = ("inferenceset.kaito.sh/", "kaito.sh/")  # prefixes of labels that KAITO sets on Workspaces
CHILD_API_VERSION = f"{GROUP}/v1beta1"
TEMPLATE: FieldPath = ("spec", "template")
POD_TEMPLATE: FieldPath = ("inference", "template")  # in a Workspace
SELECTOR: FieldPath = ("resource", "labelSelector")  # in a Workspace


def is_inference_set(body: Fields) -> bool:
    """Return whether a manifest is a KAITO InferenceSet, of any API version."""
    return body.get("kind") == KIND and str(body.get("apiVersion", "")).startswith(f"{GROUP}/")


def is_scaled_object(body: Fields) -> bool:
    """Return whether a manifest is a ScaledObject, with which KEDA scales an InferenceSet."""
    return body.get("kind") == "ScaledObject" and str(body.get("apiVersion", "")).startswith("keda.sh/")


def pod_template_path(body: Manifest) -> FieldPath:
    """Return the path of the pod template in a Workspace or an InferenceSet."""
    return (*TEMPLATE, *POD_TEMPLATE) if is_inference_set(body) else POD_TEMPLATE


def workspace_of(body: Manifest) -> Manifest:
    """Return the Workspace itself, or the one that KAITO creates for an InferenceSet."""
    return child_of(body) if is_inference_set(body) else body


def child_of(body: Manifest) -> dict[str, Any]:
    """Return the Workspace that KAITO creates for each replica of an InferenceSet of any shape."""
    spec, metadata = mapping(body.get("spec")), mapping(body.get("metadata"))
    template = mapping(spec.get("template"))
    own = mapping(template.get("metadata"))
    labels = dict(mapping(own.get("labels")))
    name = text(metadata.get("name")) or text(metadata.get("generateName"))
    child: dict[str, Any] = {
        "apiVersion": CHILD_API_VERSION,
        "kind": "Workspace",
        "metadata": {"generateName": f"{name}-", "labels": {**labels, CREATED_BY: name}},
    }
    if "namespace" in metadata:
        child["metadata"]["namespace"] = metadata["namespace"]
    if own.get("annotations") is not None:
        child["metadata"]["annotations"] = own["annotations"]
    child["resource"] = dict(mapping(template.get("resource")))
    if "labelSelector" in spec:
        child["resource"]["labelSelector"] = spec["labelSelector"]
    if template.get("inference") is not None:
        child["inference"] = template["inference"]
    return child


def inference_set_of(workspace: Manifest) -> dict[str, Any] | None:
    """Return the InferenceSet that a Workspace was created for, with the fields that the Workspace shows.

    None if no InferenceSet created it. A Workspace does not show the number of replicas.
    """
    metadata, resource = mapping(workspace.get("metadata")), mapping(workspace.get("resource"))
    labels = mapping(metadata.get("labels"))
    name = text(labels.get(CREATED_BY))
    if not name:
        return None
    own = {key: value for key, value in labels.items() if not str(key).startswith(OWN_LABELS)}
    template: dict[str, Any] = {"metadata": {"labels": own}} if own else {}
    if resource.get("instanceType"):
        template["resource"] = {"instanceType": resource["instanceType"]}
    if workspace.get("inference") is not None:
        template["inference"] = workspace["inference"]
    identifying = {key: metadata[key] for key in ("namespace", "uid") if key in metadata}
    return {
        "apiVersion": CHILD_API_VERSION,
        "kind": KIND,
        "metadata": {"name": name, **identifying},
        "spec": {"labelSelector": resource.get("labelSelector"), "template": template},
    }


def path_in_set(path: FieldPath) -> FieldPath:
    """Return the path in an InferenceSet of the part at `path` in its Workspace."""
    if path[:2] == SELECTOR:
        return ("spec", *path[1:])
    if path[:1] == ("metadata",) and path[1:2] not in (("labels",), ("annotations",)):
        return path
    return (*TEMPLATE, *path)
