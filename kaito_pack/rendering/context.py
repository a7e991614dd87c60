"""What templates see: values, the facts of their mode, and hashes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from kaito_pack.values.checking import Values

# What a template sees besides the values and the mode's facts; filled for the rollout job alone.
NO_HASHES: Mapping[str, str | None] = MappingProxyType({"templateHash": None, "jobHash": None})
# What stands for the hashes, which are known after all is rendered.
HASH = "00000000"
HASHES: Mapping[str, str | None] = MappingProxyType({"templateHash": HASH, "jobHash": "000"})


def context_of(values: Values, hashed: Mapping[str, str | None] = NO_HASHES) -> dict[str, Any]:
    """Return what templates see: the values, the facts of the mode, and the hashes."""
    return {**values.filled, "mode": values.mode.facts, **hashed}
