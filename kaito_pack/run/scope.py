"""What files are judged for: a pack, one cluster, and the layers under and over each values file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from kaito_pack.kaito.target import Cloud, Provisioning, Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Pack
from kaito_pack.values.layers import Layer


class Overrides(NamedTuple):
    """What a user asks of a target; None leaves it as the target file, or the default, has it."""

    kaito: str | None = None
    kubernetes: str | None = None
    provisioning: Provisioning | None = None
    cloud: Cloud | None = None
    gpu_memory_gib: float | None = None
    catalogues: tuple[str, ...] = ()


class Scope(NamedTuple):
    """The pack, the cluster, and the layers: `Pipeline(*scope)` judges files for it."""

    pack: Pack
    target: Target
    below: Sequence[Layer] = ()
    above: Sequence[Layer] = ()

    @classmethod
    def newest(cls, pack: Pack) -> Scope:
        """Return the scope of the newest versions that the pack knows."""
        return cls(pack, Target(pack.kaito_version(), definitions.newest()))

    def overridden(self, wanted: Overrides) -> Scope:
        """Return the scope with another target. Raises UsageError if a version is not known."""
        target = self.target
        changed = replace(
            target,
            kaito=self.pack.kaito_version(wanted.kaito or target.kaito),
            kubernetes=definitions.version(wanted.kubernetes or target.kubernetes),
            provisioning=wanted.provisioning or target.provisioning,
            cloud=wanted.cloud or target.cloud,
            gpu_memory_gib=wanted.gpu_memory_gib or target.gpu_memory_gib,
            catalogues=(*target.catalogues, *wanted.catalogues),
        )
        return self._replace(target=changed)
