"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, wraps
from pathlib import Path
from typing import Any

import click

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import UsageError
from kaito_pack.pack import Pack
from kaito_pack.run.scope import Scope
from kaito_pack.values.layers import Layer

ALL = "all"


class ClusterOptions:
    """What the command line says of the cluster, of layers, and of the pack that it is checked with."""

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
        """Return the same options but for `changes`, by their names."""
        return ClusterOptions(**{"packs": self.packs, "settings": self.settings, **self._plain, **changes})

    @cached_property
    def pack(self) -> Pack:
        """The pack that is rendered by and checked with."""
        return opened(self.packs)

    def scope(self) -> Scope:
        """Return what files are judged for. Raises UsageError for `all`, or a version that is not known."""
        return self.over(self._base())

    def scopes(self) -> list[Scope]:
        """Return a scope for each KAITO version that is asked for."""
        if self.kaito_version != ALL:
            return [self.scope()]
        base = self._base()
        return [self._over(base, kaito) for kaito in self.pack.kaito_versions]

    def over(self, base: Scope) -> Scope:
        """Return the scope of a target file or a fleet's cluster with these options laid over it."""
        if self.kaito_version == ALL:
            raise UsageError("--kaito-version all is for validate; name one version here")
        return self._over(base, self.kaito_version)

    def _over(self, base: Scope, kaito: str | None) -> Scope:
        target = (self.kubernetes_version, self.node_provisioning, self.cloud, self.gpu_memory)
        return base.overridden(kaito, *target, self.catalogues)._replace(above=self.above)

    def _base(self) -> Scope:
        if self.target_file is None:
            return Scope.newest(self.pack)
        from kaito_pack.run.targets import read_target

        return read_target(self.target_file, self.pack)

    @cached_property
    def above(self) -> Sequence[Layer]:
        """The layers over every values file: `-f` in order, then `--set` in order."""
        if not self.layer_files:
            return self.settings
        from kaito_pack.run.targets import read_layer

        files = [Layer(document, "layer") for file in self.layer_files for document in read_layer(file)]
        return (*files, *self.settings)


# The options that `ClusterOptions` takes as they come.
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
    """The pack with the user's folders laid over it; UsageError where one is no pack."""
    for folder in packs:
        if not any((Path(folder) / part).is_dir() for part in ("templates", "schemas", "facts")):
            raise UsageError(f"{escaped(folder)}: not a pack: it has no templates/, schemas/ or facts/")
    return Pack([Path(folder) for folder in packs])


def pack_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--pack DIR`, and KAITO_PACK for those who always use one."""
    option = click.option(
        "--pack",
        multiple=True,
        metavar="DIR",
        envvar="KAITO_PACK",
        type=click.Path(),
        help="Your own templates/, schemas/, facts/, searched first; repeatable, or KAITO_PACK=DIR:DIR.",
    )
    decorated: Callable[..., Any] = option(command)
    return decorated


class Setting(click.ParamType[tuple[int, list[Layer]]]):
    """`--set path=value`, kept in the order of the command line together with `--set-string`."""

    name = "path=value"

    def __init__(self, option: str, as_text: bool) -> None:
        self._option, self._as_text = option, as_text

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, list[Layer]]:
        """The layers of one setting, with its turn among all of them."""
        from kaito_pack.values.overrides import layers_of

        turns = ctx.meta if ctx is not None else {}
        turn = turns["kaito_pack.settings"] = turns.get("kaito_pack.settings", 0) + 1
        try:
            return turn, layers_of(self._option, value, self._as_text)
        except UsageError as error:
            raise click.UsageError(str(error), ctx) from None


def in_order(*settings: tuple[tuple[int, list[Layer]], ...]) -> tuple[Layer, ...]:
    """The layers of all settings, in the order of the command line."""
    given = sorted((setting for group in settings for setting in group), key=lambda setting: setting[0])
    return tuple(layer for _, layers in given for layer in layers)


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that describe the cluster and the layers; the command takes them as one `cluster`."""

    @wraps(command)
    def with_cluster(*args: Any, **options: Any) -> Any:
        settings = in_order(options.pop("set"), options.pop("set_string"))
        plain = {name: options.pop(name) for name in PLAIN}
        cluster = ClusterOptions(packs=options.pop("pack"), settings=settings, **plain)
        return command(*args, cluster=cluster, **options)

    decorated: Callable[..., Any] = with_cluster
    for option in reversed(_CLUSTER):
        decorated = option(decorated)
    return decorated


_CLUSTER: list[Callable[..., Any]] = [
    click.option(
        "-f",
        "--layer",
        "layer_files",
        multiple=True,
        metavar="FILE",
        help="Values laid over every file; repeatable, later wins.",
    ),
    click.option(
        "--set",
        multiple=True,
        type=Setting("--set", False),
        metavar="PATH=VALUE",
        help="One value over all others.",
    ),
    click.option(
        "--set-string",
        multiple=True,
        type=Setting("--set-string", True),
        metavar="PATH=VALUE",
        help="The same, as text.",
    ),
    click.option(
        "--target",
        "target_file",
        metavar="FILE",
        help="A file that describes the cluster; options override it.",
    ),
    click.option(
        "--kaito-version", metavar="VERSION", help="KAITO minor, such as 0.12, or all (validate). Newest."
    ),
    click.option("--kubernetes-version", metavar="VERSION", help="Kubernetes minor, from 1.25. Newest."),
    click.option(
        "--node-provisioning",
        type=click.Choice(["auto", "byo"]),
        help="Whether KAITO creates the nodes. By default: auto where an instanceType is given.",
    ),
    click.option("--cloud", type=click.Choice(["azure", "aws", "arc"]), help="Where KAITO runs. Azure."),
    pack_option,
    click.option(
        "--catalogue",
        "catalogues",
        multiple=True,
        metavar="FILE",
        help="Figures of further models; repeatable.",
    ),
    click.option(
        "--gpu-memory",
        type=click.FloatRange(min=0, min_open=True),
        metavar="GIB",
        help="Memory of one GPU, where no instanceType tells it.",
    ),
]


def packs_of(args: Sequence[str]) -> tuple[str, ...]:
    """The values of `--pack` among arguments of which nothing else is known yet."""
    settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    alone = click.Command("", context_settings=settings, add_help_option=False)
    pack_option(alone)
    context = alone.make_context("", list(args), resilient_parsing=True)
    packs: tuple[str, ...] = context.params["pack"]
    return packs
