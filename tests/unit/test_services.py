"""The rules of Services and other core kinds."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.kubernetes.objects.objects import check_object
from kaito_pack.kubernetes.objects.services import check_service
from kaito_pack.run.judging import check
from tests.changing import with_value

SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "tiny-vllm", "namespace": "models", "labels": {"app": "tiny"}},
    "spec": {
        "selector": {"kaito.sh/workspace": "tiny"},
        "ports": [{"name": "http", "port": 8000, "targetPort": "http"}],
    },
}
SEVERAL = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
ONE_PORT = {"ports": [{"port": 80}]}
BALANCED = {**ONE_PORT, "type": "LoadBalancer"}
LOCAL = {"externalTrafficPolicy": "Local"}
NAMED = {"type": "ExternalName", "externalName": "hub.example.org"}
DUAL = {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ipFamilyPolicy": "PreferDualStack"}
RANGES = {"service.beta.kubernetes.io/load-balancer-source-ranges": "10.0.0.0/8, any"}
WRONG: list[tuple[str, tuple[str | int, ...], Any]] = [
    ("kubernetes/address-family", ("spec",), {**ONE_PORT, **DUAL, "ipFamilies": ["IPv6"]}),
    ("kubernetes/address-family", ("spec",), {**ONE_PORT, **DUAL, "clusterIPs": ["10.0.0.1", "10.0.0.2"]}),
    ("kubernetes/address-range", ("spec",), {**BALANCED, "loadBalancerSourceRanges": ["10.0.0.0"]}),
    ("kubernetes/address-range", ("spec",), {**BALANCED, "loadBalancerSourceRanges": ["10.0.0.1/8"]}),
    ("kubernetes/address-special", ("spec", "externalIPs"), ["127.0.0.1"]),
    ("kubernetes/addresses-differ", ("spec", "clusterIPs"), ["10.0.0.1"]),
    ("kubernetes/affinity-config", ("spec", "sessionAffinityConfig"), {"clientIP": {"timeoutSeconds": 5}}),
    ("kubernetes/family-policy", ("spec", "ipFamilies"), ["IPv4", "IPv6"]),
    ("kubernetes/field-required", ("spec", "ports"), []),
    ("kubernetes/field-required", ("spec", "type"), "ExternalName"),
    ("kubernetes/missing-name", ("metadata", "name"), ""),
    ("kubernetes/ip-address", ("spec", "clusterIP"), "none"),
    ("kubernetes/ip-address", ("spec", "externalIPs"), [None]),
    ("kubernetes/label-key", ("spec", "ports", 0, "appProtocol"), ""),
    ("kubernetes/name-duplicate", ("spec", "ipFamilies"), ["IPv4", "IPv4"]),
    ("kubernetes/label-key", ("spec",), {**BALANCED, "loadBalancerClass": "A b"}),
    ("kubernetes/number-range", ("spec",), {**BALANCED, **LOCAL, "healthCheckNodePort": 80}),
    ("kubernetes/service-address", ("spec",), {**NAMED, "clusterIPs": ["10.0.0.1"]}),
    ("kubernetes/service-address", ("spec",), {**NAMED, "ipFamilyPolicy": "SingleStack"}),
    ("kubernetes/service-field", ("spec", "allocateLoadBalancerNodePorts"), False),
    ("kubernetes/service-field", ("spec", "healthCheckNodePort"), 30000),
    ("kubernetes/service-field", ("spec", "loadBalancerClass"), ""),
    ("kubernetes/too-many", ("spec",), {**ONE_PORT, "clusterIP": "None", "clusterIPs": ["None", "None"]}),
    ("kubernetes/bad-namespace", ("metadata", "namespace"), "Models"),
    ("kubernetes/label-format", ("spec", "ports", 0, "name"), "HTTP"),
    ("kubernetes/bad-label", ("metadata", "labels", "-a"), "b"),
    ("kubernetes/label-value", ("spec", "selector", "model"), "acme/tiny"),
    ("kubernetes/name-duplicate", ("spec", "ports"), [{"name": "a", "port": 80}, {"name": "a", "port": 81}]),
    ("kubernetes/name-duplicate", ("spec", "ports"), [{"name": "a", "port": 80}, {"name": "b", "port": 80}]),
    ("kubernetes/number-range", ("spec",), {"type": "NodePort", "ports": [{"port": 80, "nodePort": 8000}]}),
    ("kubernetes/port-name", ("spec", "ports", 0, "targetPort"), "8000"),
    ("kubernetes/port-range", ("spec", "ports", 0, "port"), 0),
    ("kubernetes/port-range", ("spec", "ports", 0, "targetPort"), 70000),
    ("kubernetes/service-address", ("spec",), {"type": "NodePort", "clusterIP": "None", "ports": SEVERAL}),
    ("kubernetes/service-field", ("spec", "ports", 0, "nodePort"), 30000),
    ("kubernetes/service-field", ("spec", "externalTrafficPolicy"), "Local"),
    ("kubernetes/bad-name", ("metadata", "name"), "tiny.vllm"),
    ("kubernetes/service-port-name", ("spec", "ports"), [{"port": 80}, {"name": "b", "port": 81}]),
    ("kubernetes/value-not-supported", ("spec", "type"), "Loadbalancer"),
    ("kubernetes/value-not-supported", ("spec", "ports", 0, "protocol"), "HTTP"),
]


def changed(path: tuple[str | int, ...], value: Any) -> Any:
    """A copy of the Service with one value put."""
    return with_value(SERVICE, path, value)


def rules(manifest: dict[str, Any], kubernetes: str = "1.37") -> list[str]:
    """The rules that a manifest breaks."""
    return [p.rule for p in check(manifest, Surroundings(Target("0.12", kubernetes))) or ()]


def test_a_service_for_a_workspace_has_no_problem() -> None:
    assert list(check_service(SERVICE, "1.35")) == []


@pytest.mark.parametrize(
    ("rule", "path", "value"), WRONG, ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_wrong_service_is_refused(rule: str, path: tuple[str | int, ...], value: Any) -> None:
    assert rule in rules(changed(path, value))


@pytest.mark.parametrize(
    "spec",
    [
        {"clusterIP": "None"},
        {"clusterIP": "None", "ports": SEVERAL, "selector": {"a": "b"}},
        {"type": "ExternalName", "externalName": "hub.example.org."},
        {**NAMED, "ports": [{"port": 80, "nodePort": 30000}]},
        {"clusterIP": "None", "ipFamilies": ["IPv4", "IPv6"]},
        {**ONE_PORT, **DUAL, "clusterIPs": ["10.0.0.1", "fd00::1"], "ipFamilies": ["IPv4", "IPv6"]},
        {**ONE_PORT, "externalIPs": ["192.0.2.1"], **LOCAL},
        {**BALANCED, **LOCAL, "healthCheckNodePort": 30100, "loadBalancerSourceRanges": [" 10.0.0.0/8 "]},
        {"type": "LoadBalancer", "ports": [{"port": 10250}]},
        {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}], "externalTrafficPolicy": "Local"},
        {
            "ports": [{"port": 80}, {"name": "b", "port": 80, "protocol": "UDP"}][:1],
            "sessionAffinity": "ClientIP",
        },
    ],
)
def test_a_right_service_is_accepted(spec: dict[str, Any]) -> None:
    assert rules({**SERVICE, "spec": spec}) == []


@pytest.mark.parametrize(
    ("rule", "path", "value", "refused_by", "accepted_by"),
    [
        ("kubernetes/kubelet-port", ("spec",), {**BALANCED, "ports": [{"port": 10250}]}, "1.32", "1.33"),
        ("kubernetes/bad-name", ("metadata", "name"), "2-tiny", "1.35", "1.36"),
        ("kubernetes/value-not-supported", ("spec", "trafficDistribution"), "PreferSameNode", "1.33", "1.34"),
        (
            "kubernetes/address-range",
            ("spec",),
            {**BALANCED, "loadBalancerSourceRanges": ["10.0.0.1/08"]},
            "1.36",
            "1.35",
        ),
    ],
)
def test_versions_of_kubernetes_differ(
    rule: str, path: tuple[str | int, ...], value: Any, refused_by: str, accepted_by: str
) -> None:
    assert rule in rules(changed(path, value), refused_by)
    assert rules(changed(path, value), accepted_by) == []


def test_the_annotation_of_source_ranges_is_judged_as_the_field() -> None:
    manifest = changed(("metadata", "annotations"), RANGES)
    assert rules(manifest) == ["kubernetes/service-field", "kubernetes/address-range"]
    assert rules({**manifest, "spec": BALANCED}) == ["kubernetes/address-range"]


def test_settings_of_an_affinity_that_is_not_wanted_are_dropped() -> None:
    manifest = changed(("spec", "sessionAffinityConfig"), {"clientIP": {"timeoutSeconds": 0}})
    result = check(manifest, Surroundings(Target("0.12", "1.37"))) or []
    assert [p.is_error for p in result] == [False]


API = {
    "CronJob": "batch/v1",
    "Deployment": "apps/v1",
    "Job": "batch/v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "StatefulSet": "apps/v1",
}
TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"a": "b"}},
    "spec": {"containers": [{"name": "a", "image": "a"}]},
}
PVC = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "50Gi"}}}
POD: dict[str, Any] = TEMPLATE["spec"]
NAMED_POD = {**POD, "hostname": "Otter"}
ENDING = {"spec": {**POD, "restartPolicy": "Never"}}
MOUNTS = {"volumeMounts": [{"name": "weights", "mountPath": "/weights"}]}
MOUNTING = {**TEMPLATE, "spec": {"containers": [{**POD["containers"][0], **MOUNTS}]}}
CLAIM = {"metadata": {"name": "weights"}, "spec": PVC}
CLAIMED = {"metadata": {"name": "weights"}, "spec": {}}
ANNOTATED = {"metadata": {"name": "a", "annotations": {"seccomp.security.alpha.kubernetes.io/pod": "strict"}}}
ON_DELETE = {"type": "OnDelete", "rollingUpdate": {"partition": 1}}
NONE_LESS = {"maxUnavailable": 0}
SSH, DOCKER = "kubernetes.io/ssh-auth", "kubernetes.io/dockerconfigjson"
OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "b", "controller": True}
STRANGE = {**OWNER, "apiVersion": "a/b/c"}


def deployment(**fields: Any) -> dict[str, Any]:
    """The spec of a workload with some of its fields."""
    return {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE, **fields}}


def rolling(settings: dict[str, Any], kind: str = "RollingUpdate") -> dict[str, Any]:
    """The spec of a Deployment that is updated so."""
    return deployment(strategy={"type": kind, "rollingUpdate": settings})


def selecting(expression: dict[str, Any]) -> dict[str, Any]:
    """The spec of a workload that selects by an expression on the label `a`."""
    return deployment(selector={"matchExpressions": [{"key": "a", **expression}]})


def named(kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A manifest of that kind."""
    return {"apiVersion": API.get(kind, "v1"), "kind": kind, "metadata": {"name": "tiny"}, **fields}


