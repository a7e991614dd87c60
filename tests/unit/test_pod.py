"""The rules of pod templates: one base that is right, and for each rule a change that makes it wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.root import FACTS
from kaito_pack.kaito.pods import with_controller
from kaito_pack.kubernetes.pods.pod import check_pod_template
from tests.changing import DROP, with_value

PATH = ("inference", "template")
CONTAINER = ("spec", "containers", 0)
BASE: dict[str, Any] = {
    "metadata": {
        "labels": {"app.kubernetes.io/name": "tiny"},
        "annotations": {"example.org/model": "acme/tiny"},
    },
    "spec": {
        "containers": [
            {
                "name": "model",
                "image": "example.org/vllm:1.0",
                "args": ["--model", "acme/tiny"],
                "ports": [{"name": "http", "containerPort": 8000}],
                "env": [
                    {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "HF_TOKEN"}}}
                ],
                "envFrom": [{"configMapRef": {"name": "settings"}}],
                "resources": {
                    "limits": {"nvidia.com/gpu": "2", "memory": "8Gi"},
                    "requests": {"nvidia.com/gpu": 2},
                },
                "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}, "successThreshold": 2},
                "livenessProbe": {"httpGet": {"port": 8000}, "successThreshold": 0},
                "volumeMounts": [{"name": "cache", "mountPath": "/cache"}],
                "securityContext": {"runAsUser": 1000},
            }
        ],
        "initContainers": [{"name": "fetch", "image": "example.org/fetch:1.0"}],
        "volumes": [
            {"name": "cache", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
            {
                "name": "files",
                "projected": {"sources": [{"configMap": {"name": "a"}}, {"secret": {"name": "b"}}]},
            },
            {"name": "bare"},
        ],
        "tolerations": [{"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}],
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}
        ],
    },
}
LIFECYCLE = (*CONTAINER, "lifecycle", "preStop")
VOLUME = ("spec", "volumes", 0)
ENV = (*CONTAINER, "env", 0)
MOUNT = (*CONTAINER, "volumeMounts", 0)
SECURITY = (*CONTAINER, "securityContext")
PROBE = (*CONTAINER, "readinessProbe")
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
IQN = "iqn.2015-02.org.example:disk"
REQUIRED_NODES = ("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
SOURCE = {"kind": "PersistentVolumeClaim", "name": "weights"}
HOST_PROCESS = {"windowsOptions": {"hostProcess": True}}
NO_PROCESS = {"name": "a", "image": "b", "securityContext": {"windowsOptions": {"hostProcess": False}}}
PLAIN = {"name": "model", "image": "a"}
WINDOWS = {"os": {"name": "windows"}, "containers": [PLAIN]}
DEVICE = {
    "containers": [{**PLAIN, "volumeDevices": [{"name": "disk", "devicePath": "/dev/x"}]}],
    "volumes": [{"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}],
}
FLEX = {"driver": "example.org/disk", "options": {"kubernetes.io/fsType": "ext4"}}
RESTART_RULE = {"action": "Restart", "exitCodes": {"operator": "In", "values": [1]}}
NODE = {"key": "metadata.name", "operator": "In", "values": ["Node_1"]}


def claimed(spec: dict[str, Any]) -> dict[str, Any]:
    """A volume whose claim is made with the pod."""
    return {"name": "cache", "ephemeral": {"volumeClaimTemplate": {"spec": {**CLAIM, **spec}}}}


def restarting(rule: dict[str, Any]) -> dict[str, Any]:
    """A container with one restart rule."""
    return {"name": "model", "image": "a", "restartPolicy": "Never", "restartPolicyRules": [rule]}


def node_term(operator: str, value: str) -> dict[str, Any]:
    """A term that compares a label of nodes."""
    return {"matchExpressions": [{"key": "gpus", "operator": operator, "values": [value]}]}


UNSUPPORTED: list[tuple[tuple[str | int, ...], Any]] = [
    (CONTAINER, restarting({**RESTART_RULE, "action": "RestartAllContainers"})),
    (CONTAINER, restarting({"action": "Restart", "exitCodes": {"operator": "Equals", "values": [1]}})),
    (("spec", "securityContext"), {"seLinuxChangePolicy": "MountOption"}),
    (VOLUME, claimed({"accessModes": [None]})),
]
INCOMPLETE: list[tuple[tuple[str | int, ...], Any]] = [
    (CONTAINER, restarting({"action": "Restart"})),
    (("spec", "os"), {}),
    (VOLUME, claimed({"dataSource": {"kind": "PersistentVolumeClaim"}})),
    (VOLUME, {"name": "cache", "cinder": {"volumeID": "v", "secretRef": {}}}),
    (VOLUME, {"name": "cache", "iscsi": {"targetPortal": "a", "iqn": IQN, "chapAuthSession": True}}),
]
WRONG: list[tuple[str, tuple[str | int, ...], Any]] = [
    (
        "kubernetes/access-mode-alone",
        VOLUME,
        {
            "name": "cache",
            "ephemeral": {
                "volumeClaimTemplate": {
                    "spec": {**CLAIM, "accessModes": ["ReadWriteOncePod", "ReadWriteOnce"]}
                }
            },
        },
    ),
    ("kubernetes/active-deadline", ("spec", "activeDeadlineSeconds"), 60),
    (
        "kubernetes/annotated-container",
        ("metadata", "annotations", "container.apparmor.security.beta.kubernetes.io/web"),
        "unconfined",
    ),
    (
        "kubernetes/annotated-profile",
        ("metadata", "annotations", "container.apparmor.security.beta.kubernetes.io/model"),
        "strict",
    ),
    (
        "kubernetes/annotated-profile",
        ("metadata", "annotations", "seccomp.security.alpha.kubernetes.io/pod"),
        "strict",
    ),
    ("kubernetes/annotations-size", ("metadata", "annotations", "a"), "x" * 262_144),
    (
        "kubernetes/bundle-selector",
        ("spec", "volumes", 1, "projected", "sources"),
        [{"clusterTrustBundle": {"path": "p", "name": "ca", "labelSelector": {}}}],
    ),
    ("kubernetes/claim-absent", (*CONTAINER, "resources", "claims"), [{"name": "gpu"}]),
    (
        "kubernetes/claim-template-metadata",
        VOLUME,
        {"name": "cache", "ephemeral": {"volumeClaimTemplate": {"metadata": {"name": "x"}, "spec": CLAIM}}},
    ),
    ("kubernetes/config-key", (*ENV, "valueFrom", "secretKeyRef", "key"), "a/b"),
    ("kubernetes/containers-required", ("spec", "containers"), []),
    ("kubernetes/containers-required", ("spec", "containers"), None),
    ("kubernetes/containers-required", ("spec",), DROP),
    ("kubernetes/data-source-kind", VOLUME, claimed({"dataSource": {"kind": "Snapshot", "name": "s"}})),
    (
        "kubernetes/data-sources-differ",
        VOLUME,
        claimed({"dataSource": {**SOURCE, "name": "a"}, "dataSourceRef": SOURCE}),
    ),
    (
        "kubernetes/deletion-cost",
        ("metadata", "annotations", "controller.kubernetes.io/pod-deletion-cost"),
        "low",
    ),
    ("kubernetes/device-volume", (*CONTAINER, "volumeDevices"), [{"name": "bare", "devicePath": "/dev/x"}]),
    ("kubernetes/disk-uri", VOLUME, {"name": "cache", "azureDisk": {"diskName": "d", "diskURI": "d"}}),
    (
        "kubernetes/divisor",
        (*ENV, "valueFrom"),
        {"resourceFieldRef": {"resource": "limits.memory", "divisor": "2Mi"}},
    ),
    ("kubernetes/env-duplicate", (*CONTAINER, "env"), [{"name": "A"}, {"name": "A"}]),
    ("kubernetes/env-name", (*ENV, "name"), "A=B"),
    ("kubernetes/env-two-values", (*ENV, "value"), "secret"),
    ("kubernetes/ephemeral-containers", ("spec", "ephemeralContainers"), [{"name": "debug"}]),
    ("kubernetes/field-ref-path", (*ENV, "valueFrom"), {"fieldRef": {"fieldPath": "status.podIp"}}),
    ("kubernetes/field-ref-path", (*ENV, "valueFrom"), {"fieldRef": {"fieldPath": "metadata.labels"}}),
    (
        "kubernetes/field-ref-version",
        (*ENV, "valueFrom"),
        {"fieldRef": {"apiVersion": "v2", "fieldPath": "metadata.name"}},
    ),
    ("kubernetes/field-required", (*CONTAINER, "name"), DROP),
    ("kubernetes/field-required", (*CONTAINER, "image"), ""),
    ("kubernetes/field-required", (*CONTAINER, "ports", 0, "containerPort"), 0),
    ("kubernetes/field-required", (*MOUNT, "mountPath"), DROP),
    ("kubernetes/field-required", VOLUME, {"name": "cache", "persistentVolumeClaim": {}}),
    ("kubernetes/field-required", VOLUME, {"name": "cache", "configMap": {}}),
    ("kubernetes/field-required", ("spec", "dnsPolicy"), "None"),
    ("kubernetes/file-mode", VOLUME, {"name": "cache", "secret": {"secretName": "s", "defaultMode": 644}}),
    (
        "kubernetes/file-volume",
        ENV,
        {"name": "A", "valueFrom": {"fileKeyRef": {"volumeName": "files", "path": "env", "key": "A"}}},
    ),
    (
        "kubernetes/file-twice",
        ("spec", "volumes", 1, "projected", "sources"),
        [
            {"secret": {"name": "a", "items": [{"key": "k", "path": "p"}]}},
            {"serviceAccountToken": {"path": "p"}},
        ],
    ),
    ("kubernetes/grace-negative", ("spec", "terminationGracePeriodSeconds"), -1),
    ("kubernetes/handler-required", PROBE, {"periodSeconds": 5}),
    ("kubernetes/handler-required", PROBE, {}),
    ("kubernetes/handler-second", (*PROBE, "tcpSocket"), {"port": 8000}),
    ("kubernetes/header-name", (*PROBE, "httpGet", "httpHeaders"), [{"name": "a b", "value": "c"}]),
    ("kubernetes/host-and-port", VOLUME, {"name": "cache", "quobyte": {"registry": "a", "volume": "v"}}),
    (
        "kubernetes/host-process",
        ("spec",),
        {
            **BASE["spec"],
            "hostNetwork": True,
            "securityContext": HOST_PROCESS,
            "initContainers": [NO_PROCESS],
        },
    ),
    ("kubernetes/host-process-network", ("spec", "securityContext"), HOST_PROCESS),
    ("kubernetes/host-users", ("spec",), {**BASE["spec"], "hostUsers": False, "hostPID": True}),
    (
        "kubernetes/hostname-override",
        ("spec",),
        {**BASE["spec"], "hostnameOverride": "a", "hostNetwork": True},
    ),
    ("kubernetes/huge-pages-alone", (*CONTAINER, "resources"), {"limits": {"hugepages-2Mi": "4Mi"}}),
    ("kubernetes/huge-pages-size", (*CONTAINER, "resources", "limits", "hugepages-2Mi"), "3Mi"),
    ("kubernetes/init-container-probe", ("spec", "initContainers", 0, "lifecycle"), {}),
    ("kubernetes/ip-address", ("spec", "hostAliases"), [{"ip": "example.org"}]),
    ("kubernetes/iqn", VOLUME, {"name": "cache", "iscsi": {"targetPortal": "a", "iqn": "x"}}),
    ("kubernetes/label-format", (*CONTAINER, "name"), "Model_1"),
    ("kubernetes/label-format", (*VOLUME, "name"), "a.b"),
    ("kubernetes/label-key", ("metadata", "labels", "a b"), "c"),
    ("kubernetes/label-key", ("spec", "nodeSelector"), {"a/b/c": "d"}),
    (
        "kubernetes/label-keys-alone",
        ("spec", "topologySpreadConstraints", 0),
        {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "matchLabelKeys": ["a"]},
    ),
    ("kubernetes/label-value", ("metadata", "labels", "model"), "acme/tiny"),
    ("kubernetes/label-value", ("metadata", "labels", "model"), "m" * 64),
    ("kubernetes/limit-required", (*CONTAINER, "resources"), {"requests": {"nvidia.com/gpu": "1"}}),
    (
        "kubernetes/match-fields",
        REQUIRED_NODES,
        {"nodeSelectorTerms": [{"matchFields": [{"key": "spec.x", "operator": "In", "values": ["a"]}]}]},
    ),
    ("kubernetes/min-domains", ("spec", "topologySpreadConstraints", 0, "minDomains"), 0),
    ("kubernetes/mirror-annotation", ("metadata", "annotations", "kubernetes.io/config.mirror"), "x"),
    ("kubernetes/mount-bidirectional", (*MOUNT, "mountPropagation"), "Bidirectional"),
    (
        "kubernetes/mount-path-duplicate",
        (*CONTAINER, "volumeMounts"),
        [{"name": "cache", "mountPath": "/a"}, {"name": "bare", "mountPath": "/a"}],
    ),
    ("kubernetes/mounted-device", (*CONTAINER, "volumeDevices"), [{"name": "cache", "devicePath": "/dev/x"}]),
    ("kubernetes/name-duplicate", ("spec", "initContainers", 0, "name"), "model"),
    ("kubernetes/name-duplicate", ("spec", "volumes", 1, "name"), "cache"),
    (
        "kubernetes/name-duplicate",
        (*CONTAINER, "ports"),
        [{"name": "http", "containerPort": 1}, {"name": "http", "containerPort": 2}],
    ),
    (
        "kubernetes/name-duplicate",
        (*CONTAINER, "ports"),
        [{"containerPort": 1, "hostPort": 80}, {"containerPort": 2, "hostPort": 80, "protocol": "TCP"}],
    ),
    ("kubernetes/name-format", ("spec", "serviceAccountName"), "Robot"),
    ("kubernetes/name-format", (*ENV, "valueFrom", "secretKeyRef", "name"), "HF_TOKEN"),
    ("kubernetes/number-negative", (*PROBE, "initialDelaySeconds"), -1),
    ("kubernetes/number-range", (*SECURITY, "runAsUser"), -1),
    ("kubernetes/one-source", (*ENV, "valueFrom"), {}),
    ("kubernetes/one-source", (*ENV, "valueFrom", "fieldRef"), {"fieldPath": "metadata.name"}),
    ("kubernetes/one-source", (*CONTAINER, "envFrom", 0), {"prefix": "A_"}),
    ("kubernetes/one-source", ("spec", "resourceClaims"), [{"name": "gpu"}]),
    (
        "kubernetes/operator-values",
        ("spec", "topologySpreadConstraints", 0, "labelSelector"),
        {"matchExpressions": [{"key": "a", "operator": "In"}]},
    ),
    ("kubernetes/option-reserved", VOLUME, {"name": "cache", "flexVolume": FLEX}),
    ("kubernetes/os-field", ("spec", "os"), {"name": "windows"}),
    ("kubernetes/os-field", ("spec",), {**WINDOWS, "resources": {"limits": {"cpu": "1"}}}),
    ("kubernetes/os-field", ("spec",), {**WINDOWS, "shareProcessNamespace": False}),
    ("kubernetes/os-field", ("spec",), {**WINDOWS, "os": {"name": "linux"}, "securityContext": HOST_PROCESS}),
    ("kubernetes/devices-of-users", ("spec",), {**DEVICE, "hostUsers": False}),
    ("kubernetes/path-backsteps", VOLUME, {"name": "cache", "hostPath": {"path": "/models/../etc"}}),
    ("kubernetes/path-leaves-volume", (*MOUNT, "subPath"), "/models"),
    ("kubernetes/path-leaves-volume", (*MOUNT, "subPath"), "a/../b"),
    ("kubernetes/path-relative", VOLUME, {"name": "cache", "nfs": {"server": "s", "path": "models"}}),
    ("kubernetes/pod-resource-claims", ("spec", "resources"), {"claims": [{"name": "gpu"}]}),
    ("kubernetes/pod-resource-name", ("spec", "resources"), {"limits": {"nvidia.com/gpu": "1"}}),
    ("kubernetes/pod-resource-sum", ("spec", "resources"), {"limits": {"memory": "4Gi"}}),
    ("kubernetes/port-name", (*CONTAINER, "ports", 0, "name"), "a-long-port-name"),
    ("kubernetes/port-name", (*PROBE, "httpGet", "port"), "8000"),
    ("kubernetes/port-range", (*CONTAINER, "ports", 0, "containerPort"), 80000),
    ("kubernetes/field-required", (*PROBE, "httpGet"), {"path": "/health"}),
    ("kubernetes/proc-mount", SECURITY, {"procMount": "Unmasked"}),
    ("kubernetes/privilege-conflict", SECURITY, {"privileged": True, "allowPrivilegeEscalation": False}),
    ("kubernetes/probe-grace", (*CONTAINER, "livenessProbe", "terminationGracePeriodSeconds"), 0),
    (
        "kubernetes/process-namespace",
        ("spec",),
        {**BASE["spec"], "shareProcessNamespace": True, "hostPID": True},
    ),
    (
        "kubernetes/profile-blanks",
        (*SECURITY, "appArmorProfile"),
        {"type": "Localhost", "localhostProfile": "strict "},
    ),
    (
        "kubernetes/profiles-differ",
        (),
        {
            **BASE,
            "metadata": {"annotations": {"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}},
            "spec": {**BASE["spec"], "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}},
        },
    ),
    (
        "kubernetes/profile-local",
        (*SECURITY, "seccompProfile"),
        {"type": "RuntimeDefault", "localhostProfile": "a"},
    ),
    ("kubernetes/readiness-grace", (*PROBE, "terminationGracePeriodSeconds"), 5),
    ("kubernetes/recursive-read-only", (*MOUNT, "recursiveReadOnly"), "Enabled"),
    ("kubernetes/request-above-limit", (*CONTAINER, "resources", "requests", "memory"), "9Gi"),
    ("kubernetes/request-differs", (*CONTAINER, "resources", "requests", "nvidia.com/gpu"), "1"),
    ("kubernetes/resource-fraction", (*CONTAINER, "resources", "limits", "nvidia.com/gpu"), "500m"),
    ("kubernetes/resource-name", (*CONTAINER, "resources", "limits", "gpu"), "1"),
    ("kubernetes/resource-negative", (*CONTAINER, "resources", "limits", "memory"), "-1Gi"),
    (
        "kubernetes/resource-ref",
        (*ENV, "valueFrom"),
        {"resourceFieldRef": {"resource": "limits.nvidia.com/gpu"}},
    ),
    ("kubernetes/restart-policy", ("spec", "restartPolicy"), "Never"),
    (
        "kubernetes/restart-rules",
        ("spec", "initContainers", 0),
        {"name": "side", "image": "a", "restartPolicy": "Always", "restartPolicyRules": [RESTART_RULE]},
    ),
    ("kubernetes/size-negative", (*VOLUME, "emptyDir", "sizeLimit"), "-1Gi"),
    ("kubernetes/sleep-seconds", LIFECYCLE, {"sleep": {"seconds": 31}}),
    (
        "kubernetes/storage-amount",
        VOLUME,
        {
            "name": "cache",
            "ephemeral": {
                "volumeClaimTemplate": {"spec": {**CLAIM, "resources": {"requests": {"storage": "0"}}}}
            },
        },
    ),
    (
        "kubernetes/sub-path-twice",
        MOUNT,
        {"name": "cache", "mountPath": "/a", "subPath": "a", "subPathExpr": "b"},
    ),
    ("kubernetes/success-threshold", (*CONTAINER, "livenessProbe", "successThreshold"), 2),
    (
        "kubernetes/sysctl-host",
        ("spec",),
        {
            **BASE["spec"],
            "hostNetwork": True,
            "securityContext": {"sysctls": [{"name": "net.core.somaxconn", "value": "1"}]},
        },
    ),
    ("kubernetes/sysctl-name", ("spec", "securityContext"), {"sysctls": [{"name": "A b", "value": "1"}]}),
    ("kubernetes/toleration-key", ("spec", "tolerations", 0), {"effect": "NoSchedule"}),
    ("kubernetes/toleration-seconds", ("spec", "tolerations", 0, "tolerationSeconds"), 60),
    ("kubernetes/toleration-value", ("spec", "tolerations", 0, "operator"), "Exists"),
    ("kubernetes/too-many", ("spec", "dnsConfig"), {"nameservers": ["10.0.0.1"] * 4}),
    ("kubernetes/value-not-supported", (*CONTAINER, "imagePullPolicy"), "IfAbsent"),
    ("kubernetes/value-not-supported", (*CONTAINER, "ports", 0, "protocol"), "tcp"),
    ("kubernetes/value-not-supported", ("spec", "tolerations", 0, "operator"), "Equals"),
    ("kubernetes/value-not-supported", ("spec", "dnsPolicy"), "ClusterLast"),
    ("kubernetes/volume-absent", (*MOUNT, "name"), "dshm"),
    ("kubernetes/volume-second-source", (*VOLUME, "hostPath"), {"path": "/x"}),
    ("kubernetes/windows-credentials", (*SECURITY, "windowsOptions"), {"gmsaCredentialSpec": ""}),
    ("kubernetes/windows-user", (*SECURITY, "windowsOptions"), {"runAsUserName": "a/b"}),
    *(("kubernetes/value-not-supported", path, value) for path, value in UNSUPPORTED),
    *(("kubernetes/field-required", path, value) for path, value in INCOMPLETE),
    ("kubernetes/name-format", ("spec", "runtimeClassName"), ""),
    ("kubernetes/name-format", ("spec", "dnsConfig"), {"searches": [None]}),
    ("kubernetes/ip-address", ("spec", "dnsConfig"), {"nameservers": [None]}),
    ("kubernetes/label-value", REQUIRED_NODES, {"nodeSelectorTerms": [node_term("Gt", "a b")]}),
    ("kubernetes/name-format", REQUIRED_NODES, {"nodeSelectorTerms": [{"matchFields": [NODE]}]}),
    (
        "kubernetes/request-above-limit",
        (*CONTAINER, "resources"),
        {"limits": {"cpu": None}, "requests": {"cpu": "1"}},
    ),
    ("controller/empty-dir-medium", (*VOLUME, "emptyDir", "medium"), "memory"),
    ("controller/image-blanks", (*CONTAINER, "image"), "example.org/vllm:1.0 "),
    ("controller/probe-port-absent", (*PROBE, "httpGet", "port"), "metrics"),
    ("controller/root-refused", SECURITY, {"runAsNonRoot": True, "runAsUser": 0}),
]
SINCE_1_37 = {"kubernetes/bundle-selector"}
RIGHT: list[tuple[tuple[str | int, ...], Any]] = [
    (CONTAINER, {**restarting(RESTART_RULE), "env": [{"name": "A"}]}),
    ((*CONTAINER, "envFrom", 0, "configMapRef", "name"), "settings-"),
    (("spec", "dnsConfig"), {"nameservers": ["010.0.0.01"]}),
    (("spec", "hostname"), "Not_Asked"),
    (("spec", "os"), {"name": "linux"}),
    (("spec", "securityContext"), {"windowsOptions": {"runAsUserName": "NT AUTHORITY\\SYSTEM"}}),
    (
        ("metadata", "annotations", "container.apparmor.security.beta.kubernetes.io/model"),
        "localhost/strict",
    ),
    (VOLUME, claimed({"dataSource": SOURCE, "dataSourceRef": SOURCE})),
    (VOLUME, claimed({"resources": {"requests": {"storage": "2Gi"}, "limits": {"storage": "1Gi"}}})),
    (("spec", "volumes", 1, "projected", "sources"), [{"podCertificate": {}}]),
    (
        ENV,
        {"name": "A", "valueFrom": {"fileKeyRef": {"volumeName": "bare", "path": "/env", "key": "A"}}},
    ),
    ((*CONTAINER, "resources"), {}),
    ((*CONTAINER, "resources", "limits", "kubernetes.io/batch"), "500m"),
    ((*CONTAINER, "resources", "requests", "memory"), "8192Mi"),
    ((*CONTAINER, "lifecycle"), {}),
    ((*CONTAINER, "livenessProbe"), None),
    ((*CONTAINER, "livenessProbe"), {"grpc": {"port": 8000}}),
    ((*CONTAINER, "ports", 0, "containerPort"), 8000.0),
    ((*ENV, "valueFrom"), {"fieldRef": {"fieldPath": "metadata.labels['app.kubernetes.io/name']"}}),
    ((*VOLUME, "emptyDir"), None),
    (("spec", "imagePullSecrets"), [{"name": "pull"}]),
    (
        ("spec", "initContainers", 0),
        {
            "name": "side",
            "image": "a",
            "restartPolicy": "Always",
            "startupProbe": {"exec": {"command": ["true"]}},
        },
    ),
    (("spec", "tolerations", 0), {"operator": "Exists"}),
    (
        ("spec", "volumes", 2),
        {"name": "model", "image": {"reference": "example.org/model:1", "pullPolicy": "Always"}},
    ),
    (("metadata", "labels", "empty"), ""),
    (("metadata",), None),
]


def changed(path: tuple[str | int, ...], value: Any) -> Any:
    """A copy of the base with one value put or dropped."""
    return with_value(BASE, path, value)


def check(template: Any, path: FieldPath, kubernetes: str, **options: Any) -> list[Problem]:
    """All problems of a pod template, those of the controller included."""
    return list(with_controller(check_pod_template(template, path, kubernetes, **options)))


def rules(template: Any, path: FieldPath, kubernetes: str, **options: Any) -> list[str]:
    return [result.rule for result in check(template, path, kubernetes, **options)]


def test_the_base_has_no_problem() -> None:
    assert list(check_pod_template(BASE, PATH, "1.35")) == []


@pytest.mark.parametrize(
    ("rule", "path", "value"), WRONG, ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_wrong_value_is_found_where_it_stands(rule: str, path: tuple[str | int, ...], value: Any) -> None:
    kubernetes = "1.37" if rule in SINCE_1_37 else "1.35"
    reported = check(changed(path, value), PATH, kubernetes)
    result = [p for p in reported if p.rule == rule]
    assert result
    assert result[0].path[: len(PATH)] == PATH
    shared = min(len(result[0].path) - len(PATH), max(len(path) - 1, 0))
    assert result[0].path[len(PATH) :][:shared] == path[:shared]


@pytest.mark.parametrize(("path", "value"), RIGHT)
def test_a_right_value_gives_no_problem(path: tuple[str | int, ...], value: Any) -> None:
    assert list(check_pod_template(changed(path, value), PATH, "1.35")) == []


@pytest.mark.parametrize(
    "junk", [None, True, 7, -1.5, "x", [], [None], ["x", 7], {}, {"a": [1]}, {1: None}, [[{}]]]
)
def test_junk_anywhere_never_raises(junk: Any) -> None:
    for path in everywhere(BASE, ()):
        list(check_pod_template(changed(path, junk), PATH, "1.35"))
    list(check_pod_template(junk, PATH, "1.35"))


def everywhere(value: Any, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    """The path of every value inside `value`."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inside in pairs for place in ((*path, key), *everywhere(inside, (*path, key)))]


