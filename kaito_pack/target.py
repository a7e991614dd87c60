"""The cluster that manifests are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
