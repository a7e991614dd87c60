"""`training_config.yaml` of a tuning's ConfigMap, as KAITO's webhook reads it.

Source: KAITO v0.6.2 to v0.12.0, api/v1beta1/tuning_config_validation.go.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import ABSENT, Fields, mapping
from kaito_pack.documents.embedded import LONGEST_EMBEDDED, loader
from kaito_pack.kaito.config_maps import TUNING_KEY

TrainingConfig = Mapping[Any, Any]
KEPT = 64  # parsed configurations that are cached: many Workspaces may name one ConfigMap
OUTPUT_ROOT = "/mnt"


class LoadFlags(NamedTuple):
    """The flags for loading a model; `is_right` is whether both are booleans or absent."""

    is_right: bool = True
    four_bit: bool = False
    eight_bit: bool = False

    def reason(self, method: str) -> str | None:
        """Return why the webhook rejects the flags for a tuning method; None if it accepts them."""
        if not self.is_right:
            return "type"
        if self.four_bit and self.eight_bit:
            return "both"
        if method == "lora" and (self.four_bit or self.eight_bit):
            return "lora"
        if method == "qlora" and not (self.four_bit or self.eight_bit):
            return "qlora"
        return None


class OutputFolder(NamedTuple):
    """`output_dir` as written, and whether the webhook accepts it."""

    written: object
    is_right: bool


def training_config(config_map: Fields) -> TrainingConfig | str | None:
    """Return the sections of the training configuration, or a phrase with the reason why there are none.

    None for a text that is too long to parse.
    """
    source = mapping(config_map.get("data")).get(TUNING_KEY)
    if not isinstance(source, str):
        return f"has no {TUNING_KEY} in its data"
    if len(source) > LONGEST_EMBEDDED:
        return None
    return _sections(source)


@lru_cache(KEPT)
def _sections(source: str) -> TrainingConfig | str:
    import yaml

    try:
        parsed = loader(source).get_single_data()
    except (yaml.YAMLError, RecursionError, ValueError):
        return f"has a {TUNING_KEY} that is not YAML"
    sections = parsed.get("training_config") if isinstance(parsed, dict) else None
    if not isinstance(sections, dict):
        return f"has no map under training_config in its {TUNING_KEY}"
    return sections


def unknown_sections(config: TrainingConfig, known: Sequence[str]) -> Iterator[str]:
    """Yield the sections that the webhook does not know."""
    yield from (str(section) for section in config if section not in known)


def load_flags(config: TrainingConfig) -> LoadFlags:
    """Return the flags for loading the model from the section QuantizationConfig."""
    section = config.get("QuantizationConfig", ABSENT)
    if section is ABSENT:
        return LoadFlags()
    if not isinstance(section, dict | None):
        return LoadFlags(is_right=False)
    four, eight = ((section or {}).get(f"load_in_{bits}bit") for bits in (4, 8))
    is_right = all(flag is None or isinstance(flag, bool) for flag in (four, eight))
    return LoadFlags(is_right, four is True, eight is True)


def output_folder(config: TrainingConfig) -> OutputFolder | None:
    """Return the output folder in the section TrainingArguments, None if it has none."""
    section = config.get("TrainingArguments")
    if section is not None and not isinstance(section, dict):
        return OutputFolder(section, False)
    if not section or "output_dir" not in section:
        return None
    written = section["output_dir"]
    if not isinstance(written, str):
        return OutputFolder(written, False)
    path = posixpath.normpath(f"{OUTPUT_ROOT}/{written}")
    return OutputFolder(written, path != OUTPUT_ROOT and path.startswith(OUTPUT_ROOT))
