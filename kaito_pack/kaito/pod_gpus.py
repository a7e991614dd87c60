"""The GPUs that the containers of a pod ask for."""

from __future__ import annotations

from kaito_pack.base.trees import Fields, mapping
from kaito_pack.kaito.fields import digits, int64

GPU_RESOURCES = ("nvidia.com/gpu", "amd.com/gpu")


def gpus_of(container: Fields) -> int:
    """Return the GPUs that a container asks for: its limit, else its request."""
    resources = mapping(container.get("resources"))
    for part in ("limits", "requests"):
        for name in GPU_RESOURCES:
            value = mapping(resources.get(part)).get(name)
            number = digits(value) or int64(value)
            if number:
                return number
    return 0
