"""`kaito-pack pack`: lists the content of the packs in use, and checks your own pack."""

from __future__ import annotations

import click

from kaito_pack import pack_check
from kaito_pack.base.display import escaped
from kaito_pack.base.problems import UsageError
from kaito_pack.cli.shared.help import Command
from kaito_pack.cli.shared.options import ClusterOptions, cluster_options, opened, pack_option
from kaito_pack.cli.shared.words import Folder


@click.group("pack")
def command() -> None:
    """List or check packs

    A pack is a folder with your own templates/, schemas/ or facts/.
    """


@command.command("list")
@pack_option
def list_files(pack: tuple[str, ...]) -> None:
    """List each file with the pack that it comes from"""
    for file in pack_check.listed(opened(pack)):
        hidden = f" (hides {', '.join(map(pack_check.origin_shown, file.hides))})" if file.hides else ""
        click.echo(f"{escaped(file.name)}\t{escaped(pack_check.origin_shown(file.folder) + hidden)}")


@command.command("check", cls=Command)
@click.argument("folders", nargs=-1, type=Folder(), metavar="[DIR...]")
@cluster_options
@click.pass_context
def check(context: click.Context, folders: tuple[str, ...], cluster: ClusterOptions) -> None:
    """Check the schemas, templates, facts and examples of a pack

    Exit codes: 0 the pack has no problems; 1 it has some; 2 it cannot be read.
    """
    checked = cluster.changed(packs=(*folders, *cluster.packs))
    if not checked.packs:
        raise UsageError(f"no pack given. Pass its folder: {context.command_path} DIR, or use --pack DIR")
    faults = pack_check.check(checked.pack, checked.scope().target)
    for fault in faults:
        click.echo(escaped(fault))
    if not faults:
        click.echo(f"{escaped(', '.join(checked.packs))}: no problems found")
    context.exit(1 if faults else 0)
