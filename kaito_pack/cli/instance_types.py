"""`kaito-pack instance-types`: lists the GPU nodes that KAITO can create."""

from __future__ import annotations

import click

from kaito_pack.cli._listing import form_option, put_rows, version_option
from kaito_pack.cli.shared.help import Command
from kaito_pack.cli.shared.options import opened, pack_option

NAME, CLOUD, GPUS, MEMORY, MODEL, DROPPED = (
    "instanceType",
    "cloud",
    "gpus",
    "gpuMemoryGiB",
    "gpuModel",
    "droppedIn",
)


@click.command("instance-types", cls=Command)
@click.option("--cloud", type=click.Choice(["azure", "aws", "arc"]), help="List only those of this cloud.")
@version_option
@form_option
@pack_option
def command(cloud: str | None, kaito_version: str | None, form: str, pack: tuple[str, ...]) -> None:
    """List the instance types that KAITO knows

    gpuMemoryGiB is the memory of one GPU. droppedIn is the KAITO version that no longer knows the type. On
    Azure, KAITO also takes other types whose names begin with Standard_N or Standard_D.
    """
    packs = opened(pack)
    from kaito_pack.kaito import instance_types

    version = packs.kaito_version(kaito_version) if kaito_version else None
    rows = [
        {
            NAME: instance.name,
            CLOUD: name,
            GPUS: instance.gpus,
            MEMORY: instance.gpu_memory_gib,
            MODEL: instance.model,
            DROPPED: instance.dropped_in,
        }
        for name in ([cloud] if cloud else instance_types.clouds())
        for instance in instance_types.all_types(name)
        if version is None or instance.known_in(version)
    ]
    put_rows(rows, (NAME, CLOUD, GPUS, MEMORY, MODEL, DROPPED), form)