@pytest.mark.parametrize(
    ("path", "value", "rule", "refused_by"),
    [
        ((*ENV, "name"), "A B", "kubernetes/env-name", "1.31"),
        ((*CONTAINER, "restartPolicy"), "Always", "kubernetes/container-restart", "1.34"),
        (LIFECYCLE, {"sleep": {"seconds": 0}}, "kubernetes/sleep-seconds", "1.32"),
    ],
)
def test_older_kubernetes_refuses_more(
    path: tuple[str | int, ...], value: Any, rule: str, refused_by: str
) -> None:
    template = changed(path, value)
    assert rule in rules(template, PATH, refused_by)
    assert rule not in rules(template, PATH, "1.35")


@pytest.mark.parametrize(
    ("path", "value", "rule", "refused_by"),
    [
        (("spec", "dnsConfig"), {"nameservers": ["010.0.0.1"]}, "kubernetes/ip-address", "1.36"),
        (("spec", "dnsConfig"), {"nameservers": ["::ffff:10.0.0.1"]}, "kubernetes/ip-address", "1.36"),
        (VOLUME, {"name": "cache", "image": {}}, "kubernetes/field-required", "1.37"),
        *(
            (("spec", "volumes", 1, "projected", "sources"), [{source: settings}], rule, "1.37")
            for source, settings, rule in (
                ("podCertificate", {"keyType": "RSA"}, "kubernetes/value-not-supported"),
                ("podCertificate", {"signerName": "example"}, "kubernetes/name-format"),
                ("podCertificate", {"maxExpirationSeconds": 60}, "kubernetes/number-range"),
                ("clusterTrustBundle", {"path": "p"}, "kubernetes/one-source"),
                ("clusterTrustBundle", {"path": "p", "name": "CA"}, "kubernetes/name-format"),
            )
        ),
    ],
)
def test_newer_kubernetes_refuses_more(
    path: tuple[str | int, ...], value: Any, rule: str, refused_by: str
) -> None:
    template = changed(path, value)
    assert rule in rules(template, PATH, refused_by)
    assert rule not in rules(template, PATH, "1.35")


