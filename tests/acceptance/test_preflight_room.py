"""`preflight`: does a namespace let the pods in, and have nodes room for them? Each rule, kept and broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kaito_pack.base.kubectl import Kubectl
from kaito_pack.base.problems import UsageError
from kaito_pack.facts.rules import rules
from tests.acceptance.test_preflight import NAMESPACE, cluster, named, node, wrong
from tests.conftest import Run
from tests.fake_kubectl import FakeKubectl

VALUES = {
    "name": "llama",
    "modelSource": "vllm",
    "modelId": "meta-llama/Llama-3.1-8B-Instruct",
    "hfTokenSecret": "hf-token",
    "maxModelLen": 8192,
    "resources": {"gpu": 1, "cpu": 4, "memory": "32Gi"},
    "podTemplate": {
        "spec": {
            "containers": [
                {"name": "model", "resources": {"requests": {"ephemeral-storage": "20Gi"}}},
            ]
        }
    },
}
RESTRICTED = {
    "spec": {
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "model",
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }
}
TAINT = {"key": "team", "value": "a", "effect": "NoSchedule"}
PREFERRED = TAINT | {"effect": "PreferNoSchedule"}


Taints = tuple[dict[str, str], ...]


def room(name: str = "gpu-1", taints: Taints = (), memory: str = "", **amounts: str) -> Any:
    """A node with GPUs, cpu, memory and disk; `memory` is the label for one GPU, in MiB."""
    labels = {"nvidia.com/gpu.memory": memory} if memory else {}
    body = node(name, **labels) | {"spec": {"taints": list(taints)}}
    given = {key.strip("_").replace("_", "-"): value for key, value in amounts.items()}
    free = {"cpu": "16", "memory": "64Gi", "ephemeral-storage": "100Gi"}
    body["status"]["allocatable"] |= free | given
    return body


def space(level: str) -> dict[str, Any]:
    labels = {"pod-security.kubernetes.io/enforce": level}
    return named("Namespace", NAMESPACE, metadata={"labels": labels}, status={"phase": "Active"})


def quota(used: dict[str, str], scopes: tuple[str, ...] = (), **hard: str) -> dict[str, Any]:
    amounts = {key.replace("__", "/").replace("_", "."): value for key, value in hard.items()}
    spec = {"hard": amounts, **({"scopes": list(scopes)} if scopes else {})}
    return named("ResourceQuota", "team", NAMESPACE, spec=spec, status={"hard": amounts, "used": used})


def limits(kind: str = "Container", **fields: Any) -> dict[str, Any]:
    return named("LimitRange", "team", NAMESPACE, spec={"limits": [{"type": kind, **fields}]})


def pod(name: str, namespace: str = "other", phase: str = "Running", **labels: str) -> dict[str, Any]:
    resources = {"requests": {"memory": "40Gi"}, "limits": {"nvidia.com/gpu": "1"}}
    return named(
        "Pod",
        name,
        namespace,
        metadata={"labels": labels},
        spec={"nodeName": "gpu-1", "containers": [{"name": "a", "resources": resources}]},
        status={"phase": phase},
    )


@pytest.fixture
def kubectl(tmp_path: Path) -> FakeKubectl:
    return FakeKubectl(tmp_path)


def answers(run: Run, kubectl: FakeKubectl, values: dict[str, Any], *objects: Any, **parts: Any) -> Any:
    env = kubectl.holds(*cluster(**({"node": room()} | parts)), *objects)
    done = run("preflight", "-", "-o", "json", stdin=yaml.safe_dump(values), env=env)
    assert done.stdout, done.stderr
    checks = json.loads(done.stdout)
    assert done.returncode == (1 if any(each["state"] == "error" for each in checks) else 0)
    return {each["check"]: each for each in checks}


def patched(**template: Any) -> dict[str, Any]:
    return {**VALUES, "podTemplate": template}


SPACE_OF_LLAMA = {"kaito.sh/workspace": "workspace-llama"}
# What the cluster has beside what suits the values, and the rules that then report something.
CASES: dict[str, tuple[dict[str, Any], list[Any], set[str]]] = {
    "room for all": ({}, [], set()),
    "a taint": ({"node": room(taints=(TAINT,))}, [], {"node-tainted"}),
    "a taint on one node of two": ({"node": room(taints=(TAINT,)), "other": room("b")}, [], set()),
    "a taint that only prefers": ({"node": room(taints=(PREFERRED,))}, [], set()),
    "a taint that KAITO tolerates": (
        {"node": room(taints=({"key": "nvidia.com/gpu", "effect": "NoSchedule"},))},
        [],
        set(),
    ),
    "too little memory": ({"node": room(memory_="16Gi")}, [], {"resource-short"}),
    "room on different nodes": (
        {"node": room(cpu="2"), "other": room("b", memory_="8Gi")},
        [],
        {"resources-together"},
    ),
    "too little disk": ({"node": room(ephemeral_storage="10Gi")}, [], {"resource-short"}),
    "too little cpu": ({"node": room(cpu="3900m")}, [], {"resource-short"}),
    "memory that another pod has": ({}, [pod("a")], {"resource-taken"}),
    "memory of a pod that has ended": ({}, [pod("a", phase="Succeeded")], set()),
    "memory of the Workspace's own pod": ({}, [pod("a", NAMESPACE, **SPACE_OF_LLAMA)], set()),
    "GPUs that other pods have": (
        {"node": room(cpu="32")},
        [pod("a") | {"spec": pod("a")["spec"] | {"containers": pod("a")["spec"]["containers"] * 2}}],
        {"resource-taken"},
    ),
    "a privileged namespace": ({"namespace": space("privileged")}, [], set()),
    "a baseline namespace": ({"namespace": space("baseline")}, [], set()),
    "a restricted namespace": ({"namespace": space("restricted")}, [], {"pod-security"}),
    "a quota that is used up": (
        {},
        [quota({"requests.nvidia.com/gpu": "2"}, requests_nvidia_com__gpu="2")],
        {"quota-short"},
    ),
    "a quota with room": ({}, [quota({"pods": "1"}, pods="2", count__workspaces_kaito_sh="1")], set()),
    "a quota of Workspaces": (
        {},
        [quota({"count/workspaces.kaito.sh": "1"}, count__workspaces_kaito_sh="1")],
        {"quota-short"},
    ),
    "a quota for other pods": ({}, [quota({}, ("BestEffort",), pods="0")], set()),
    "a quota that wants limits": ({}, [quota({}, limits_cpu="100")], {"quota-unset"}),
    "a quota whose limits are filled in": (
        {},
        [quota({}, limits_cpu="100"), limits(default={"cpu": "8"})],
        {"limit-range-default"},
    ),
    "a default limit below the request": ({}, [limits(default={"cpu": "1"})], {"limit-range"}),
    "a maximum": ({}, [limits(max={"cpu": "8"}, default={"cpu": "8"})], {"limit-range-default"}),
    "a maximum without a limit": ({}, [limits(max={"cpu": "8"})], {"limit-range"}),
    "a maximum below the limit": ({}, [limits(max={"nvidia.com/gpu": "0"})], {"limit-range"}),
    "a minimum": ({}, [limits(min={"cpu": "8"})], {"limit-range"}),
    "a maximum of pods": ({}, [limits("Pod", max={"nvidia.com/gpu": "1"})], set()),
    "limits of claims": ({}, [limits("PersistentVolumeClaim", max={"storage": "1Gi"})], set()),
    "GPUs that are too small": ({"node": room(memory="16384")}, [], {"gpu-memory"}),
    "GPUs that are large enough": ({"node": room(memory="81920")}, [], set()),
}


@pytest.mark.parametrize("case", CASES)
def test_what_keeps_pods_out_is_reported(run: Run, kubectl: FakeKubectl, case: str) -> None:
    parts, objects, expected = CASES[case]
    checks = answers(run, kubectl, VALUES, *objects, **parts)
    assert wrong(checks) == expected
    assert all(checks[name]["fix"] for name in expected)


def test_every_rule_about_room_is_kept_and_broken(run: Run, kubectl: FakeKubectl) -> None:
    reported = set().union(*(expected for _, _, expected in CASES.values()))
    report = {"node-tainted", "resource-short", "resource-taken", "resources-together", "pod-security"}
    report |= {"quota-short", "quota-unset", "limit-range", "limit-range-default", "gpu-memory"}
    assert reported == report and {f"preflight/{name}" for name in report} <= set(rules("preflight"))
    checks = answers(run, kubectl, VALUES, quota({}, pods="9"), namespace=space("baseline"))
    assert {"resources-enough", "quota-enough", "pod-security-met"} <= set(checks)


def test_a_toleration_lets_the_pods_on_a_tainted_node(run: Run, kubectl: FakeKubectl) -> None:
    for toleration, is_right in (
        ({"key": "team", "operator": "Exists"}, True),
        ({"key": "team", "operator": "Equal", "value": "a", "effect": "NoSchedule"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "team", "operator": "Equal", "value": "b"}, False),
        ({"key": "team", "operator": "Exists", "effect": "NoExecute"}, False),
    ):
        values = patched(spec={"tolerations": [toleration]})
        checks = answers(run, kubectl, values, node=room(taints=(TAINT,)))
        assert ("node-tainted" not in checks) is is_right, toleration


def test_pods_of_a_restricted_namespace(run: Run, kubectl: FakeKubectl) -> None:
    assert "pod-security-met" in answers(run, kubectl, patched(**RESTRICTED), namespace=space("restricted"))
    host = {"spec": {"hostNetwork": True, "volumes": [{"name": "a", "hostPath": {"path": "/a"}}]}}
    checks = answers(run, kubectl, patched(**host), namespace=space("baseline"))
    assert checks["pod-security"]["state"] == "error" and "hostPath" in checks["pod-security"]["message"]
    preset = {"name": "a", "modelSource": "preset", "preset": "phi-4-mini-instruct"}
    checks = answers(run, kubectl, preset, namespace=space("restricted"), secret=None)
    assert "pod-security-unknown" in checks and "pod-security" not in checks


def test_the_job_of_a_rollout_needs_room_too(run: Run, kubectl: FakeKubectl) -> None:
    container = {"name": "model", "resources": {"limits": {"cpu": "8"}}}
    values = {**patched(spec={"containers": [container]}), "rollout": "job"}
    checks = answers(run, kubectl, values, quota({}, limits_cpu="100"))
    assert "Job" in checks["quota-unset"]["message"]


def test_an_update_needs_room_for_more_replicas_alone(run: Run, kubectl: FakeKubectl) -> None:
    stored = next(iter(yaml.safe_load_all(run("-", stdin=yaml.safe_dump(VALUES)).stdout)))
    used = quota({"pods": "1"}, pods="1")
    assert "quota-short" not in answers(run, kubectl, VALUES, used, stored)
    assert "quota-short" in answers(run, kubectl, VALUES, used)


def test_a_preset_on_nodes_with_labels_is_decided(run: Run, kubectl: FakeKubectl) -> None:
    preset = {"name": "a", "modelSource": "preset", "preset": "phi-4"}
    item = {"nvidia.com/gpu": "1"}
    small = answers(run, kubectl, preset, node=room(memory="8192", **item), secret=None)
    assert "GiB" in small["refused"]["message"]
    assert "refused" not in answers(run, kubectl, preset, node=room(memory="81920"), secret=None)


@pytest.mark.parametrize("kind", ["pods", "limitranges", "resourcequotas"])
def test_what_may_not_be_read_is_left_out(run: Run, kubectl: FakeKubectl, kind: str) -> None:
    env = kubectl.holds(*cluster(node=room()), forbidden=(kind,))
    done = run("preflight", "-", "-o", "json", stdin=yaml.safe_dump(VALUES), env=env)
    checks = {each["check"]: each for each in json.loads(done.stdout)}
    assert done.returncode == 0 and kind in checks["unseen"]["message"]


@pytest.mark.parametrize("odd", [None, [], {}, "x", 1, [None], [{"effect": 1}], {"a": []}])
def test_no_shape_of_an_object_gives_a_traceback(run: Run, kubectl: FakeKubectl, odd: Any) -> None:
    objects = [
        room() | {"spec": {"taints": odd}},
        named("Pod", "a", "other", spec={"nodeName": "gpu-1", "containers": odd}),
        named("ResourceQuota", "team", NAMESPACE, spec={"hard": odd, "scopes": odd}, status={"used": odd}),
        named("LimitRange", "team", NAMESPACE, spec={"limits": odd}),
        limits(default=odd, max=odd, min=odd),
    ]
    env = kubectl.holds(*cluster(node=None), *objects)
    done = run("preflight", "-", "-o", "json", stdin=yaml.safe_dump(VALUES), env=env)
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr


def test_more_pods_than_can_be_read_are_a_warning(
    run: Run, kubectl: FakeKubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get(self: Kubectl, kinds: str, *names: str) -> Any:
        if kinds == "pods":
            raise UsageError("kubectl printed more than 256 MiB")
        return read(self, kinds, *names)

    read = Kubectl.get
    monkeypatch.setattr(Kubectl, "get", get)
    checks = answers(run, kubectl, VALUES)
    assert "256 MiB" in checks["unseen"]["message"] and "resources-enough" in checks


def test_the_pods_of_an_inference_set_are_judged_too(run: Run, kubectl: FakeKubectl) -> None:
    values = {**VALUES, "workload": "InferenceSet", "replicas": 2}
    own = pod("a", NAMESPACE, **{"inferenceset.kaito.sh/created-by": "llama"})
    objects = [own, quota({}, count__workspaces_kaito_sh="1"), limits(min={"cpu": "8"})]
    parts = {"namespace": space("restricted"), "node": room(), "other": room("b")}
    checks = answers(run, kubectl, values, *objects, **parts)
    assert {"pod-security", "quota-short", "limit-range"} <= wrong(checks)
    assert "2 are needed" in checks["quota-short"]["message"]
    assert "InferenceSet llama" in checks["pod-security"]["message"]
    assert "resource-taken" not in checks and "resource-taken" in answers(
        run, kubectl, values, pod("a", NAMESPACE), **parts
    )


NAMED = {
    "spec": {
        "serviceAccountName": "server",
        "priorityClassName": "high",
        "volumes": [
            {"name": "a", "configMap": {"name": "settings"}},
            {"name": "b", "persistentVolumeClaim": {"claimName": "cache"}},
            {"name": "c", "configMap": {"name": "may-be-missing", "optional": True}},
        ],
        "containers": [
            {
                "name": "model",
                "envFrom": [{"configMapRef": {"name": "settings"}}],
                "volumeMounts": [{"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/b"}],
            }
        ],
    }
}


def test_what_the_pods_name_must_exist(run: Run, kubectl: FakeKubectl) -> None:
    values = {**patched(**NAMED), "extraObjects": [{**named("ServiceAccount", "server"), "apiVersion": "v1"}]}
    env = kubectl.holds(*cluster(node=room()), named("PersistentVolumeClaim", "cache", NAMESPACE))
    done = run("preflight", "-", "-o", "json", stdin=yaml.safe_dump(values), env=env)
    checks = [each for each in json.loads(done.stdout) if each["check"].startswith("object-")]
    reported = [(each["check"], each["message"].partition("`")[0].strip()) for each in checks]
    assert sorted(reported) == [
        ("object-missing", "ConfigMap"),
        ("object-missing", "PriorityClass"),
        ("object-there", "PersistentVolumeClaim"),
    ]


def test_the_config_map_of_a_preset_is_among_the_manifests(run: Run, kubectl: FakeKubectl) -> None:
    preset = {"name": "a", "modelSource": "preset", "preset": "phi-4", "vllm": {"max-model-len": 4096}}
    checks = answers(run, kubectl, preset, node=room(memory="81920"), secret=None)
    assert "object-missing" not in checks
