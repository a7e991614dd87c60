"""Quotas, roles, volumes, claims for devices, scalers: one base of each that is right, and its faults."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.base.trees import walk
from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.run.judging import check
from tests.changing import with_value

AROUND = Surroundings(Target("0.12", "1.35"))
Path = tuple[str | int, ...]
RBAC = "rbac.authorization.k8s.io"
DEVICES: dict[str, Any] = {
    "requests": [
        {"name": "gpu", "exactly": {"deviceClassName": "gpu.nvidia.com", "count": 2}},
        {
            "name": "any",
            "firstAvailable": [
                {"name": "large", "deviceClassName": "gpu.nvidia.com"},
                {"name": "mig", "deviceClassName": "mig.nvidia.com", "allocationMode": "All"},
            ],
        },
    ],
    "constraints": [{"requests": ["gpu", "any/mig"], "matchAttribute": "gpu.nvidia.com/family"}],
}
BODIES: dict[str, dict[str, Any]] = {
    "v1 LimitRange": {
        "spec": {
            "limits": [
                {
                    "type": "Container",
                    "min": {"cpu": "100m"},
                    "defaultRequest": {"cpu": 1},
                    "default": {"cpu": 2, "nvidia.com/gpu": 1},
                    "max": {"cpu": 4},
                },
                {"type": "PersistentVolumeClaim", "max": {"storage": "1Ti"}},
                {"type": "example.com/Image", "max": {"storage": "1Ti"}},
                {"type": "Pod", "max": {"cpu": 8}},
            ]
        }
    },
    "v1 ResourceQuota": {
        "spec": {
            "hard": {
                "pods": 10,
                "count/workspaces.kaito.sh": 2,
                "requests.nvidia.com/gpu": 8,
                "limits.cpu": "1500m",
            },
            "scopes": ["NotTerminating"],
        }
    },
    f"{RBAC}/v1 Role": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    f"{RBAC}/v1 ClusterRole": {
        "rules": [
            {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
            {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["a"], "verbs": ["*"]},
        ]
    },
    f"{RBAC}/v1 RoleBinding": {
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "a:b"},
        "subjects": [
            {"kind": "ServiceAccount", "name": "server"},
            {"kind": "User", "apiGroup": RBAC, "name": "Jane Doe"},
        ],
    },
    f"{RBAC}/v1 ClusterRoleBinding": {
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "ServiceAccount", "name": "server", "namespace": "models"}],
    },
    "v1 PersistentVolume": {
        "spec": {
            "capacity": {"storage": "100Gi"},
            "accessModes": ["ReadWriteMany"],
            "nfs": {"server": "files.example.com", "path": "/models"},
            "persistentVolumeReclaimPolicy": "Retain",
        }
    },
    "resource.k8s.io/v1 ResourceClaim": {"spec": {"devices": DEVICES}},
    "resource.k8s.io/v1 ResourceClaimTemplate": {"spec": {"spec": {"devices": DEVICES}}},
    "autoscaling/v2 HorizontalPodAutoscaler": {
        "spec": {
            "maxReplicas": 3,
            "scaleTargetRef": {
                "apiVersion": "kaito.sh/v1beta1",
                "kind": "InferenceSet",
                "name": "gateway",
            },
            "metrics": [
                {
                    "type": "External",
                    "external": {
                        "metric": {"name": "vllm:num_requests_waiting"},
                        "target": {"type": "AverageValue", "averageValue": "500m"},
                    },
                }
            ],
            "behavior": {
                "scaleDown": {
                    "stabilizationWindowSeconds": 300,
                    "selectPolicy": "Min",
                    "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
                }
            },
        }
    },
    "scheduling.k8s.io/v1 PriorityClass": {"value": None},
    "v1 PersistentVolumeClaim": {
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            "dataSource": {"kind": "PersistentVolumeClaim", "name": "old"},
        }
    },
}
LIMITS, QUOTA, ROLE, CLUSTER_ROLE, BINDING, CLUSTER_BINDING, VOLUME, CLAIM, TEMPLATE, SCALER, _, STORAGE = (
    BODIES
)
LIMIT: Path = ("spec", "limits", 0)
REQUEST: Path = ("spec", "devices", "requests", 0)
CHOICE: Path = ("spec", "devices", "requests", 1, "firstAvailable", 0)
CONSTRAINT: Path = ("spec", "devices", "constraints", 0)
SCALED: Path = ("spec", "scaleTargetRef", "apiVersion")
DOWN: Path = ("spec", "behavior", "scaleDown")
GOAL: Path = ("spec", "metrics", 0, "external", "target")
SELECTED = {"scopeName": "PriorityClass"}
UNSUPPORTED, REQUIRED = "kubernetes/value-not-supported", "kubernetes/field-required"
WRONG: list[tuple[str, str, Path, Any]] = [
    (LIMITS, UNSUPPORTED, (*LIMIT, "type"), "container"),
    (LIMITS, "kubernetes/name-duplicate", ("spec", "limits", 2, "type"), "PersistentVolumeClaim"),
    (LIMITS, "kubernetes/limit-order", (*LIMIT, "defaultRequest", "cpu"), "2001m"),
    (LIMITS, "kubernetes/limit-order", (*LIMIT, "max", "cpu"), "1.5"),
    (LIMITS, "kubernetes/limit-order", (*LIMIT, "min", "cpu"), 2),
    (LIMITS, "kubernetes/limit-type-field", ("spec", "limits", 3, "default"), {"cpu": 1}),
    (LIMITS, "kubernetes/resource-name", (*LIMIT, "max", "gpu"), 1),
    (LIMITS, REQUIRED, ("spec", "limits", 1, "max"), {}),
    (QUOTA, "kubernetes/quota-resource", ("spec", "hard", "requests.gpu"), 1),
    (QUOTA, "kubernetes/quota-resource", ("spec", "hard", "workspaces"), 1),
    (QUOTA, "kubernetes/resource-negative", ("spec", "hard", "pods"), -1),
    (QUOTA, "kubernetes/resource-fraction", ("spec", "hard", "pods"), "1.5"),
    (QUOTA, UNSUPPORTED, ("spec", "scopes", 0), "terminating"),
    (QUOTA, "kubernetes/quota-scope", ("spec", "scopes"), ["Terminating", "NotTerminating"]),
    (QUOTA, "kubernetes/quota-scope", ("spec", "scopes"), ["BestEffort"]),
    (QUOTA, "kubernetes/quota-scope", ("spec", "hard", "requests.hugepages-2Mi"), "4Mi"),
    (QUOTA, UNSUPPORTED, ("spec", "scopeSelector"), {"matchExpressions": [SELECTED | {"operator": "Is"}]}),
    (QUOTA, REQUIRED, ("spec", "scopeSelector"), {"matchExpressions": [SELECTED | {"operator": "In"}]}),
    (CLUSTER_ROLE, REQUIRED, ("aggregationRule",), {"clusterRoleSelectors": []}),
    (CLAIM, "kubernetes/name-format", (*CONSTRAINT, "matchAttribute"), "family"),
    (CLAIM, REQUIRED, (*CONSTRAINT, "matchAttribute"), None),
    (SCALER, "kubernetes/one-source", (*GOAL, "value"), 1),
    (ROLE, REQUIRED, ("rules", 0, "verbs"), []),
    (ROLE, REQUIRED, ("rules", 0, "resources"), None),
    (ROLE, "kubernetes/role-url", ("rules", 0, "nonResourceURLs"), ["/metrics"]),
    (CLUSTER_ROLE, "kubernetes/role-url", ("rules", 0, "resources"), ["pods"]),
    (BINDING, UNSUPPORTED, ("roleRef", "kind"), "Deployment"),
    (BINDING, UNSUPPORTED, ("roleRef", "apiGroup"), "rbac"),
    (BINDING, "kubernetes/name-format", ("roleRef", "name"), "a/b"),
    (BINDING, UNSUPPORTED, ("subjects", 0, "kind"), "Serviceaccount"),
    (BINDING, UNSUPPORTED, ("subjects", 0, "apiGroup"), RBAC),
    (BINDING, "kubernetes/name-format", ("subjects", 0, "name"), "Server"),
    (CLUSTER_BINDING, UNSUPPORTED, ("roleRef", "kind"), "Role"),
    (CLUSTER_BINDING, REQUIRED, ("subjects", 0, "namespace"), None),
    (VOLUME, UNSUPPORTED, ("spec", "accessModes", 0), "RWX"),
    (VOLUME, REQUIRED, ("spec", "accessModes"), []),
    (VOLUME, REQUIRED, ("spec", "capacity"), {}),
    (VOLUME, UNSUPPORTED, ("spec", "capacity", "cpu"), 1),
    (VOLUME, "kubernetes/storage-amount", ("spec", "capacity", "storage"), 0),
    (VOLUME, "kubernetes/path-backsteps", ("spec", "nfs", "path"), "/models/../x"),
    (VOLUME, "kubernetes/volume-second-source", ("spec", "hostPath"), {"path": "/x"}),
    (VOLUME, "kubernetes/one-source", ("spec", "nfs"), None),
    (VOLUME, UNSUPPORTED, ("spec", "persistentVolumeReclaimPolicy"), "Keep"),
    (CLAIM, "kubernetes/label-format", (*CHOICE, "name"), "Large"),
    (CLAIM, "kubernetes/device-count", (*REQUEST, "exactly", "count"), -1),
    (CLAIM, "kubernetes/device-count", (*REQUEST, "exactly", "allocationMode"), "All"),
    (CLAIM, UNSUPPORTED, (*REQUEST, "exactly", "allocationMode"), "Exact"),
    (CLAIM, "kubernetes/name-format", (*REQUEST, "exactly", "deviceClassName"), "GPU"),
    (CLAIM, "kubernetes/one-source", (*REQUEST, "firstAvailable"), [{"name": "a", "deviceClassName": "b"}]),
    (CLAIM, "kubernetes/one-source", (*REQUEST, "exactly"), None),
    (
        CLAIM,
        "kubernetes/device-request-absent",
        (*CONSTRAINT, "requests", 0),
        "any/gpu",
    ),
    (TEMPLATE, "kubernetes/name-duplicate", ("spec", *CHOICE, "name"), "mig"),
    (SCALER, "kubernetes/scaled-group", SCALED, "v1"),
    (SCALER, "kubernetes/scaled-group", SCALED, "Apps_/v1"),
    (SCALER, "kubernetes/scaled-group", SCALED, "a/b/c"),
    (SCALER, "kubernetes/name-format", ("spec", "scaleTargetRef", "kind"), "a/b"),
    (SCALER, UNSUPPORTED, (*DOWN, "policies", 0, "type"), "Pod"),
    (SCALER, REQUIRED, (*DOWN, "policies", 0, "value"), 0),
    (SCALER, "kubernetes/number-range", (*DOWN, "policies", 0, "periodSeconds"), 1801),
    (SCALER, "kubernetes/number-range", (*DOWN, "stabilizationWindowSeconds"), 3601),
    (SCALER, UNSUPPORTED, (*DOWN, "selectPolicy"), "Least"),
    (SCALER, REQUIRED, (*DOWN, "policies"), []),
    (SCALER, "kubernetes/goal-amount", (*GOAL, "averageValue"), 0),
    (SCALER, "kubernetes/one-source", (*GOAL, "averageValue"), None),
    (STORAGE, REQUIRED, ("spec", "dataSource", "name"), ""),
]


def rules_of(kind: str, path: Path = (), value: Any = None, kubernetes: str = "1.35") -> set[str]:
    """The rules that report the base of a kind, or the base with another value at a path."""
    body = with_value(BODIES[kind], path, value) if path else BODIES[kind]
    api_version, _, name = kind.partition(" ")
    manifest = {"apiVersion": api_version, "kind": name, "metadata": {"name": "tiny"}, **body}
    return {problem.rule for problem in check(manifest, Surroundings(Target("0.12", kubernetes))) or ()}


@pytest.mark.parametrize("kind", BODIES)
def test_the_base_is_right(kind: str) -> None:
    assert rules_of(kind) == set()


@pytest.mark.parametrize(("kind", "rule", "path", "value"), WRONG)
def test_a_wrong_value_is_reported_by_its_rule_alone(kind: str, rule: str, path: Path, value: Any) -> None:
    assert rules_of(kind, path, value) == {rule}


def test_an_older_kubernetes_does_not_ask_for_the_group_of_what_is_scaled() -> None:
    assert rules_of(SCALER, SCALED, "v1", kubernetes="1.33") == set()


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("odd", [None, True, -1, 1.5, "x", [], [None], {}, {"a": None}, 10**30])
def test_no_odd_value_makes_a_rule_raise(kind: str, odd: Any) -> None:
    for path, _ in walk(BODIES[kind]):
        assert isinstance(rules_of(kind, path, odd), set)


@pytest.mark.parametrize(
    ("kind", "metadata"),
    [
        ("policy/v1 PodDisruptionBudget", {"name": "Odd_name", "finalizers": ["x"]}),
        ("v1 LimitRange", {}),
        ("node.k8s.io/v1 RuntimeClass", {"name": "kata", "finalizers": ["x"]}),
    ],
)
def test_metadata_that_the_api_server_does_not_check_is_accepted(kind: str, metadata: dict[str, Any]) -> None:
    bodies = {"RuntimeClass": {"handler": "kata"}, "LimitRange": BODIES[LIMITS]}
    api_version, _, name = kind.partition(" ")
    body = bodies.get(name, {"spec": {}})
    manifest = {"apiVersion": api_version, "kind": name, "metadata": metadata, **body}
    assert check(manifest, AROUND) == []