def test_a_subfolder_of_an_image_volume_needs_kubernetes_1_33() -> None:
    template = changed(VOLUME, {"name": "cache", "image": {"reference": "a"}})
    template["spec"]["containers"][0]["volumeMounts"][0]["subPath"] = "models"
    assert rules(template, PATH, "1.32") == ["kubernetes/image-sub-path"]
    assert list(check_pod_template(template, PATH, "1.33")) == []


def test_a_host_port_on_the_host_network_equals_the_containers() -> None:
    template = changed(("spec", "hostNetwork"), True)
    template["spec"]["containers"][0]["ports"][0]["hostPort"] = 80
    assert rules(template, PATH, "1.35") == ["kubernetes/host-port-differs"]


def test_a_jobs_pods_must_end() -> None:
    rules = [p.rule for p in check(BASE, PATH, "1.35", restart=("OnFailure", "Never"))]
    assert rules == ["kubernetes/restart-policy"]


def test_an_unknown_resource_is_answered_with_the_likely_one() -> None:
    template = changed((*CONTAINER, "resources"), {"limits": {"gpu": "1"}})
    assert [p.fix for p in check(template, PATH, "1.35")] == ["Did you mean nvidia.com/gpu"]


def test_every_rule_of_the_table_has_a_case() -> None:
    rows = json.loads((FACTS / "rules" / "kubernetes.json").read_text(encoding="utf-8"))
    place = Path(__file__).parent
    cases = "".join(
        (place / f"test_{name}.py").read_text(encoding="utf-8")
        for name in ("pod", "extra_kinds", "policies", "services", "template")
    )
    mine = {name for name in rows if name in used_rules()}
    assert mine
    assert sorted(mine - set(re.findall(r"kubernetes/[a-z0-9-]+", cases))) == []


def used_rules() -> set[str]:
    """The rules that the rooms of this test name."""
    code = FACTS.parent / "kaito_pack" / "kubernetes"
    return {
        rule
        for file in code.rglob("*.py")
        for rule in re.findall(r"kubernetes/[a-z0-9-]+", file.read_text("utf-8"))
    }
