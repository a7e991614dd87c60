"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import click

from kaito_pack.kubernetes import definitions
from kaito_pack.pack import Pack
from kaito_pack.problems import UsageError
from kaito_pack.target import Target

ALL = "all"


@dataclass(frozen=True)
class Cluster:
    """What the command line says of the cluster, and the pack that it is checked with."""

    kaito_version: str | None
    kubernetes_version: str | None
    node_provisioning: Any
    cloud: Any
    pack: Pack = field(default_factory=Pack)

    def targets(self) -> list[Target]:
        """One target a KAITO version; UsageError where a version is not known."""
        asked = self.kaito_version
        versions = self.pack.kaito_versions if asked == ALL else [self.pack.kaito_version(asked)]
        kubernetes = definitions.version(self.kubernetes_version)
        return [Target(kaito, kubernetes, self.node_provisioning, self.cloud) for kaito in versions]

    def target(self) -> Target:
        """The one target, for commands that take no `all`."""
        if self.kaito_version == ALL:
            raise UsageError("--kaito-version all is for validate; name one version here")
        return self.targets()[0]


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that describe the cluster; the command takes them as one `cluster`."""

    @wraps(command)
    def with_cluster(
        *args: Any,
        kaito_version: str | None,
        kubernetes_version: str | None,
        node_provisioning: str | None,
        cloud: str,
        **others: Any,
    ) -> Any:
        cluster = Cluster(kaito_version, kubernetes_version, node_provisioning, cloud)
        return command(*args, cluster=cluster, **others)

    decorated: Callable[..., Any] = with_cluster
    for option in reversed(
        [
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
