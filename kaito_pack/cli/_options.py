"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from kaito_pack.kubernetes import definitions
from kaito_pack.pack import Pack
from kaito_pack.target import Target


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that describe the cluster."""
    for option in (
        click.option(
            "--kubernetes-version", metavar="VERSION", help="Kubernetes minor, 1.25 to 1.37; the newest."
        ),
        click.option("--kaito-version", metavar="VERSION", help="KAITO minor, 0.6 to 0.12; the newest."),
    ):
        command = option(command)
    return command


def target_of(pack: Pack, kaito_version: str | None, kubernetes_version: str | None) -> Target:
    """The target that the options name; UsageError where a version is not known."""
    return Target(pack.kaito_version(kaito_version), definitions.version(kubernetes_version))
