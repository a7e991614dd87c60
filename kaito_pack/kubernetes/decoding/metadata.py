"""The API server's checks of labels and annotations inside an object, such as a pod template's.

`object_meta` checks an object's own `metadata`.

Source: Kubernetes 1.35, k8s.io/apimachinery, pkg/api/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import strings, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.object_meta import LARGEST_ANNOTATIONS


@rule("kubernetes/label-key", "kubernetes/label-value", on="shared")
def check_labels(labels: object, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the keys and values of labels, a selector or a node selector."""
    for key, value in strings(labels):
        if not names.is_qualified(key):
            yield problem("kubernetes/label-key", (*path, key), key=shown(key))
        if isinstance(value, str) and not names.is_label_value(value):
            yield problem("kubernetes/label-value", (*path, key), key=shown(key), value=shown(value))


@rule("kubernetes/annotations-size", on="part")
@rule("kubernetes/label-key", on="shared")
def check_annotations(annotations: object, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the keys of annotations and with their total size."""
    size = 0
    for key, value in strings(annotations):
        size += len(key.encode("utf-8", "replace")) + len(text(value).encode("utf-8", "replace"))
        if not names.is_qualified(key.lower()):
            yield problem("kubernetes/label-key", (*path, key), key=shown(key))
    if size > LARGEST_ANNOTATIONS:
        yield problem("kubernetes/annotations-size", path, size=size, limit=LARGEST_ANNOTATIONS)
