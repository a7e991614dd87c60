"""The cluster that the documentation talks about: what it holds, as tests/fake_kubectl.py reads it.

KAITO 0.12 with own GPU nodes; `llama` serves, `phi-small` loads its weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from kaito_pack.kaito import crd
from tests.conftest import ROOT
from tests.fake_kubectl import FakeKubectl

KAITO = "0.12"
NAMESPACE = "kaito-workspace"
STATUS = {"llama": "05-ready-in-any-order", "phi-small": "14-starting-0.12"}


def objects() -> list[dict[str, Any]]:
    """Everything in the cluster, with what the API server adds."""
    whole = [
        _named("Namespace", NAMESPACE, status={"phase": "Active"}),
        _definition(),
        _controller(),
        _named("Secret", "hf-token", NAMESPACE, data={"HF_TOKEN": "bm90LWEtdG9rZW4="}),
        *(_node(f"gpu-node-{number}") for number in (1, 2)),
        *(stored for name in STATUS for stored in _deployed(name)),
    ]
    for number, item in enumerate(whole):
        item["metadata"]["uid"] = f"00000000-0000-4000-8000-{number:012}"
    return whole


def write(folder: Path) -> None:
    """Put the cluster, and the kubectl that reads it, into a folder."""
    cluster = folder / "cluster"
    cluster.mkdir()
    FakeKubectl(cluster).holds(*objects())


def _deployed(name: str) -> list[dict[str, Any]]:
    """A rendered example as the cluster keeps it, with the status of a recorded case."""
    text = (ROOT / "values" / "rendered" / f"{name}.yaml").read_text(encoding="utf-8")
    workspace, *beside = yaml.safe_load_all(text)
    case = (ROOT / "tests" / "status" / f"{STATUS[name]}.yaml").read_text(encoding="utf-8")
    workspace["status"] = yaml.safe_load(case)["workspace"]["status"]
    return [workspace, *beside]


def _named(kind: str, name: str, namespace: str | None = None, **parts: Any) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {}) | parts.pop("metadata", {})
    return {"kind": kind, "metadata": metadata, **parts}


def _definition() -> dict[str, Any]:
    versions = [
        {"name": name, "served": True, "schema": {"openAPIV3Schema": schema}}
        for name, schema in crd.schemas(KAITO).items()
    ]
    return _named("CustomResourceDefinition", "workspaces.kaito.sh", spec={"versions": versions})


def _controller() -> dict[str, Any]:
    container = {
        "image": f"mcr.microsoft.com/aks/kaito/workspace:{KAITO}.0",
        "args": ["--node-provisioner=byo"],
    }
    spec = {"template": {"spec": {"containers": [container]}}}
    return _named("Deployment", "kaito-workspace", NAMESPACE, spec=spec)


def _node(name: str) -> dict[str, Any]:
    status = {
        "allocatable": {"nvidia.com/gpu": "2"},
        "conditions": [{"type": "Ready", "status": "True"}],
    }
    labels = {"kubernetes.io/os": "linux", "gpu-pool": "a100"}
    return _named("Node", name, metadata={"labels": labels}, status=status)
