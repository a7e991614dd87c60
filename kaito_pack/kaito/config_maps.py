"""The ConfigMaps that a Workspace names, looked up in the manifests of the run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from kaito_pack.base.display import shown
from kaito_pack.base.trees import Fields, mapping, text
from kaito_pack.documents.embedded import LONGEST_EMBEDDED, loader
from kaito_pack.kaito.fields import Workspace
from kaito_pack.kaito.ruling import Case
from kaito_pack.kaito.target import Surroundings
from kaito_pack.kubernetes.decoding import names

if TYPE_CHECKING:
    from yaml import Node, SafeLoader

KEPT = 512  # configurations whose settings are cached: many Workspaces may name one ConfigMap
INFERENCE_KEY = "inference_config.yaml"
TUNING_KEY = "training_config.yaml"


def find_config_map(name: str, workspace: Workspace, surroundings: Surroundings) -> Fields | None:
    """Return the ConfigMap of that name in the Workspace's namespace, if it is part of the run."""
    for config_map in surroundings.config_maps_named(name, workspace.namespace):
        metadata = mapping(mapping(config_map).get("metadata"))
        namespace = text(metadata.get("namespace")) or "default"
        if name and metadata.get("name") == name and namespace == workspace.namespace:
            return config_map
    return None


def is_in_cluster(name: str, case: Case) -> bool:
    """Return whether the target lists the ConfigMap of that name in the Workspace's namespace."""
    return case.surroundings.target.has_config_map(case.workspace.namespace, name)


def may_exist(name: str) -> bool:
    """Return whether a ConfigMap can have that name."""
    return names.is_subdomain(name)


def whereabouts(name: str, case: Case) -> dict[str, str]:
    """Return the facts of a message about a ConfigMap that is not in the files."""
    full_name = f"{case.workspace.namespace}/{name}"
    return {"config_map": shown(full_name), "plain": shown(full_name, quote=False)}


def inference_config(config_map: Fields) -> dict[str, str] | None:
    """Return the settings under `vllm` as written; None if the webhook cannot decode them.

    The webhook decodes them into strings with Go's yaml.v2: `0x10` and `1_000` keep their text, null is "".
    """
    source = mapping(config_map.get("data")).get(INFERENCE_KEY)
    if not isinstance(source, str):
        return None
    if len(source) > LONGEST_EMBEDDED:
        return {"max-model-len": "1"}  # text that is not read raises no problem
    import yaml

    try:
        return dict(_settings(source))
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        return None


@lru_cache(KEPT)
def _settings(source: str) -> Mapping[str, str]:
    """Return the settings under `vllm` of a configuration. Raises TypeError if it has another shape."""
    import yaml

    reader = loader(source)
    root = reader.get_node() if reader.check_node() else None
    if root is None or _is_null(root):
        return {}
    settings = [value for key, value in _pairs(reader, root) if key.value == "vllm"]
    if not settings or _is_null(settings[-1]):
        return {}
    pairs = _pairs(reader, settings[-1])
    if not all(isinstance(value, yaml.ScalarNode) for _, value in pairs):
        raise TypeError("a setting is not a plain value")
    return {str(key.value): "" if _is_null(value) else str(value.value) for key, value in pairs}


def _pairs(reader: SafeLoader, node: Node) -> list[tuple[Node, Node]]:
    """Return the entries of a map with merge keys resolved. Raises TypeError if the node is not a map."""
    import yaml

    if not isinstance(node, yaml.MappingNode):
        raise TypeError("not a map")
    reader.flatten_mapping(node)
    return list(node.value)


def _is_null(node: Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")
