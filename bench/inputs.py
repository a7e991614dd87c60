"""Creates the input of the benchmark: values files, and the schemas for kubeconform.

It runs as a separate process to keep the driver small: a child's peak memory is at least its parent's.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from kaito_pack.base.root import ROOT
from kaito_pack.kubernetes.decoding import definitions

KAITO, KUBERNETES = "0.12", "1.35"
MODES = ("vllm", "huggingface", "premade")
PREMADE = ("llama3.2:1b", "llama3.1:8b", "phi4:14b", "gpt-oss:20b")


def values(number: int) -> dict[str, Any]:
    """Return the values file with that number: the modes in turn, with typical variations."""
    mode = MODES[number % 3]
    written: dict[str, Any] = {
        "name": f"model-{number:05}",
        "modelSource": mode,
        "namespace": f"team-{number % 20}",
    }
    if mode == "vllm":
        written |= {
            "modelId": f"example/Model-{number}-Instruct",
            "resources": {"gpu": 2 ** (number % 4), "memory": "32Gi"},
        }
        if number % 2:
            written |= {"hfTokenSecret": "hf-token", "maxModelLen": 4096 + number}
    elif mode == "huggingface":
        written |= {"modelId": f"example/Model-{number}-GGUF", "ggufFile": f"model-{number}.q4_k_m.gguf"}
        written |= {"resources": {"cpu": f"{500 + 10 * (number % 40) + 1}m", "memory": f"{number % 7 + 1}Gi"}}
    else:
        written |= {"premadeModel": PREMADE[number % 4], "computeType": "gpu", "replicas": number % 2 + 1}
    if number % 5 == 0:
        written |= {"labelSelector": {"apps": f"model-{number}"}}
    return written


def write_values(folder: Path, count: int) -> None:
    """Write `count` values files into `folder`, the same bytes on every machine."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        text = yaml.safe_dump(values(number), sort_keys=False)
        (folder / f"{number:05}.yaml").write_text(text, encoding="utf-8")


def strict(schema: Any) -> Any:
    """Return an API schema as kubeconform requires it for -strict: no fields outside the schema."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    strict_schema = {
        key: strict(part) for key, part in schema.items() if not key.startswith("x-") and key != "format"
    }
    if schema.get("x-kubernetes-int-or-string"):
        strict_schema |= {"type": ["integer", "string"]}
    named = isinstance(schema.get("properties"), Mapping) and "object" in schema.get("type", ())
    if (
        named
        and "additionalProperties" not in schema
        and not schema.get("x-kubernetes-preserve-unknown-fields")
    ):
        strict_schema["additionalProperties"] = False
    return strict_schema


def standalone(part: Any, every: Mapping[str, Any]) -> Any:
    """Return one of Kubernetes' definitions with all references resolved, as in kubeconform's store."""
    if isinstance(part, list):
        return [standalone(inner, every) for inner in part]
    if not isinstance(part, Mapping):
        return part
    if "$ref" in part:
        return standalone(every[part["$ref"].rpartition("/")[2]], every)
    return {key: standalone(inner, every) for key, inner in part.items()}


def write_schemas(folder: Path) -> None:
    """Write the schemas of Workspace and Service: `plain/` as in the CRD, `deep/` with the pod template."""
    crd = json.loads((ROOT / "facts" / "kaito" / f"{KAITO}.json").read_text(encoding="utf-8"))
    workspace = strict(crd["v1beta1"])
    workspace["properties"]["metadata"] = {"type": "object"}
    # Not every environment has the files of -strict (scripts/unpack_wheels.py), so `strict` creates them.
    source = Path(definitions.known_folder(KUBERNETES)) / "_definitions.json"
    every = strict(json.loads(source.read_text(encoding="utf-8"))["$defs"])
    deep = json.loads(json.dumps(workspace))
    deep["properties"]["inference"]["properties"]["template"] = standalone(
        every[definitions.POD_TEMPLATE], every
    )
    service = standalone(every["io.k8s.api.core.v1.Service"], every)
    config_map = standalone(every["io.k8s.api.core.v1.ConfigMap"], every)
    for name, schema in (("plain", workspace), ("deep", deep)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        kinds = {"workspace": schema, "service": service, "configmap": config_map}
        for kind, resource_schema in kinds.items():
            (folder / name / f"{kind}.json").write_text(json.dumps(resource_schema), encoding="utf-8")


def same(ours: str, theirs: str) -> bool:
    """Return whether two streams have the same manifests in any order."""

    def bodies(file: str) -> list[str]:
        stream = yaml.load_all(Path(file).read_text(encoding="utf-8"), yaml.CSafeLoader)
        return sorted(json.dumps(body, sort_keys=True) for body in stream if body)

    return bodies(ours) == bodies(theirs)


if __name__ == "__main__":
    if sys.argv[1] == "same":
        sys.exit(0 if same(sys.argv[2], sys.argv[3]) else "helm's chart and the pack do not render alike")
    write_values(Path(sys.argv[1]) / "values", int(sys.argv[2]))
    write_schemas(Path(sys.argv[1]) / "schemas")
