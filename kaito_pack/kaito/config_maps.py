"""ConfigMaps that a Workspace names, found among the manifests of the run."""

from __future__ import annotations

from kaito_pack.base.trees import Fields, mapping, text
from kaito_pack.kaito.fields import Workspace
from kaito_pack.kaito.target import Surroundings

INFERENCE_KEY = "inference_config.yaml"
TUNING_KEY = "training_config.yaml"
LONGEST_READ = 50_000  # characters of a configuration that are parsed; a longer one is taken on trust


def find_config_map(name: str, workspace: Workspace, surroundings: Surroundings) -> Fields | None:
    """The ConfigMap of that name in the Workspace's namespace, if it comes with the run."""
    for config_map in surroundings.config_maps_named(name, workspace.namespace):
        metadata = mapping(mapping(config_map).get("metadata"))
        namespace = text(metadata.get("namespace")) or "default"
        if name and metadata.get("name") == name and namespace == workspace.namespace:
            return config_map
    return None


def inference_config(config_map: Fields) -> dict[str, str] | None:
    """The settings under `vllm`, as strings; None where the webhook would not understand them."""
    source = mapping(config_map.get("data")).get(INFERENCE_KEY)
    if not isinstance(source, str):
        return None
    if len(source) > LONGEST_READ:
        return {"max-model-len": "not read"}
    parsed = _parsed(source)
    settings = parsed.get("vllm") if isinstance(parsed, dict) else None
    if (parsed is not None and not isinstance(parsed, dict)) or not isinstance(settings, dict | None):
        return None
    if any(isinstance(value, dict | list) for value in (settings or {}).values()):
        return None
    return {str(key): "" if value is None else str(value) for key, value in (settings or {}).items()}


def _parsed(source: str) -> object:
    """The YAML of a configuration; an impossible answer (a list) where it is none."""
    import yaml  # a run without a ConfigMap must not pay for it

    try:
        # The parser in Python: libyaml's dies of a signal where text is nested deeply.
        return yaml.load(source, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return []
