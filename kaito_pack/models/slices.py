"""The memory of a MIG slice, which a server uses instead of a whole GPU, from the name of its profile.

The profile `1g.10gb` has one compute slice and 10 GB; it counts as 10 GiB, like the size of a whole GPU.
"""

from __future__ import annotations

import re

from kaito_pack.base.trees import Manifest, ValuesMap, entries, get, mapping, text
from kaito_pack.models.storage import POD
from kaito_pack.models.vllm_arguments import GPU, MIG
from kaito_pack.values.meanings import named_values

_PROFILE = r"[0-9]+g\.([0-9]+)gb(?:[+.].*)?"


def slice_memory(profile: str) -> float | None:
    """Return the GiB of a MIG profile, given its name or its resource name; None for any other name."""
    match = re.fullmatch(_PROFILE, profile.removeprefix(MIG)) if profile else None
    return float(match[1]) if match and int(match[1]) else None


def slice_of_values(values: ValuesMap) -> float | None:
    """Return the GiB of the slice that filled values request; None without one."""
    profile = slice_memory(text(get(values, ("partition", "profile"))))
    resource = text(values.get(named_values()["device"]))
    return profile or (slice_memory(resource) if resource.startswith(MIG) else None)


def slice_of_workspace(manifest: Manifest) -> float | None:
    """Return the GiB of the slice that a Workspace or its containers request; None for whole GPUs."""
    sizes = {slice_memory(text(get(manifest, ("resource", "partition", "profile"))))}
    for container, _ in entries(get(manifest, (*POD, "containers")), ()):
        for key in ("limits", "requests"):
            amounts = mapping(get(container, ("resources", key)))
            if amounts.get(GPU):
                return None
            sizes |= {slice_memory(str(name)) for name in amounts if str(name).startswith(MIG)}
    known = [size for size in sizes if size]
    return min(known, default=None)
