"""Gated models need a token, or another way to their files."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from kaito_pack.models.access import check_access, check_preset_access
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.model import Model
from kaito_pack.models.storage import weights_storage

GATED = Model("acme/closed", gated=True)
OPEN = Model("meta-llama/opened", gated=False)
LICENSED = Model("acme/licensed", license="gemma")
CATALOGUE = Catalogue(MappingProxyType({model.model_id: model for model in (GATED, OPEN, LICENSED)}))
POD = ("inference", "template", "spec", "containers", 0)
TOKEN = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "HF_TOKEN"}}}
TOKEN_FILE = {"name": "weights", "secret": {"secretName": "hub"}}
CLAIM = {"name": "weights", "persistentVolumeClaim": {"claimName": "weights"}}


def workspace(
    model: str = "acme/closed", pod: Mapping[str, Any] | None = None, **server: Any
) -> dict[str, Any]:
    arguments = ["-m", "vllm.entrypoints.openai.api_server", "--model", model, *server.pop("args", ())]
    container = {"name": "model", "command": ["python"], "args": arguments, **server}
    return {"inference": {"template": {"spec": {"containers": [container], **(pod or {})}}}}


def mount(path: str) -> list[dict[str, str]]:
    return [{"name": "weights", "mountPath": path}]


def rules(manifest: Mapping[str, Any]) -> list[str]:
    return [problem.rule for problem in check_access(manifest, CATALOGUE)]


def test_a_gated_model_without_a_token_is_an_error_that_names_the_value() -> None:
    [problem] = check_access(workspace(), CATALOGUE)

    assert (problem.rule, problem.severity, problem.path) == ("model/gated", "error", POD)
    assert "`hfTokenSecret`" in problem.fix


@pytest.mark.parametrize(
    "manifest",
    [
        workspace(env=[TOKEN]),
        workspace(env=[{"name": "HF_ENDPOINT", "value": "https://mirror.example"}]),
        workspace(env=[{"name": "HF_HUB_OFFLINE", "value": "1"}]),
        workspace(envFrom=[{"secretRef": {"name": "hub"}}]),
        workspace(pod={"volumes": [CLAIM]}, volumeMounts=mount("/root/.cache/huggingface")),
        workspace(
            pod={"volumes": [CLAIM]},
            volumeMounts=mount("/models/"),
            env=[{"name": "HF_HOME", "value": "/models/hub"}],
        ),
        workspace(pod={"volumes": [CLAIM]}, volumeMounts=mount("/w"), args=["--download-dir", "/w"]),
        workspace(pod={"volumes": [TOKEN_FILE]}, volumeMounts=mount("/root/.cache/huggingface/token")),
        workspace(pod={"initContainers": [{"name": "download"}]}),
        workspace(model="/models/closed"),
        workspace(model="meta-llama/opened"),
        workspace(model="acme/nobody-knows"),
        {"inference": {"preset": {"name": "acme/closed"}}},
        {"tuning": {"preset": {"name": "acme/closed"}}},
    ],
)  # fmt: skip
def test_a_token_or_another_way_to_the_files_is_no_problem(manifest: dict[str, Any]) -> None:
    assert rules(manifest) == []


@pytest.mark.parametrize(
    "manifest",
    [
        workspace(env=[{"name": "HF_TOKEN", "value": ""}]),
        workspace(env=[{"name": "HF_HUB_OFFLINE", "value": "0"}]),
        workspace(
            pod={"volumes": [{"name": "weights", "emptyDir": {}}]}, volumeMounts=mount("/root/.cache")
        ),
        workspace(pod={"volumes": [CLAIM]}, volumeMounts=mount("/data")),
        workspace(pod={"volumes": [CLAIM]}, volumeMounts=mount("/root/.cache/hug")),
    ],
)  # fmt: skip
def test_what_brings_neither_is_a_problem(manifest: dict[str, Any]) -> None:
    assert rules(manifest) == ["model/gated"]


@pytest.mark.parametrize(
    "model", ["acme/licensed", "meta-llama/Llama-3.2-3B-Instruct", "google/gemma-2-9b-it"]
)
def test_a_model_that_may_be_gated_is_a_warning(model: str) -> None:
    [problem] = check_access(workspace(model), CATALOGUE)

    assert (problem.rule, problem.severity) == ("model/may-be-gated", "warning")


@pytest.mark.parametrize(
    ("kaito", "options", "annotations", "count"),
    [
        ("0.10", None, None, 0),
        ("0.11", None, None, 1),
        ("0.12", {}, {}, 1),
        ("0.12", {"modelAccessSecret": "hub"}, None, 0),
        ("0.12", None, {"kaito.sh/use-local-weights": "true"}, 0),
        ("0.12", None, {"kaito.sh/use-local-weights": "false"}, 1),
    ],
)
def test_a_gated_preset_is_an_error_where_the_webhook_is_silent(
    kaito: str, options: Any, annotations: Any, count: int
) -> None:
    manifest = {
        "metadata": {"annotations": annotations},
        "inference": {"preset": {"name": "closed", "presetOptions": options}},
    }

    assert len(list(check_preset_access(manifest, "closed", CATALOGUE, kaito, ("preset",)))) == count
    assert not list(check_preset_access(manifest, "opened", CATALOGUE, kaito, ("preset",)))


@pytest.mark.parametrize(
    ("environment", "command", "folder"),
    [
        ({}, (), "/root/.cache/huggingface/hub"),
        ({"HOME": "/home/vllm"}, (), "/home/vllm/.cache/huggingface/hub"),
        ({"HF_HOME": "/hf"}, (), "/hf/hub"),
        ({"HF_HOME": "/hf", "HF_HUB_CACHE": "/cache"}, (), "/cache"),
        ({"HF_HOME": "/hf"}, ("--download-dir=/w",), "/w"),
    ],
)
def test_the_folder_of_the_weights_is_the_one_that_the_hub_client_takes(
    environment: dict[str, str], command: tuple[str, ...], folder: str
) -> None:
    env = [{"name": name, "value": value} for name, value in environment.items()]

    assert weights_storage({}, {"env": env}, command).folder == folder


def test_the_innermost_mount_holds_the_weights() -> None:
    volumes = [CLAIM, {"name": "ram", "emptyDir": {"medium": "Memory"}}]
    mounts = [*mount("/root"), {"name": "ram", "mountPath": "/root/.cache"}]
    manifest = workspace(pod={"volumes": volumes}, volumeMounts=mounts)
    [container] = manifest["inference"]["template"]["spec"]["containers"]
    storage = weights_storage(manifest, container, ())

    assert storage.medium == "memory"
    assert storage.path == ("inference", "template", "spec", "volumes", 1)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [({}, ["model/gated"]), ({"dataSource": {"kind": "VolumeSnapshot", "name": "a"}}, [])],
)
def test_a_new_ephemeral_volume_holds_no_weights(spec: Mapping[str, Any], expected: list[str]) -> None:
    volume = {"name": "weights", "ephemeral": {"volumeClaimTemplate": {"spec": spec}}}
    manifest = workspace(pod={"volumes": [volume]}, volumeMounts=mount("/root/.cache/huggingface"))
    assert rules(manifest) == expected
