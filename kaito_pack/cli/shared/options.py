"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, wraps
from pathlib import Path
from typing import Any

import click

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import UsageError
from kaito_pack.cli.shared.help import SharedOption
from kaito_pack.cli.shared.words import File, Folder, Words, all_kaito_versions, kubernetes_versions
from kaito_pack.pack import Pack
from kaito_pack.run.scope import Scope
from kaito_pack.values.layers import Layer

ALL = "all"
VALUES, CLUSTER, PACK = "Values options", "Cluster options", "Pack options"  # titles of help sections


class ClusterOptions:
    """The options for the cluster, the layers and the pack."""

    def __init__(self, packs: tuple[str, ...], settings: tuple[Layer, ...], **plain: Any) -> None:
        self.packs, self.settings, self._plain = packs, settings, plain
        self.kaito_version: str | None = plain["kaito_version"]
        self.kubernetes_version: str | None = plain["kubernetes_version"]
        self.node_provisioning: Any = plain["node_provisioning"]
        self.cloud: Any = plain["cloud"]
        self.catalogues: tuple[str, ...] = plain["catalogues"]
        self.gpu_memory: float | None = plain["gpu_memory"]
        self.target_file: str | None = plain["target_file"]
        self.layer_files: tuple[str, ...] = plain["layer_files"]

    def changed(self, **changes: Any) -> ClusterOptions:
        """Return a copy with `changes`, by option name."""
        return ClusterOptions(**{"packs": self.packs, "settings": self.settings, **self._plain, **changes})

    @cached_property
    def pack(self) -> Pack:
        """The pack for rendering and checks."""
        return opened(self.packs)

    def scope(self) -> Scope:
        """Return the scope for the checks. Raises UsageError for `all` or an unknown version."""
        return self.over(self.base())

    def scopes(self) -> list[Scope]:
        """Return a scope for each requested KAITO version."""
        if self.kaito_version != ALL:
            return [self.scope()]
        base = self.base()
        return [self._over(base, kaito) for kaito in self.pack.kaito_versions]

    def over(self, base: Scope) -> Scope:
        """Return the scope of a target file or a fleet's cluster, overridden by these options."""
        if self.kaito_version == ALL:
            raise UsageError(
                "--kaito-version all works with validate only, and not with a fleet. Name one version"
            )
        return self._over(base, self.kaito_version)

    def _over(self, base: Scope, kaito: str | None) -> Scope:
        target = (self.kubernetes_version, self.node_provisioning, self.cloud, self.gpu_memory)
        return base.overridden(kaito, *target, self.catalogues)._replace(above=self.above)

    def base(self) -> Scope:
        """Return the scope of the target file, else of the newest versions, without the other options."""
        if self.target_file is None:
            return Scope.newest(self.pack)
        from kaito_pack.run.targets import read_target

        return read_target(self.target_file, self.pack)

    @cached_property
    def above(self) -> Sequence[Layer]:
        """The layers on top of every values file: `-f` in order, then `--set` in order."""
        if not self.layer_files:
            return self.settings
        from kaito_pack.run.targets import read_layer

        files = [Layer(document, "layer") for file in self.layer_files for document in read_layer(file)]
        return (*files, *self.settings)


# The options that `ClusterOptions` accepts unchanged.
PLAIN = (
    "kaito_version",
    "kubernetes_version",
    "node_provisioning",
    "cloud",
    "catalogues",
    "gpu_memory",
    "target_file",
    "layer_files",
)


def opened(packs: Sequence[str]) -> Pack:
    """Return the pack with the user's folders on top; UsageError if one is not a pack."""
    for folder in packs:
        if not any((Path(folder) / part).is_dir() for part in ("templates", "schemas", "facts")):
            raise UsageError(f"{escaped(folder)}: not a pack; it has no templates/, schemas/ or facts/")
    return Pack([Path(folder) for folder in packs])


