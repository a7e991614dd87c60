"""Weights against time, disk and memory, for vLLM and llama.cpp."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.facts.tables import table
from kaito_pack.kaito import advice
from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.gguf import check_gguf, weights_of_file
from kaito_pack.models.weights import check_weights, seconds_until_restart
from kaito_pack.pack import Pack
from kaito_pack.workspace import read_workspace

Fields = dict[str, Any]
TARGET = Target("0.12", "1.35")
LARGE = "acme/Lynx-70B"  # 130 GiB by its name: 130 * 1024 / 200 + 130 + 120 s are 16 minutes
SMALL = "acme/Lynx-8B"  # 14.9 GiB: 212 s
VOLUME = {"name": "weights", "persistentVolumeClaim": {"claimName": "weights"}}
HUB = [{"name": "weights", "mountPath": "/root/.cache/huggingface"}]


def workspace(model: str, volumes: Any = (), **server: Any) -> Fields:
    command = ["python3", "-m", "vllm.entrypoints.openai.api_server", "--model", model]
    pod = {"containers": [{"name": "model", "command": command, **server}], "volumes": list(volumes)}
    return {"metadata": {"namespace": "models"}, "inference": {"template": {"spec": pod}}}


def disk(size: str, key: str = "limits") -> Fields:
    return {"resources": {key: {"ephemeral-storage": size}}}


def claim(storage: str) -> Fields:
    metadata = {"name": "weights", "namespace": "models"}
    return {"metadata": metadata, "spec": {"resources": {"requests": {"storage": storage}}}}


def rules(manifest: Any, *claims: Any) -> list[str]:
    around = Surroundings(TARGET, claims=claims)
    result = check_weights(manifest, read_workspace(manifest), Catalogue.open(), around)
    return [problem.rule.partition("/")[2] for problem in result]


def probe(delay: int, **fields: Any) -> Fields:
    return {"livenessProbe": {"initialDelaySeconds": delay, **fields}}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"initialDelaySeconds": 600}, 630),
        ({"periodSeconds": 10, "failureThreshold": 360}, 3600),
        ({"periodSeconds": "10"}, None),
    ],
)
def test_a_probe_restarts_after_its_delay_and_failures(fields: Any, expected: float | None) -> None:
    assert seconds_until_restart(fields) == expected


@pytest.mark.parametrize(
    ("manifest", "reported"),
    [
        (workspace(SMALL, **probe(600)), []),
        (workspace(SMALL, **probe(60)), ["startup-time"]),
        (workspace(LARGE, **probe(600)), ["startup-time", "weights-not-kept"]),
        (workspace(LARGE, **probe(1200)), ["weights-not-kept"]),
        (workspace(LARGE, **probe(1), startupProbe={"failureThreshold": 360}), ["weights-not-kept"]),
        (workspace(LARGE), ["weights-not-kept"]),
        (workspace(LARGE, [VOLUME], volumeMounts=HUB, **probe(1200)), []),
        (workspace(LARGE, env=[{"name": "HF_HUB_OFFLINE", "value": "1"}], **probe(300)), []),
        (workspace("acme/lynx", **probe(1)), []),
        ({"inference": {"preset": {"name": "phi-4"}}}, []),
    ],
)
def test_large_weights_need_time_and_a_place(manifest: Any, reported: list[str]) -> None:
    assert rules(manifest) == reported


SMALL_DIRECTORY = {"name": "weights", "emptyDir": {"sizeLimit": "8Gi"}}


@pytest.mark.parametrize(
    ("manifest", "claims", "is_too_small"),
    [
        (workspace(SMALL, **disk("10Gi")), (), True),
        (workspace(SMALL, **disk("10Gi", "requests")), (), True),
        (workspace(SMALL, **disk("20Gi")), (), False),
        (workspace(SMALL, **disk("much")), (), False),
        (workspace(SMALL, [SMALL_DIRECTORY], volumeMounts=HUB), (), True),
        (workspace(SMALL, [VOLUME], volumeMounts=HUB), (claim("10Gi"),), True),
        (workspace(SMALL, [VOLUME], volumeMounts=HUB), (claim("50Gi"),), False),
        (workspace(SMALL, [VOLUME], volumeMounts=HUB), (), False),
        (workspace(SMALL, [VOLUME], volumeMounts=HUB, **disk("1Gi")), (), False),
    ],
)
def test_the_place_of_the_weights_must_hold_them(manifest: Any, claims: Any, is_too_small: bool) -> None:
    assert rules(manifest, *claims) == ["disk-too-small"] * is_too_small


@pytest.mark.parametrize(
    ("file", "model_id", "gib"),
    [
        ("Llama-3.3-70B-Instruct-Q4_K_M.gguf", "", 39.5),
        ("folder/model-IQ4_XS.gguf", "acme/Lynx-8B-GGUF", 4.1),
        ("lynx-8b-f16.gguf", "", 14.9),
        ("lynx-8b.gguf", "", None),
        ("model-Q8_0.gguf", "acme/lynx", None),
    ],
)
def test_the_size_of_a_gguf_file_follows_from_its_name(file: str, model_id: str, gib: float | None) -> None:
    weights = weights_of_file(file, model_id, Catalogue.open())

    assert weights is None if gib is None else weights == pytest.approx(gib, abs=0.1)


def test_quantizations_that_begin_alike_are_told_apart() -> None:
    sizes = [
        weights_of_file(f"lynx-8b-{name}.gguf", "", Catalogue.open()) or 0
        for name in ("Q4_K_S", "Q4_K_M", "Q4_K_L")
    ]

    assert sizes == sorted(set(sizes))


def test_every_premade_model_has_a_size() -> None:
    served = Pack().mode("premade").facts["servedModels"]

    assert set(table("models/images.json")) == set(served)


def gguf(image: str, **resources: Any) -> Fields:
    server = {"image": f"ghcr.io/kaito-project/aikit/{image}", "args": ["run", "--address=:5000"]}
    return {"inference": {"template": {"spec": {"containers": [{**server, "resources": resources}]}}}}


GPU, GPUS = ({"nvidia.com/gpu": count} for count in ("1", "2"))
BELOW, GPU_BELOW = ["memory-below-model"], ["gpu-memory-below-model"]


@pytest.mark.parametrize(
    ("manifest", "memory", "reported"),
    [
        (gguf("gpt-oss:120b", requests={"memory": "16Gi"}), None, BELOW),
        (gguf("gpt-oss:120b", requests={"memory": "66Gi"}), None, []),
        (gguf("llama3.1:8b", requests={"memory": "16Gi"}, limits={"memory": "4Gi"}), None, BELOW),
        (gguf("llama3.1:8b"), None, []),
        (gguf("llama3.3:70b", limits=GPU), 24.0, GPU_BELOW),
        (gguf("llama3.3:70b", limits=GPUS), 24.0, []),
        (gguf("llama3.3:70b", limits=GPU), None, []),
        (gguf("llama3.3:70b", limits={**GPU, "memory": "16Gi"}), None, BELOW),
        (gguf("llama3.3:70b", limits={**GPUS, "memory": "16Gi"}), 24.0, []),
        (gguf("llama3.3:70b", limits={"nvidia.com/mig-1g.10gb": "1"}), 10.0, GPU_BELOW),
        (gguf("acme:1", requests={"memory": "1Gi"}), None, []),
    ],
)
def test_a_gguf_model_needs_memory(manifest: Any, memory: float | None, reported: list[str]) -> None:
    result = check_gguf(manifest, read_workspace(manifest), Catalogue.open(), memory)

    assert [problem.rule.partition("/")[2] for problem in result] == reported


@pytest.mark.parametrize(
    ("modes", "count", "is_reported"),
    [
        (["ReadWriteOnce"], 2, True),
        (["ReadWriteOncePod"], 3, True),
        (["ReadWriteOnce"], 1, False),
        (["ReadWriteMany"], 2, False),
        (["ReadWriteOnce", "ReadWriteMany"], 2, False),
        ("ReadWriteOnce", 2, False),
        ([None], 2, False),
    ],
)
def test_a_claim_for_one_node_is_not_for_several_replicas(modes: Any, count: int, is_reported: bool) -> None:
    manifest = {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "Workspace",
        "resource": {"count": count},
        **workspace(SMALL, [VOLUME], volumeMounts=HUB),
    }
    around = Surroundings(TARGET, claims=[{**claim("50Gi"), "spec": {"accessModes": modes}}])
    names = [problem.rule for problem in advice.check(manifest, around)]

    assert ("advice/claim-on-one-node" in names) == is_reported
