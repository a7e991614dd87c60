"""The cluster that manifests are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Provisioning = Literal["auto", "byo"]
Cloud = Literal["azure", "aws", "arc"]


@dataclass(frozen=True, slots=True)
class Target:
    """The cluster that manifests are for.

    `kaito` and `kubernetes` are minor versions ("0.12", "1.37"); `provisioning` is "auto" where KAITO
    creates the nodes, "byo" where they are there already, None to decide it by whether a manifest has
    an instanceType; `gpu_memory_gib` is the memory of ONE GPU in GiB, where known.
    """

    kaito: str
    kubernetes: str
    provisioning: Provisioning | None = None
    cloud: Cloud = "azure"
    gpu_memory_gib: float | None = None
    catalogues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a manifest is judged in: the cluster, and the manifests that come with it in one run.

    `config_maps`, `workspaces` and `services` are the other manifests of the run, as plain mappings; `old`
    is the stored object where an update is judged, None for a create.
    """

    target: Target
    config_maps: Sequence[Mapping[str, Any]] = ()
    workspaces: Sequence[Mapping[str, Any]] = ()
    services: Sequence[Mapping[str, Any]] = ()
    old: Mapping[str, Any] | None = None

    def provisioning(self, manifest: Mapping[str, Any]) -> Provisioning:
        """The target's node provisioning; where it says none, "auto" for a manifest with an instanceType."""
        if self.target.provisioning:
            return self.target.provisioning
        resource = manifest.get("resource")
        return "auto" if isinstance(resource, Mapping) and resource.get("instanceType") else "byo"
