"""What KAITO's controller rewrites, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.kaito.canonical import check
from tests.changing import with_value

SPEC = ("inference", "template", "spec")
CONTAINER = (*SPEC, "containers", 0)
STILL: dict[str, Any] = {
    "metadata": {"name": "tiny", "labels": {"a": ""}},
    "resource": {"count": 1, "labelSelector": {"matchLabels": {"apps": "tiny"}}},
    "inference": {
        "template": {
            "metadata": {},
            "spec": {
                "containers": [
                    {
                        "name": "model",
                        "image": "a",
                        "env": [
                            {
                                "name": "CPU",
                                "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "0"}},
                            }
                        ],
                        "resources": {"limits": {"nvidia.com/gpu": "2", "cpu": "1500m", "memory": "1536Mi"}},
                        "readinessProbe": {"httpGet": {"port": 8000}},
                    }
                ],
                "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}],
            },
        }
    },
}
REWRITTEN: list[tuple[str, tuple[str | int, ...], Any]] = [
    ("controller/quantity-not-canonical", (*CONTAINER, "resources", "limits", "nvidia.com/gpu"), 2),
    *[
        ("controller/quantity-not-canonical", (*CONTAINER, "resources", "requests"), {name: value})
        for name, values in {
            "cpu": [4, 0.5, "0.5", "1.5", "1000m"],
            "memory": ["1024Mi", "4096Mi", "1.5Gi", "1000M", 1073741824],
        }.items()
        for value in values
    ],
    ("controller/quantity-not-canonical", (*SPEC, "volumes", 0, "emptyDir", "sizeLimit"), "1024Mi"),
    ("controller/quantity-not-canonical", (*SPEC, "overhead"), {"cpu": 1}),
    (
        "controller/quantity-not-canonical",
        (*CONTAINER, "env", 0, "valueFrom", "resourceFieldRef", "divisor"),
        1,
    ),
    (
        "controller/quantity-not-canonical",
        (*SPEC, "volumes", 0),
        {
            "name": "c",
            "ephemeral": {
                "volumeClaimTemplate": {
                    "metadata": {},
                    "spec": {"resources": {"requests": {"storage": "1024Gi"}}},
                }
            },
        },
    ),
    ("controller/resources-missing", CONTAINER, {"name": "model", "image": "a"}),
    ("controller/resources-missing", (*SPEC, "initContainers"), [{"name": "fetch", "image": "a"}]),
    ("controller/resources-missing", (*CONTAINER, "resources"), None),
    *[
        ("controller/empty-field", (*CONTAINER, field), value)
        for field, value in {
            "command": [],
            "args": [],
            "env": [],
            "envFrom": [],
            "volumeMounts": [],
            "workingDir": "",
            "stdin": False,
            "tty": False,
            "securityContext": None,
        }.items()
    ],
    *[
        ("controller/empty-field", (*SPEC, field), value)
        for field, value in {
            "volumes": [],
            "tolerations": [],
            "initContainers": [],
            "imagePullSecrets": [],
            "nodeSelector": {},
            "hostNetwork": False,
            "hostPID": False,
            "serviceAccountName": "",
            "affinity": None,
        }.items()
    ],
    ("controller/empty-field", (*CONTAINER, "resources", "requests"), {}),
    ("controller/empty-field", (*CONTAINER, "resources", "limits"), {}),
    ("controller/empty-field", (*CONTAINER, "resources", "claims"), []),
    ("controller/empty-field", (*CONTAINER, "env"), [{"name": "A", "value": ""}]),
    (
        "controller/empty-field",
        (*CONTAINER, "volumeMounts"),
        [{"name": "shm", "mountPath": "/a", "readOnly": False}],
    ),
    (
        "controller/empty-field",
        (*CONTAINER, "volumeMounts"),
        [{"name": "shm", "mountPath": "/a", "subPath": ""}],
    ),
    ("controller/empty-field", (*CONTAINER, "readinessProbe", "initialDelaySeconds"), 0),
    ("controller/empty-field", ("inference", "template", "metadata", "labels"), {}),
    ("controller/empty-field", ("inference", "adapters"), []),
    ("controller/empty-field", ("inference", "config"), ""),
    ("controller/empty-field", ("resource", "preferredNodes"), []),
    ("controller/empty-field", ("resource", "instanceType"), ""),
    ("controller/empty-field", ("resource", "labelSelector", "matchLabels"), {}),
    ("controller/empty-field", ("resource", "labelSelector", "matchExpressions"), []),
    (
        "controller/divisor-missing",
        (*CONTAINER, "env", 0, "valueFrom", "resourceFieldRef"),
        {"resource": "limits.cpu"},
    ),
    (
        "controller/claim-metadata-missing",
        (*SPEC, "volumes", 0),
        {"name": "c", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
    ),
    ("controller/creation-timestamp", ("inference", "template", "metadata", "creationTimestamp"), None),
    ("controller/finalizer-set", ("metadata", "finalizers"), ["workspace.finalizer.kaito.sh"]),
    ("controller/own-annotation", ("metadata", "annotations"), {"workspace.kaito.io/hash": "a"}),
]
KEPT: list[tuple[tuple[str | int, ...], Any]] = [
    ((*CONTAINER, "resources"), {}),
    ((*CONTAINER, "securityContext"), {}),
    ((*SPEC, "affinity"), {}),
    ((*CONTAINER, "lifecycle"), {}),
    ((*CONTAINER, "livenessProbe"), {}),
    ((*SPEC, "volumes", 0, "emptyDir"), {}),
    (("resource", "labelSelector"), {}),
    (
        (*CONTAINER, "env"),
        [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b", "optional": False}}}],
    ),
    ((*SPEC, "automountServiceAccountToken"), False),
    ((*SPEC, "shareProcessNamespace"), False),
    ((*SPEC, "terminationGracePeriodSeconds"), 0),
    ((*SPEC, "priority"), 0),
    (("inference", "template", "metadata", "labels"), {"a": ""}),
    (("resource", "preferredNodes"), ["node-1"]),
]


def changed(path: tuple[str | int, ...], value: Any) -> Any:
    """A copy of the manifest that stands still, with one value put."""
    return with_value(STILL, path, value)


def test_a_canonical_manifest_stands_still() -> None:
    assert list(check(STILL)) == []


@pytest.mark.parametrize(("rule", "path", "value"), REWRITTEN)
def test_what_is_rewritten_is_one_warning_at_its_place(
    rule: str, path: tuple[str | int, ...], value: Any
) -> None:
    (result,) = check(changed(path, value))
    assert result.rule == rule
    assert not result.is_error
    shared = min(len(result.path), len(path))
    assert result.path[:shared] == path[:shared]


@pytest.mark.parametrize(("path", "value"), KEPT)
def test_what_go_prints_although_empty_stands_still(path: tuple[str | int, ...], value: Any) -> None:
    assert list(check(changed(path, value))) == []


def test_a_null_timestamp_stands_still_up_to_0_7() -> None:
    manifest = changed(("inference", "template", "metadata"), {"creationTimestamp": None})
    assert list(check(manifest, "0.7")) == []


def test_the_fix_names_the_canonical_form() -> None:
    (result,) = check(changed((*CONTAINER, "resources", "limits", "memory"), "1024Mi"))
    assert (result.message, result.fix) == ('KAITO rewrites `1024Mi` to "1Gi"', 'Write "1Gi"')


def test_deep_nesting_never_raises(depth: int = 5000) -> None:
    nested: dict[str, Any] = {}
    for _ in range(depth):
        nested = {"a": nested}
    assert list(check({"inference": nested})) == []


@pytest.mark.parametrize("junk", [None, True, 7, "x", [], [None], {}, {1: [None]}])
def test_junk_never_raises(junk: Any) -> None:
    for path in [("metadata",), ("resource",), ("inference",), SPEC, (*SPEC, "containers"), CONTAINER]:
        list(check(changed(path, junk)))
