"""The rules of kinds beside a model: one base of each that is right, and a change for each fault."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.run.judging import check
from tests.changing import with_value

AROUND = Surroundings(Target("0.12", "1.35"))
DROP = object()
SPECS: dict[str, dict[str, Any]] = {
    "policy/v1 PodDisruptionBudget": {
        "minAvailable": "50%",
        "selector": {"matchLabels": {"app": "tiny"}},
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    },
    "autoscaling/v2 HorizontalPodAutoscaler": {
        "minReplicas": 1,
        "maxReplicas": 3,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "gateway"},
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}},
            }
        ],
    },
    "networking.k8s.io/v1 NetworkPolicy": {
        "podSelector": {},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [
                    {"ipBlock": {"cidr": "10.0.0.0/16", "except": ["10.0.7.0/24"]}},
                    {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "gateway"}}},
                ],
                "ports": [{"port": 5000, "endPort": 5010}, {"port": "http", "protocol": "TCP"}],
            }
        ],
    },
    "networking.k8s.io/v1 Ingress": {
        "ingressClassName": "nginx",
        "rules": [
            {
                "host": "*.models.example.com",
                "http": {
                    "paths": [
                        {
                            "path": "/v1",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "tiny", "port": {"number": 8000}}},
                        }
                    ]
                },
            }
        ],
    },
}
BUDGET, SCALER, POLICY, INGRESS = SPECS
METRIC, TARGET = ("metrics", 0), ("metrics", 0, "resource", "target")
RULE, PEER = ("ingress", 0), ("ingress", 0, "from", 0)
WAY = ("rules", 0, "http", "paths", 0)
WRONG: list[tuple[str, str, tuple[str | int, ...], Any]] = [
    (BUDGET, "kubernetes/budget-twice", ("maxUnavailable",), 1),
    (BUDGET, "kubernetes/share", ("minAvailable",), "150%"),
    (BUDGET, "kubernetes/share", ("minAvailable",), "1"),
    (BUDGET, "kubernetes/share", ("minAvailable",), -1),
    (BUDGET, "kubernetes/value-not-supported", ("unhealthyPodEvictionPolicy",), "Always"),
    (BUDGET, "kubernetes/label-key", ("selector", "matchLabels", "a b"), "c"),
    (SCALER, "kubernetes/number-range", ("maxReplicas",), 0),
    (SCALER, "kubernetes/number-range", ("minReplicas",), 0),
    (SCALER, "kubernetes/replicas-order", ("minReplicas",), 4),
    (SCALER, "kubernetes/field-required", ("scaleTargetRef", "kind"), ""),
    (SCALER, "kubernetes/field-required", METRIC, {"type": "Pods"}),
    (
        SCALER,
        "kubernetes/handler-second",
        (*METRIC, "external"),
        {"metric": {"name": "a"}, "target": {"type": "Value"}},
    ),
    (SCALER, "kubernetes/value-not-supported", (*TARGET, "type"), "utilization"),
    (SCALER, "kubernetes/number-range", (*TARGET, "averageUtilization"), 0),
    (POLICY, "kubernetes/value-not-supported", ("policyTypes", 0), "ingress"),
    (POLICY, "kubernetes/value-not-supported", (*RULE, "ports", 1, "protocol"), "tcp"),
    (POLICY, "kubernetes/port-range", (*RULE, "ports", 0), {"port": 0}),
    (POLICY, "kubernetes/number-range", (*RULE, "ports", 0, "endPort"), 4999),
    (POLICY, "kubernetes/end-port", (*RULE, "ports", 1, "endPort"), 6000),
    (POLICY, "kubernetes/one-source", PEER, {}),
    (POLICY, "kubernetes/one-source", (*PEER, "podSelector"), {}),
    (POLICY, "kubernetes/address-range", (*PEER, "ipBlock", "cidr"), "10.0.0.0"),
    (POLICY, "kubernetes/address-outside", (*PEER, "ipBlock", "except", 0), "10.0.0.0/16"),
    (POLICY, "kubernetes/address-outside", (*PEER, "ipBlock", "except", 0), "fd00::/16"),
    (POLICY, "kubernetes/value-not-supported", (*RULE, "ports", 1, "protocol"), ""),
    (POLICY, "kubernetes/too-many", ("policyTypes",), ["Ingress", "Egress", "Ingress"]),
    (INGRESS, "kubernetes/name-format", ("ingressClassName",), ""),
    (INGRESS, "kubernetes/name-format", ("tls",), [{"secretName": "A b"}]),
    (INGRESS, "kubernetes/name-format", ("tls",), [{"hosts": ["A.b"]}]),
    (INGRESS, "kubernetes/field-required", ("rules",), []),
    (INGRESS, "kubernetes/name-format", ("rules", 0, "host"), "Models.example.com"),
    (INGRESS, "kubernetes/name-format", ("rules", 0, "host"), "10.0.0.1"),
    (INGRESS, "kubernetes/value-not-supported", (*WAY, "pathType"), "prefix"),
    (INGRESS, "kubernetes/path-relative", (*WAY, "path"), "v1"),
    (INGRESS, "kubernetes/url-path", (*WAY, "path"), "/v1/../v2"),
    (INGRESS, "kubernetes/one-source", (*WAY, "backend"), {}),
    (INGRESS, "kubernetes/one-source", (*WAY, "backend", "service", "port", "name"), "http"),
    (INGRESS, "kubernetes/number-range", (*WAY, "backend", "service", "port", "number"), 70000),
]


def rules_of(kind: str, path: tuple[str | int, ...] = (), value: Any = None) -> set[str]:
    """The rules that speak of the base of a kind, or of the base with another value at a path."""
    spec = with_value(SPECS[kind], path, value) if path else SPECS[kind]
    api_version, _, name = kind.partition(" ")
    manifest = {"apiVersion": api_version, "kind": name, "metadata": {"name": "tiny"}, "spec": spec}
    return {result.rule for result in check(manifest, AROUND) or ()}


@pytest.mark.parametrize("kind", SPECS)
def test_the_base_is_right(kind: str) -> None:
    assert rules_of(kind) == set()


@pytest.mark.parametrize(("kind", "rule", "path", "value"), WRONG)
def test_a_wrong_value_is_told_by_its_rule_alone(
    kind: str, rule: str, path: tuple[str | int, ...], value: Any
) -> None:
    assert rules_of(kind, path, value) == {rule}


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("odd", [None, True, -1, 1.5, "x", [], [None], {}, {"a": None}, 10**30])
def test_no_odd_value_makes_a_rule_raise(kind: str, odd: Any) -> None:
    def places(value: Any, path: tuple[Any, ...] = ()) -> Any:
        yield path
        steps = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, inner in steps:
            yield from places(inner, (*path, key))

    for path in places(SPECS[kind]):
        assert isinstance(rules_of(kind, path, odd), set)
