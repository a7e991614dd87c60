"""What the API server says of names, labels and annotations.

Source: Kubernetes 1.35, k8s.io/apimachinery, pkg/api/validation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack.kubernetes import names
from kaito_pack.kubernetes.shapes import fields, sequence, strings, text, unset
from kaito_pack.problems import Path, Problem, shown
from kaito_pack.rules import problem

LARGEST_ANNOTATIONS = 262_144  # bytes, keys and values together
DNS_LABEL_KINDS = {"Namespace", "Workspace", "Service"}
PATH_SEGMENT_KINDS = {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}


def check_metadata(manifest: Mapping[str, Any], path: Path = ("metadata",)) -> Iterator[Problem]:
    """What is wrong with the `metadata` of a manifest of any kind."""
    kind = text(manifest.get("kind"))
    metadata = fields(manifest.get("metadata"))
    yield from check_name(kind, metadata.get("name"), metadata.get("generateName"), path)
    namespace = text(metadata.get("namespace"))
    if namespace and not names.is_dns_label(namespace):
        yield problem(
            "kubernetes/label-format", (*path, "namespace"), field="namespace", value=shown(namespace)
        )
    yield from check_labels(metadata.get("labels"), (*path, "labels"))
    yield from check_annotations(metadata.get("annotations"), (*path, "annotations"))
    for index, finalizer in enumerate(sequence(metadata.get("finalizers"))):
        if isinstance(finalizer, str) and not names.is_qualified(finalizer):
            yield problem("kubernetes/label-key", (*path, "finalizers", index), key=shown(finalizer))


def check_name(kind: str, name: object, prefix: object, path: Path) -> Iterator[Problem]:
    """What is wrong with the name of a manifest of that kind."""
    at = (*path, "name")
    given = text(name)
    if not given:
        if unset(name) and unset(prefix):
            yield problem("kubernetes/field-required", at, field="name", what=f"a {kind or 'manifest'}")
        return
    if kind == "Service":
        if not names.is_service_name(given):
            yield problem("kubernetes/service-name", at, value=shown(given))
    elif kind in DNS_LABEL_KINDS:
        if not names.is_dns_label(given):
            yield problem("kubernetes/label-format", at, field="name", value=shown(given))
    elif kind in PATH_SEGMENT_KINDS:
        if not names.is_path_segment(given):
            yield problem("kubernetes/name-format", at, field="name", value=shown(given))
    elif not names.is_subdomain(given):
        yield problem("kubernetes/name-format", at, field="name", value=shown(given))


def check_labels(labels: object, path: Path) -> Iterator[Problem]:
    """What is wrong with the keys and values of labels, a selector or a node selector."""
    for key, value in strings(labels):
        if not names.is_qualified(key):
            yield problem("kubernetes/label-key", (*path, key), key=shown(key))
        if isinstance(value, str) and not names.is_label_value(value):
            yield problem("kubernetes/label-value", (*path, key), key=shown(key), value=shown(value))


def check_annotations(annotations: object, path: Path) -> Iterator[Problem]:
    """What is wrong with the keys of annotations and their size."""
    size = 0
    for key, value in strings(annotations):
        size += len(key.encode("utf-8", "replace")) + len(text(value).encode("utf-8", "replace"))
        if not names.is_qualified(key.lower()):
            yield problem("kubernetes/label-key", (*path, key), key=shown(key))
    if size > LARGEST_ANNOTATIONS:
        yield problem("kubernetes/annotations-size", path, size=size, limit=LARGEST_ANNOTATIONS)


def check_pod_annotations(annotations: object, path: Path) -> Iterator[Problem]:
    """What is wrong with annotations that Kubernetes itself reads on pods."""
    for key, value in strings(annotations):
        if key == "kubernetes.io/config.mirror":
            yield problem("kubernetes/mirror-annotation", (*path, key))
        if key == "controller.kubernetes.io/pod-deletion-cost" and not is_int32(text(value)):
            yield problem("kubernetes/deletion-cost", (*path, key), value=shown(value))


def is_int32(number: str) -> bool:
    """Whether a text is a whole number of 32 bits without leading zeros or a plus sign."""
    digits = number.removeprefix("-")
    if (
        not (digits.isascii() and digits.isdigit())
        or len(digits) > 10
        or (digits[0] == "0" and number != "0")
    ):
        return False
    return -(2**31) <= int(number) < 2**31
