"""`kaito-pack krm`: runs the pack as an exec KRM function for kustomize."""

from __future__ import annotations

import click

from kaito_pack.base.display import escaped
from kaito_pack.cli.shared.help import Command
from kaito_pack.cli.shared.options import ClusterOptions, cluster_options
from kaito_pack.documents import read_file
from kaito_pack.krm.resource_list import answer
from kaito_pack.run.pipeline import Pipeline


@click.command("krm", cls=Command)
@cluster_options
@click.pass_context
def command(context: click.Context, cluster: ClusterOptions) -> None:
    """Run as a KRM function of kustomize

    Read a ResourceList from stdin and print it with the manifests of its functionConfig added. The
    functionConfig has apiVersion pack.kubefoundry.io/v1 and kind Values, with the values in spec. If they are
    wrong, the items do not change, `results` lists the problems, and the exit code is 1.
    """
    pipeline = Pipeline(*cluster.scope(), with_advice=False)
    reply = answer(read_file("-"), pipeline)
    click.echo(reply.text, nl=False)
    for line in reply.lines:
        click.echo(escaped(line), err=True)
    context.exit(0 if reply.is_good else 1)
