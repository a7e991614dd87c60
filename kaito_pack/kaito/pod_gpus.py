"""The GPUs that the containers of a pod request."""

from __future__ import annotations

from typing import Any

from kaito_pack.base.trees import Fields, mapping, strings
from kaito_pack.kaito.fields import digits, int64

GPU_RESOURCES = ("nvidia.com/gpu", "amd.com/gpu")
NVIDIA = "nvidia.com/"  # whole GPUs, and slices and shares of them under other names


def gpus_of(container: Fields) -> int:
    """Return the number of GPUs of a container: its limit, else its request."""
    resources = mapping(container.get("resources"))
    for part in ("limits", "requests"):
        for name in GPU_RESOURCES:
            value = mapping(resources.get(part)).get(name)
            number = digits(value) or int64(value)
            if number:
                return number
    return 0


def gpu_limits(container: object) -> list[tuple[str, Any]]:
    """Return the name and amount of a container's GPU limits: whole GPUs first, then slices and shares."""
    limits = mapping(mapping(mapping(container).get("resources")).get("limits"))
    names = [name for name, _ in strings(limits) if name.startswith(NVIDIA)]
    names.sort(key=lambda name: name not in GPU_RESOURCES)
    return [(name, limits[name]) for name in names if limits[name] is not None]
