"""Creates the input of `bench/points.py`: values of all four modes, manifests, a fleet, cluster objects.

It runs as a separate process to keep the driver small: `scenes.py FOLDER COUNT…`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import inputs
import yaml

from kaito_pack.base.root import ROOT

CLUSTERS, MODELS, CHANGED = 10, 100, 20
INSTANCE_TYPE = "Standard_NC24ads_A100_v4"


def values(mode: str, number: int) -> dict[str, Any]:
    """Return the values file of a mode with that number; files of `warned` have one warning each."""
    name = {"name": f"{mode}-{number:05}", "namespace": f"team-{number % 20}"}
    if mode == "preset":
        settings = {"vllm": {"max-model-len": 4096 + number}} if number % 2 else {}
        chosen = {"modelSource": mode, "preset": "phi-4-mini-instruct", "instanceType": INSTANCE_TYPE}
        return {**name, **chosen, **settings}
    if mode == "warned":
        chosen = {"modelSource": "vllm", "modelId": f"example/Model-{number}-Instruct"}
        return {**name, **chosen, "imageRef": "example.com/vllm:latest", "resources": {"gpu": 1}}
    return {**inputs.values(3 * number + inputs.MODES.index(mode)), **name}


def write_values(folder: Path, mode: str, count: int) -> None:
    """Write `count` values files of a mode into `folder`; `mixed` takes the four modes in turn."""
    folder.mkdir(parents=True)
    modes = (*inputs.MODES, "preset") if mode == "mixed" else (mode,)
    for number in range(count):
        text = yaml.safe_dump(values(modes[number % len(modes)], number), sort_keys=False)
        (folder / f"{number:05}.yaml").write_text(text, encoding="utf-8")


def render(*arguments: object) -> str:
    """Return the output of the pack's `render`."""
    command = [sys.executable, str(ROOT / "render.py"), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def write_fleet(folder: Path) -> None:
    """Write a rendered fleet of 10 clusters with 100 models, of which 20 have changed since."""
    write_values(folder / "values", "mixed", MODELS)
    target = {"apiVersion": "pack.kubefoundry.io/v1", "kind": "Target", "kaitoVersion": "0.12"}
    (folder / "target.yaml").write_text(yaml.safe_dump(target), encoding="utf-8")
    clusters = [
        {"name": f"c{n}", "target": "target.yaml", "values": ["values/*.yaml"], "out": f"out/c{n}"}
        for n in range(CLUSTERS)
    ]
    fleet = {"apiVersion": "pack.kubefoundry.io/v1", "kind": "Fleet", "targets": clusters}
    (folder / "fleet.yaml").write_text(yaml.safe_dump(fleet), encoding="utf-8")
    render("--fleet", folder / "fleet.yaml")
    for file in sorted((folder / "values").iterdir())[:CHANGED]:
        with file.open("a", encoding="utf-8") as stream:
            stream.write("annotations: {changed: 'yes'}\n")


def cluster_objects(count: int) -> list[dict[str, Any]]:
    """Return `count` Workspaces as stored in a cluster, each with a pod; every tenth pod fails."""
    objects: list[dict[str, Any]] = []
    for number in range(count):
        name, is_failing = f"chat-{number}", number % 10 == 0
        container = {"name": "model", "image": "vllm/vllm-openai:v0.12.0", "args": ["--model", "org/model"]}
        condition = {
            "type": "InferenceReady",
            "status": "False" if is_failing else "True",
            "reason": "WorkspaceInferenceStatusPending" if is_failing else "WorkspaceInferenceStatusSuccess",
            "lastTransitionTime": "2026-03-01T10:00:00Z",
            "message": "",
        }
        objects.append(
            {
                "apiVersion": "kaito.sh/v1beta1",
                "kind": "Workspace",
                "metadata": {"name": name, "namespace": "llm", "generation": 1},
                "resource": {"count": 1, "labelSelector": {"matchLabels": {"apps": name}}},
                "inference": {"template": {"spec": {"containers": [container]}}},
                "status": {"targetNodeCount": 1, "workerNodes": ["gpu-1"], "conditions": [condition]},
            }
        )
        reason = "CrashLoopBackOff" if is_failing else "ContainerCreating"
        state = {"name": "model", "ready": False, "restartCount": 3, "state": {"waiting": {"reason": reason}}}
        labels = {"kaito.sh/workspace": name}
        objects.append(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": f"{name}-0", "namespace": "llm", "labels": labels},
                "spec": {"containers": [container]},
                "status": {"phase": "Pending", "containerStatuses": [state]},
            }
        )
    return objects


def write_manifests(folder: Path, count: int) -> None:
    """Write `count` rendered manifests of all modes into files of 500, below the pack's limit per file."""
    text = render(folder / "values" / "mixed")
    documents = text.split("---\n")[:count]
    (folder / "manifests").mkdir()
    for start in range(0, count, 500):
        file = folder / "manifests" / f"{start:05}.yaml"
        file.write_text("---\n".join(documents[start : start + 500]), encoding="utf-8")
    stream = "---\n".join(documents[:LARGEST_OF_MODES])
    (folder / "manifests.yaml").write_text(stream, encoding="utf-8")


def main(folder: Path, counts: list[int]) -> None:
    """Write one folder per count, the fleet, and kubeconform's schemas."""
    inputs.write_schemas(folder / "schemas")
    write_fleet(folder / "fleet")
    for count in counts:
        inside = folder / str(count)
        for mode in ("mixed", "warned", *inputs.MODES, "preset"):
            if mode == "mixed" or count <= LARGEST_OF_MODES:
                write_values(inside / "values" / mode, mode, count)
        write_manifests(inside, count)
        listed = {"apiVersion": "v1", "kind": "List", "items": cluster_objects(count)}
        (inside / "cluster.json").write_text(json.dumps(listed), encoding="utf-8")


LARGEST_OF_MODES = 2000  # maximum files for each single mode; above this, only the four modes in turn

if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(count) for count in sys.argv[2:]])