@pytest.mark.parametrize(
    ("rule", "kind", "fields"),
    [
        ("kubernetes/config-key", "ConfigMap", {"data": {"a b": "c"}}),
        ("kubernetes/config-map-value", "ConfigMap", {"data": {"a": 1}}),
        ("kubernetes/data-size", "ConfigMap", {"data": {"a": "x" * 1_048_577}}),
        (
            "kubernetes/field-required",
            "Secret",
            {"type": "kubernetes.io/tls", "stringData": {"tls.crt": "x"}},
        ),
        ("kubernetes/secret-value", "Secret", {"stringData": {"HF_TOKEN": 7}}),
        ("kubernetes/secret-base64", "Secret", {"data": {"HF_TOKEN": "plain text"}}),
        ("kubernetes/field-required", "PersistentVolumeClaim", {"spec": {"accessModes": ["ReadWriteMany"]}}),
        (
            "kubernetes/value-not-supported",
            "PersistentVolumeClaim",
            {"spec": {**PVC, "accessModes": ["RWX"]}},
        ),
        ("kubernetes/restart-policy", "Job", {"spec": {"template": TEMPLATE}}),
        ("kubernetes/number-negative", "Job", {"spec": {"template": TEMPLATE, "backoffLimit": -1}}),
        (
            "kubernetes/selector-mismatch",
            "Deployment",
            {"spec": {"selector": {"matchLabels": {"a": "c"}}, "template": TEMPLATE}},
        ),
        ("kubernetes/field-required", "Deployment", {"spec": {"template": TEMPLATE}}),
        ("kubernetes/containers-required", "Pod", {"spec": {}}),
        ("kubernetes/value-not-supported", "Pod", {"spec": {**POD, "restartPolicy": "Sometimes"}}),
        ("kubernetes/label-format", "Pod", {"spec": {**POD, "hostname": "Otter"}}),
        ("kubernetes/annotated-profile", "Pod", {**ANNOTATED, "spec": POD}),
        ("kubernetes/label-format", "Deployment", deployment(template={**TEMPLATE, "spec": NAMED_POD})),
        ("kubernetes/deadline-order", "Deployment", deployment(minReadySeconds=600)),
        ("kubernetes/percent", "Deployment", rolling({"maxSurge": "1"})),
        ("kubernetes/rollout-stuck", "Deployment", rolling({"maxSurge": 0, "maxUnavailable": "0%"})),
        ("kubernetes/strategy-twice", "Deployment", rolling({"maxSurge": 1}, "Recreate")),
        ("kubernetes/value-not-supported", "Deployment", deployment(strategy={"type": "Rolling"})),
        ("kubernetes/number-negative", "Deployment", deployment(revisionHistoryLimit=-1)),
        ("kubernetes/selector-mismatch", "Deployment", selecting({"operator": "In", "values": ["c"]})),
        ("kubernetes/selector-mismatch", "Deployment", selecting({"operator": "DoesNotExist"})),
        ("kubernetes/selector-mismatch", "Deployment", selecting({"operator": "NotIn", "values": ["b"]})),
        ("kubernetes/bad-name", "StatefulSet", {"metadata": {"name": "a.b"}}),
        ("kubernetes/value-not-supported", "StatefulSet", deployment(podManagementPolicy="Serial")),
        ("kubernetes/label-format", "StatefulSet", deployment(serviceName="a.b")),
        ("kubernetes/percent", "StatefulSet", deployment(updateStrategy={"rollingUpdate": NONE_LESS})),
        ("kubernetes/strategy-twice", "StatefulSet", deployment(updateStrategy=ON_DELETE)),
        ("kubernetes/field-required", "StatefulSet", deployment(volumeClaimTemplates=[{"spec": PVC}])),
        ("kubernetes/field-required", "StatefulSet", deployment(volumeClaimTemplates=[CLAIMED])),
        ("kubernetes/field-required", "Job", {"spec": {"template": TEMPLATE, "completionMode": "Indexed"}}),
        ("kubernetes/schedule", "CronJob", {"spec": {"schedule": "* * * *"}}),
        ("kubernetes/schedule", "CronJob", {"spec": {"schedule": "TZ=UTC 0 3 * * *"}}),
        ("kubernetes/number-range", "CronJob", {"metadata": {"name": "n" * 53}}),
        ("kubernetes/field-required", "Secret", {"type": "kubernetes.io/service-account-token"}),
        ("kubernetes/field-required", "Secret", {"type": SSH, "stringData": {"ssh-privatekey": ""}}),
        ("kubernetes/secret-json", "Secret", {"type": DOCKER, "stringData": {".dockerconfigjson": "x"}}),
        ("kubernetes/bad-name", "ConfigMap", {"metadata": {"name": "a", "finalizers": ["mine"]}}),
        ("kubernetes/bad-name", "ConfigMap", {"metadata": {"name": "a", "finalizers": [None]}}),
        ("kubernetes/bad-owner", "ConfigMap", {"metadata": {"name": "a", "ownerReferences": [OWNER, OWNER]}}),
        ("kubernetes/bad-owner", "ConfigMap", {"metadata": {"name": "a", "ownerReferences": [STRANGE]}}),
        ("kubernetes/bad-name", "ServiceAccount", {"metadata": {"name": "A"}}),
        ("kubernetes/bad-name", "Namespace", {"metadata": {"name": "a.b"}}),
    ],
)
def test_a_wrong_object_is_refused(rule: str, kind: str, fields: dict[str, Any]) -> None:
    assert rule in rules(
        {"apiVersion": API.get(kind, "v1"), "kind": kind, "metadata": {"name": "tiny"}, **fields}
    )


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("ConfigMap", {"data": {"inference_config.yaml": "vllm: {}"}}),
        ("Secret", {"data": {"HF_TOKEN": "aGY="}}),
        ("PersistentVolumeClaim", {"spec": PVC}),
        ("Deployment", {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE}}),
        ("Job", {"spec": {"template": {"spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}}}),
        ("Pod", {"spec": {**TEMPLATE["spec"], "restartPolicy": "Never", "activeDeadlineSeconds": 5}}),
        ("Role", {"metadata": {"name": "system:reader"}}),
        ("Deployment", rolling({"maxSurge": "25%", "maxUnavailable": 0})),
        ("Deployment", selecting({"operator": "In", "values": ["b"]})),
        ("StatefulSet", deployment(template=MOUNTING, volumeClaimTemplates=[CLAIM])),
        ("StatefulSet", deployment(template={**TEMPLATE, "spec": NAMED_POD})),
        ("CronJob", {"spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": ENDING}}}}),
        ("Secret", {"type": DOCKER, "stringData": {".dockerconfigjson": "{}"}}),
        ("ConfigMap", {"metadata": {"name": "a", "finalizers": ["orphan"], "ownerReferences": [OWNER]}}),
        ("PersistentVolumeClaim", {"spec": {**PVC, "dataSource": {"kind": "Image", "name": "a"}}}),
    ],
)
def test_a_right_object_is_accepted(kind: str, fields: dict[str, Any]) -> None:
    assert rules(named(kind, fields)) == []


def test_a_secrets_value_is_never_repeated() -> None:
    result = list(check_object({"kind": "Secret", "metadata": {"name": "a"}, "data": {"k": "not base64!"}}))
    assert result
    assert all("not base64!" not in p.message + p.fix for p in result)


def test_a_generated_name_is_a_name() -> None:
    assert rules({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "a-"}}) == []


@pytest.mark.parametrize("junk", [None, True, 7, "x", [], [None], {}, {1: [None]}])
def test_junk_never_raises(junk: Any) -> None:
    for kind in (
        "Service",
        "ConfigMap",
        "Secret",
        "PersistentVolumeClaim",
        "Job",
        "CronJob",
        "Deployment",
        "Pod",
    ):
        for field in ("metadata", "spec", "data"):
            list(check_object({"kind": kind, field: junk}))
        for inner in ("ports", "selector", "template", "accessModes", "resources", "sessionAffinityConfig"):
            list(check_object({"kind": kind, "spec": {inner: junk}}))