def pack_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option `--pack DIR`, whose default is KAITO_PACK."""
    option = click.option(
        "--pack",
        cls=SharedOption,
        section=PACK,
        multiple=True,
        metavar="DIR",
        envvar="KAITO_PACK",
        type=Folder(),
        help="Search DIR, with your own templates/, schemas/ or facts/, first; repeatable. "
        "Default: KAITO_PACK (DIR:DIR).",
    )
    decorated: Callable[..., Any] = option(command)
    return decorated


class Setting(click.ParamType[tuple[int, list[Layer]]]):
    """The type of `--set path=value`, which records the order among `--set` and `--set-string`."""

    name = "path=value"

    def __init__(self, option: str, as_text: bool) -> None:
        self._option, self._as_text = option, as_text

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, list[Layer]]:
        """Return the layers of one setting and its position among all settings."""
        from kaito_pack.values.overrides import layers_of

        turns = ctx.meta if ctx is not None else {}
        turn = turns["kaito_pack.settings"] = turns.get("kaito_pack.settings", 0) + 1
        try:
            return turn, layers_of(self._option, value, self._as_text)
        except UsageError as error:
            raise click.UsageError(str(error), ctx) from None


def in_order(*settings: tuple[tuple[int, list[Layer]], ...]) -> tuple[Layer, ...]:
    """Return the layers of all settings, in the order of the command line."""
    given = sorted((setting for group in settings for setting in group), key=lambda setting: setting[0])
    return tuple(layer for _, layers in given for layer in layers)


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for the cluster and the layers; the command receives them as `cluster`."""

    decorated: Callable[..., Any] = _with_cluster(command, PLAIN)
    for option in reversed(_CLUSTER):
        decorated = option(decorated)
    return decorated


def _with_cluster(command: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    """Return a command that receives the options `names` and the settings as one `cluster`."""

    @wraps(command)
    def with_cluster(*args: Any, **options: Any) -> Any:
        settings = in_order(options.pop("set"), options.pop("set_string"))
        plain = {"target_file": None} | {name: options.pop(name) for name in names}
        cluster = ClusterOptions(packs=options.pop("pack"), settings=settings, **plain)
        return command(*args, cluster=cluster, **options)

    return with_cluster


def targets_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of `cluster_options`, but with a repeatable `--target` (`targets`)."""
    decorated: Callable[..., Any] = _with_cluster(command, [name for name in PLAIN if name != "target_file"])
    for option in reversed([_TARGETS if option is _TARGET else option for option in _CLUSTER]):
        decorated = option(decorated)
    return decorated


def _shared(section: str, *names: str, **settings: Any) -> Callable[..., Any]:
    return click.option(*names, cls=SharedOption, section=section, **settings)


_TARGET = _shared(
    CLUSTER,
    "--target",
    "target_file",
    type=File(),
    metavar="FILE",
    help="Read the description of the cluster from FILE; options override it.",
)
_TARGETS = _shared(
    CLUSTER,
    "--target",
    "targets",
    multiple=True,
    type=File(),
    metavar="FILE",
    help="Read the description of a cluster from FILE; options override it; repeatable.",
)
_CLUSTER: list[Callable[..., Any]] = [
    _shared(
        VALUES,
        "-f",
        "--layer",
        "layer_files",
        multiple=True,
        type=File(),
        metavar="FILE",
        help="Merge FILE over every values file; repeatable, the last one wins.",
    ),
    _shared(
        VALUES,
        "--set",
        multiple=True,
        type=Setting("--set", False),
        metavar="PATH=VALUE",
        help="Set one value, over those of all files; repeatable.",
    ),
    _shared(
        VALUES,
        "--set-string",
        multiple=True,
        type=Setting("--set-string", True),
        metavar="PATH=VALUE",
        help="Set one value as a string; repeatable.",
    ),
    _TARGET,
    _shared(
        CLUSTER,
        "--kaito-version",
        type=Words(all_kaito_versions),
        metavar="VERSION",
        help="Check for this KAITO minor, such as 0.12; validate also takes `all`. Default: the newest.",
    ),
    _shared(
        CLUSTER,
        "--kubernetes-version",
        type=Words(kubernetes_versions),
        metavar="VERSION",
        help="Check for this Kubernetes minor, 1.25 or newer. Default: the newest.",
    ),
    _shared(
        CLUSTER,
        "--node-provisioning",
        type=click.Choice(["auto", "byo"]),
        help="Let KAITO create nodes (auto) or use existing ones (byo). Default: "
        "auto if instanceType is set.",
    ),
    _shared(
        CLUSTER,
        "--cloud",
        type=click.Choice(["azure", "aws", "arc"]),
        help="Check instance types of this cloud. Default: azure.",
    ),
    _shared(
        CLUSTER,
        "--gpu-memory",
        type=click.FloatRange(min=0, min_open=True),
        metavar="GIB",
        help="Set the memory of one GPU in GiB, if no instance type determines it.",
    ),
    pack_option,
    _shared(
        PACK,
        "--catalogue",
        "catalogues",
        multiple=True,
        type=File(),
        metavar="FILE",
        help="Read figures of more models from FILE; repeatable.",
    ),
]


def packs_of(args: Sequence[str]) -> tuple[str, ...]:
    """Return the values of `--pack` among arguments that are not parsed yet."""
    settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    alone = click.Command("", context_settings=settings, add_help_option=False)
    pack_option(alone)
    context = alone.make_context("", list(args), resilient_parsing=True)
    packs: tuple[str, ...] = context.params["pack"]
    return packs
