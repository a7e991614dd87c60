"""Read the defaults of config.json by model type: `python -m scripts.config_defaults > FILE`.

FILE is `facts/models/config-defaults.json`. A config.json omits the defaults of its class in transformers
(Gemma 3 its attention heads), and vLLM uses the default. Needs transformers 4.57.3, which vLLM 0.12.0 uses,
in the environment or on PYTHONPATH; PyTorch is not needed.
"""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Iterable, Mapping
from typing import Any

from kaito_pack.hub.config import figure_keys
from kaito_pack.hub.layers import names

WITHOUT_DEFAULTS = {"vision-text-dual-encoder"}  # its class needs arguments
SWITCHES = ("multi_query", "new_decoder_architecture", "sliding_window", "attention_chunk_size")


def main() -> None:
    """Print the defaults as JSON, one model type per line."""
    auto = importlib.import_module("transformers.models.auto.configuration_auto")
    served = {*auto.CONFIG_MAPPING_NAMES} - WITHOUT_DEFAULTS
    rows = {name: defaults_of(auto.CONFIG_MAPPING[name]) for name in sorted(served)}
    lines = (f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items() if row)
    print("{\n" + ",\n".join(lines) + "\n}")


def defaults_of(config_class: Any) -> dict[str, Any]:
    """Return the defaults of a configuration class; empty if it does not describe a language model."""
    for key in names()["textConfigs"]:
        if inner := part_class(config_class, key):
            # AutoConfig has no type; an instance without arguments has the default type.
            name = getattr(inner, "model_type", "") or config_class().to_dict()[key]["model_type"]
            return {key: {"model_type": name}}
    parameters = inspect.signature(config_class.__init__).parameters
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    row = usable(defaults, [*SWITCHES, *(key for keys in figure_keys({}).values() for key in keys)])
    if not set(names()["layers"]) & set(row):
        return {}
    return row | (pattern_of(config_class().layer_types) if "layer_types" in parameters else {})


def part_class(config_class: Any, key: str) -> Any:
    """Return the class of a nested part; None if the class has no such part."""
    nested = getattr(config_class, "sub_configs", None)
    return nested.get(key) if isinstance(nested, dict) else None


def usable(defaults: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return the meaningful defaults: whole numbers, switches that are on, and scalings."""
    return {key: defaults[key] for key in keys if isinstance(defaults.get(key), int | dict) and defaults[key]}


def pattern_of(kinds: list[str] | None) -> dict[str, int]:
    """Return the default kinds of layers as the interval between layers with full attention."""
    if not kinds or "full_attention" not in kinds[1:]:
        return {}
    step = kinds.index("full_attention") + 1
    other = kinds[0]
    if step == 1 or kinds != [other if n % step else "full_attention" for n in range(1, len(kinds) + 1)]:
        return {}
    return {"full_attention_interval" if other == "linear_attention" else "sliding_window_pattern": step}


if __name__ == "__main__":
    main()
