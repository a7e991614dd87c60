"""The API server's checks of other core kinds, selected by a manifest's kind.

Source: Kubernetes 1.35, pkg/apis/core/validation, pkg/apis/apps/validation, pkg/apis/batch/validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, Manifest, mapping, strings, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import one_of, required
from kaito_pack.kubernetes.decoding.findings import Reported
from kaito_pack.kubernetes.objects import workloads
from kaito_pack.kubernetes.objects.services import check_service
from kaito_pack.kubernetes.pods.claims import check_claim
from kaito_pack.kubernetes.pods.pod import check_hostnames, check_pod_spec
from kaito_pack.kubernetes.pods.pod_annotations import check_pod_annotations

NEWEST = "1.37"
RESTART_POLICIES = ("Always", "OnFailure", "Never")
LARGEST_DATA = 1_048_576  # bytes of the values of a ConfigMap or Secret
# Modules that few manifests need, by the kinds that they check.
BESIDE = {
    "devices": ("ResourceClaim", "ResourceClaimTemplate"),
    "policies": ("Ingress", "NetworkPolicy", "PodDisruptionBudget"),
    "quotas": ("LimitRange", "ResourceQuota"),
    "roles": ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
    "scalers": ("HorizontalPodAutoscaler",),
    "storage": ("PersistentVolume",),
}
MODULES = {kind: module for module, kinds in BESIDE.items() for kind in kinds}
ACCOUNT = "kubernetes.io/service-account.name"
SECRET_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
}


def check_object(manifest: Manifest, kubernetes: str = NEWEST) -> Iterator[Reported]:
    """Yield the API server's problems with a manifest of a core kind; nothing for other kinds."""
    kind = text(manifest.get("kind"))
    if kind == "Service":
        yield from check_service(manifest, kubernetes)
    elif kind in CHECKS:
        yield from CHECKS[kind](manifest, kubernetes)
    elif kind in MODULES:
        module = import_module(f"kaito_pack.kubernetes.objects.{MODULES[kind]}")
        yield from module.CHECKS[kind](manifest, kubernetes)


@rule("kubernetes/config-map-value", on="part")
@rule("kubernetes/name-duplicate", "kubernetes/data-size", on="shared")
def check_config_map(manifest: Fields, kubernetes: str) -> Iterator[Problem]:
    """Yield the problems with the keys and the size of a ConfigMap."""
    size, keys = 0, set()
    for field in ("data", "binaryData"):
        for key, value in strings(manifest.get(field)):
            yield from check_key(key, (field, key))
            if key in keys:
                yield problem("kubernetes/name-duplicate", (field, key), value=shown(key), what="key")
            keys.add(key)
            if value is not None and not isinstance(value, str):
                yield problem("kubernetes/config-map-value", (field, key), value=shown(value))
            size += (
                len(decoded(value)) if field == "binaryData" else len(text(value).encode("utf-8", "replace"))
            )
    if size > LARGEST_DATA:
        yield problem("kubernetes/data-size", ("data",), size=size, limit=LARGEST_DATA)


@rule("kubernetes/secret-value", "kubernetes/secret-base64", on="part")
@rule("kubernetes/data-size", on="shared")
def check_secret(manifest: Fields, kubernetes: str) -> Iterator[Problem]:
    """Yield the problems with the keys and the size of a Secret; its values are never repeated."""
    size, kind = 0, text(manifest.get("type"))
    for field in ("data", "stringData"):
        for key, value in strings(manifest.get(field)):
            yield from check_key(key, (field, key))
            if value is not None and not isinstance(value, str):
                yield problem("kubernetes/secret-value", (field, key))
            elif field == "data" and value and not decoded(value):
                yield problem("kubernetes/secret-base64", (field, key))
            size += len(decoded(value)) if field == "data" else len(text(value).encode("utf-8", "replace"))
    yield from check_secret_type(manifest, kind)
    if size > LARGEST_DATA:
        yield problem("kubernetes/data-size", ("data",), size=size, limit=LARGEST_DATA)


@rule("kubernetes/secret-json", on="part")
@rule("kubernetes/field-required", on="shared")
def check_secret_type(manifest: Fields, kind: str) -> Iterator[Problem]:
    """Yield the keys that a Secret of a known type lacks."""
    given = {key: decoded(value) for key, value in strings(manifest.get("data"))}
    given |= {key: text(value).encode(errors="replace") for key, value in strings(manifest.get("stringData"))}
    what = f"a Secret of type {kind}"
    for key in SECRET_KEYS.get(kind, ()):
        if key not in given or (key == "ssh-privatekey" and not given[key]):
            yield problem("kubernetes/field-required", ("data", key), field=key, what=what)
        elif key.startswith(".docker") and not is_json(given[key]):
            yield problem("kubernetes/secret-json", ("data", key))
    if kind == "kubernetes.io/basic-auth" and not given.keys() & {"username", "password"}:
        yield problem("kubernetes/field-required", ("data",), field="username", what=what)
    if kind == "kubernetes.io/service-account-token":
        annotations, annotations_path = (
            mapping(manifest.get("metadata")).get("annotations"),
            ("metadata", "annotations"),
        )
        yield from required(mapping(annotations), [ACCOUNT], annotations_path, what)


def is_json(content: bytes) -> bool:
    """Return whether bytes are a JSON map."""
    from json import loads

    try:
        return isinstance(loads(content), dict)
    except (ValueError, RecursionError):
        return False


def decoded(value: object) -> bytes:
    """Return the bytes of a base64 text; empty if it is not valid."""
    from base64 import b64decode

    try:
        # The API server's decoder allows line breaks inside.
        return b64decode(text(value).replace("\n", "").replace("\r", ""), validate=True)
    except ValueError:
        return b""


@rule("kubernetes/config-key", on="shared")
def check_key(key: str, path: FieldPath) -> Iterator[Problem]:
    """Yield a problem if a key of a ConfigMap or Secret has another format."""
    if not names.is_config_key(key):
        yield problem("kubernetes/config-key", path, field="key", value=shown(key))


def check_persistent_claim(manifest: Fields, kubernetes: str) -> Iterator[Problem]:
    """Yield the problems with a PersistentVolumeClaim."""
    yield from check_claim(mapping(manifest.get("spec")), ("spec",), alone=True)


def check_pod(manifest: Fields, kubernetes: str) -> Iterator[Reported]:
    """Yield the problems with a Pod."""
    spec, path = mapping(manifest.get("spec")), ("spec",)
    annotations = mapping(manifest.get("metadata")).get("annotations")
    yield from check_pod_annotations(annotations, spec, ("metadata", "annotations"))
    yield from one_of(spec, "restartPolicy", RESTART_POLICIES, path)
    yield from check_pod_spec(spec, path, kubernetes)
    yield from check_hostnames(spec, path)


CHECKS: dict[str, Callable[[Fields, str], Iterator[Reported]]] = {
    **workloads.CHECKS,
    "ConfigMap": check_config_map,
    "PersistentVolumeClaim": check_persistent_claim,
    "Pod": check_pod,
    "Secret": check_secret,
}
