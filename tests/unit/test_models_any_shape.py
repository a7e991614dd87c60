"""No value of any shape in a Workspace makes a check of models raise."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.run.judging import check
from tests.tiers import often

CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "weights", "namespace": "default"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
PROBE = {"initialDelaySeconds": 1, "periodSeconds": 1, "failureThreshold": 1}
SERVER = {
    "name": "model",
    "image": "mcr.microsoft.com/aks/kaito/kaito-base:0.1.1",
    "command": ["python3", "-m", "vllm.entrypoints.openai.api_server"],
    "args": ["--model", "acme/Lynx-405B-AWQ", "--max-num-batched-tokens", "512", "--download-dir", "/w"],
    "env": [{"name": "HF_HOME", "value": "/w"}],
    "envFrom": [{"secretRef": {"name": "hub"}}],
    "livenessProbe": PROBE,
    "startupProbe": PROBE,
    "resources": {"limits": {"nvidia.com/gpu": "1", "memory": "1Gi", "ephemeral-storage": "1Gi"}},
    "volumeMounts": [{"name": "weights", "mountPath": "/w"}],
}
GGUF = {
    "name": "model",
    "image": "ghcr.io/kaito-project/aikit/runners/llama-cpp-cpu:latest",
    "args": ["https://huggingface.co/a/b/resolve/main/lynx-70b-Q4_K_M.gguf", "--address=:5000"],
    "resources": {"requests": {"memory": "1Gi"}},
}
VOLUMES = [
    {"name": "weights", "persistentVolumeClaim": {"claimName": "weights"}, "emptyDir": {"sizeLimit": "1Gi"}}
]


def workspace(server: dict[str, Any]) -> dict[str, Any]:
    pod = {"containers": [server], "initContainers": [{"name": "x"}], "volumes": VOLUMES}
    return {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "Workspace",
        "metadata": {"name": "lynx", "namespace": "default", "annotations": {}},
        "resource": {"count": 2, "instanceType": "Standard_NC24ads_A100_v4"},
        "inference": {"template": {"spec": pod}},
    }


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(below for key, part in items for below in paths(part, (*path, key)))]


CASES = [(body, path) for body in map(workspace, (SERVER, GGUF)) for path in paths(body) if len(path) > 1]
shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@often(300)
@given(st.sampled_from(CASES), shapes)
def test_a_workspace_of_any_shape_is_judged_without_an_exception(
    case: tuple[dict[str, Any], tuple[Any, ...]], shape: Any
) -> None:
    body, path = copy.deepcopy(case[0]), case[1]
    holder: Any = body
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = shape

    check(body, Surroundings(Target("0.12", "1.35"), workspaces=[body], claims=[CLAIM]))


@often(100)
@given(shapes)
def test_a_claim_of_any_shape_is_looked_up_without_an_exception(shape: Any) -> None:
    body = workspace(SERVER)

    for claim in ({**CLAIM, "spec": shape}, {**CLAIM, "metadata": {"name": "weights", "namespace": shape}}):
        check(body, Surroundings(Target("0.12", "1.35"), workspaces=[body], claims=[claim]))


def test_the_case_reaches_the_checks_that_it_is_for() -> None:
    result = check(workspace(SERVER), Surroundings(Target("0.12", "1.35"), claims=[CLAIM])) or []
    gguf = check(workspace(GGUF), Surroundings(Target("0.12", "1.35"))) or []

    names = {problem.rule for problem in [*result, *gguf]}
    assert {"advice/disk-too-small", "advice/startup-time", "advice/memory-below-model"} <= names
    assert {"model/quantized-allowed", "model/size-in-name"} <= names
