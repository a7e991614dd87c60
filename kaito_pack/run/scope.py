"""The scope of a check: a pack, one cluster, and the layers under and over each values file."""

from __future__ import annotations

from collections.abc import Sequence

from kaito_pack.base.records import NamedTuple
from kaito_pack.kaito.target import Cloud, Provisioning, Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Pack
from kaito_pack.values.layers import Layer


class Scope(NamedTuple):
    """The pack, the cluster and the layers; `Pipeline(*scope)` judges files for it."""

    pack: Pack
    target: Target
    below: Sequence[Layer] = ()
    above: Sequence[Layer] = ()

    @classmethod
    def newest(cls, pack: Pack) -> Scope:
        """Return the scope of the newest versions that the pack knows."""
        return cls(pack, Target(pack.kaito_version(), definitions.newest()))

    def overridden(
        self,
        kaito: str | None = None,
        kubernetes: str | None = None,
        provisioning: Provisioning | None = None,
        cloud: Cloud | None = None,
        gpu_memory_gib: float | None = None,
        catalogues: Sequence[str] = (),
    ) -> Scope:
        """Return the scope with the given fields of the target replaced, and catalogues added.

        Raises UsageError for an unknown version.
        """
        target = self.target
        changed = target._replace(
            kaito=self.pack.kaito_version(kaito or target.kaito),
            kubernetes=definitions.version(kubernetes or target.kubernetes),
            provisioning=provisioning or target.provisioning,
            cloud=cloud or target.cloud,
            gpu_memory_gib=gpu_memory_gib or target.gpu_memory_gib,
            catalogues=(*target.catalogues, *catalogues),
        )
        return self._replace(target=changed)
