"""Adds the user's `podTemplate`, `extraArgs` and `extraObjects` to a mode's manifests.

`podTemplate` is merged into the rendered pod template by the rules of Kubernetes' strategic merge. The result
is checked like everything else, including the links that the mode's own templates maintain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from copy import deepcopy
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import ProblemsError
from kaito_pack.base.secrets import looks_like_secret
from kaito_pack.base.trees import Fields, Manifest, entries, get, mapping, sequence, text
from kaito_pack.documents import Document
from kaito_pack.documents.scalars import to_yaml
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kaito import canonical
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.kubernetes.decoding.amounts import printed
from kaito_pack.kubernetes.decoding.strategic_merge import MergeError, merge
from kaito_pack.kubernetes.objects.objects import decoded
from kaito_pack.rendering.field_order import in_field_order, in_template_order
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.values.checking import Values
from kaito_pack.values.meanings import EXTRA_OBJECTS, POD_TEMPLATE
from kaito_pack.workspace.identity import Identity, identity
from kaito_pack.workspace.inference_sets import path_in_set, pod_template_path, workspace_of

HASH = "kubefoundry.io/template-hash"
# Cluster-scoped kinds of Kubernetes 1.37; every other object gets the namespace of the values.
CLUSTER_SCOPED = frozenset(
    (
        "APIService CertificateSigningRequest ClusterRole ClusterRoleBinding ClusterTrustBundle CSIDriver"
        " CSINode CustomResourceDefinition DeviceClass DeviceTaintRule FlowSchema IngressClass IPAddress"
        " MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration Namespace Node"
        " PersistentVolume PriorityClass PriorityLevelConfiguration ResourceSlice RuntimeClass ServiceCIDR"
        " StorageClass StorageVersionMigration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"
        " ValidatingWebhookConfiguration VolumeAttachment VolumeAttributesClass"
    ).split()
)

KAITO_MAKES = ("Deployment", "Service", "StatefulSet")  # kinds that KAITO creates under the Workspace's name


def extended(manifests: Sequence[RenderedManifest], values: Values) -> list[RenderedManifest]:
    """Return the manifests with the user's additions. Raises ProblemsError if one cannot be merged."""
    patch = values.filled.get(POD_TEMPLATE)
    result = [_patched(manifest, patch, values) if patch else manifest for manifest in manifests]
    identities = [identity(manifest.body, "") for manifest in result]
    workspace, known = identities[0], set(identities)
    for index, added in enumerate(values.filled.get(EXTRA_OBJECTS) or ()):
        manifest = _object(added, (EXTRA_OBJECTS, index), values, workspace, known)
        known.add(identity(manifest.body, ""))
        result.append(manifest)
    return result


@rule("values/pod-template-merge", "values/pod-template-hash", "values/not-the-model", on="part")
def _patched(manifest: RenderedManifest, patch: Fields, values: Values) -> RenderedManifest:
    place = pod_template_path(manifest.body)
    current = get(manifest.body, place)
    if not isinstance(current, Mapping):
        return manifest
    try:
        merged = merge(current, in_field_order(patch), definitions.definition(definitions.newest()))
    except MergeError as error:
        path = (POD_TEMPLATE, *error.path)
        merge_problem = problem("values/pod-template-merge", path, values.place(path), reason=error.reason)
        raise ProblemsError([merge_problem]) from None
    for index in _without_image(merged.value, patch):
        path = (POD_TEMPLATE, "spec", "containers", index)
        name = shown(get(values.filled, (*path, "name")))
        raise ProblemsError([problem("values/not-the-model", path, values.place(path), name=name)])
    if _hash(merged.value) != _hash(current):
        path = (POD_TEMPLATE, "metadata", "annotations")
        raise ProblemsError([problem("values/pod-template-hash", path, values.place(path), key=HASH)])
    template = in_template_order(merged.value)
    body: dict[str, Any] = deepcopy(dict(manifest.body))
    get(body, place[:-1])[place[-1]] = deepcopy(template)
    to_canonical_form(body)
    origins = {(*place, *path): (POD_TEMPLATE, *origin) for path, origin in merged.origins.items()}
    return _manifest(manifest.template, body, origins)


def _without_image(template: Fields, patch: Fields) -> Iterator[int]:
    """Yield the index of each container that a patch adds to a template without an image."""
    imageless = [
        text(each.get("name"))
        for each, _ in entries(get(template, ("spec", "containers")), ())
        if not each.get("image")
    ]
    for index, each in enumerate(sequence(get(patch, ("spec", "containers")))):
        if text(mapping(each).get("name")) in imageless:
            yield index


def _hash(template: Fields) -> Any:
    metadata = template.get("metadata") or {}
    return (metadata.get("annotations") or {}).get(HASH)


def _manifest(
    template: str, body: dict[str, Any], origins: Mapping[FieldPath, FieldPath]
) -> RenderedManifest:
    return RenderedManifest(template, to_yaml(body), Document(f"templates/{template}", 1, body), origins)


def to_canonical_form(body: dict[str, Any]) -> None:
    """Convert the user's additions to the form that KAITO's controller leaves unchanged."""
    workspace = workspace_of(body)
    for reported in list(canonical.check(workspace)):
        *above, key = reported.path if workspace is body else path_in_set(reported.path)
        owner = get(body, tuple(above))
        if not isinstance(owner, dict):
            continue  # a null container
        if reported.rule == "controller/quantity-not-canonical":
            owner[key] = printed(owner[key])
        elif reported.rule == "controller/resources-missing":
            owner[key] = {}
        elif reported.rule == "controller/empty-field":
            owner.pop(key, None)  # a list whose last item was removed


@rule(
    "values/extra-workspace",
    "values/extra-list",
    "values/extra-object-owned",
    "values/extra-object-twice",
    on="part",
)
@rule("values/literal-token", on="shared")
def _object(
    added: Any, path: FieldPath, values: Values, workspace: Identity, known: Set[Identity]
) -> RenderedManifest:
    body = in_field_order(added)
    kind, metadata = body["kind"], body["metadata"]
    if kind not in CLUSTER_SCOPED:
        namespace = metadata.get("namespace") or values.filled["namespace"]
        body["metadata"] = in_field_order({**metadata, "namespace": namespace})
    for key in _hidden_tokens(body):
        token: FieldPath = (*path, "data", key)
        raise ProblemsError([problem("values/literal-token", token, values.place(token))])
    what = shown(f"{kind} {metadata['name']}")
    added_identity = identity(body, "")
    for name, is_wrong in (
        ("values/extra-workspace", body["apiVersion"].startswith("kaito.sh/")),
        ("values/extra-list", kind.endswith("List") and "items" in body),
        ("values/extra-object-owned", kind in KAITO_MAKES and workspace[2:] == added_identity[2:]),
        ("values/extra-object-twice", added_identity in known),
    ):
        if is_wrong:
            raise ProblemsError([problem(name, path, values.place(path), kind=shown(kind), what=what)])
    return _manifest(EXTRA_OBJECTS, body, {(): path})


def _hidden_tokens(body: Manifest) -> list[str]:
    """Return the keys of a Secret that contain a token in base64; plain tokens are reported in the values."""
    data = body.get("data") if body["kind"] == "Secret" else None
    if not isinstance(data, Mapping):
        return []
    texts = {key: decoded(value).decode("latin-1") for key, value in data.items() if isinstance(value, str)}
    return [key for key, text in texts.items() if looks_like_secret(text)]
