"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import Any

import click

from kaito_pack.kubernetes import definitions
from kaito_pack.pack import Pack
from kaito_pack.problems import UsageError, escaped
from kaito_pack.target import Target

ALL = "all"


@dataclass(frozen=True)
class Cluster:
    """What the command line says of the cluster, and the pack that it is checked with."""

    kaito_version: str | None
    kubernetes_version: str | None
    node_provisioning: Any
    cloud: Any
    packs: tuple[str, ...] = ()
    catalogues: tuple[str, ...] = ()
    gpu_memory: float | None = None

    @cached_property
    def pack(self) -> Pack:
        """The pack that is rendered by and checked with."""
        return opened(self.packs)

    def targets(self) -> list[Target]:
        """One target a KAITO version; UsageError where a version is not known."""
        asked = self.kaito_version
        versions = self.pack.kaito_versions if asked == ALL else [self.pack.kaito_version(asked)]
        kubernetes = definitions.version(self.kubernetes_version)
        of = (self.node_provisioning, self.cloud, self.gpu_memory, self.catalogues)
        return [Target(kaito, kubernetes, *of) for kaito in versions]

    def target(self) -> Target:
        """The one target, for commands that take no `all`."""
        if self.kaito_version == ALL:
            raise UsageError("--kaito-version all is for validate; name one version here")
        return self.targets()[0]


def opened(packs: Sequence[str]) -> Pack:
    """The pack with the user's folders laid over it; UsageError where one is no pack."""
    for folder in packs:
        if not any((Path(folder) / part).is_dir() for part in ("templates", "schemas")):
            raise UsageError(f"{escaped(folder)}: not a pack: neither templates/ nor schemas/ is in it")
    return Pack([Path(folder) for folder in packs])


def pack_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--pack DIR`, and KAITO_PACK for those who always use one."""
    option = click.option(
        "--pack",
        multiple=True,
        metavar="DIR",
        envvar="KAITO_PACK",
        type=click.Path(),
        help="Your own templates/ and schemas/, searched before ours; repeatable, or KAITO_PACK=DIR:DIR.",
    )
    decorated: Callable[..., Any] = option(command)
    return decorated


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that describe the cluster; the command takes them as one `cluster`."""

    @wraps(command)
    def with_cluster(
        *args: Any,
        kaito_version: str | None,
        kubernetes_version: str | None,
        node_provisioning: str | None,
        cloud: str,
        pack: tuple[str, ...],
        catalogue: tuple[str, ...],
        gpu_memory: float | None,
        **others: Any,
    ) -> Any:
        cluster = Cluster(
            kaito_version, kubernetes_version, node_provisioning, cloud, pack, catalogue, gpu_memory
        )
        return command(*args, cluster=cluster, **others)

    decorated: Callable[..., Any] = with_cluster
    for option in reversed(
        [
            pack_option,
            click.option(
                "--catalogue", multiple=True, metavar="FILE", help="Figures of further models; repeatable."
            ),
            click.option(
                "--gpu-memory",
                type=click.FloatRange(min=0, min_open=True),
                metavar="GIB",
                help="Memory of one GPU, where no instanceType tells it.",
            ),
            click.option(
                "--kaito-version",
                metavar="VERSION",
                help="KAITO minor, 0.6 to 0.12, or all (validate). Newest.",
            ),
            click.option(
                "--kubernetes-version", metavar="VERSION", help="Kubernetes minor, from 1.25. Newest."
            ),
            click.option(
                "--node-provisioning",
                type=click.Choice(["auto", "byo"]),
                help="Whether KAITO creates the nodes. By default: auto where an instanceType is given.",
            ),
            click.option(
                "--cloud",
                type=click.Choice(["azure", "aws", "arc"]),
                default="azure",
                help="Where KAITO runs.",
            ),
        ]
    ):
        decorated = option(decorated)
    return decorated
