"""`render.py validate`: what a cluster would say, without printing manifests."""

from __future__ import annotations

import click

from kaito_pack.cli._options import target_of, target_options
from kaito_pack.cli._output import tell_outcomes
from kaito_pack.pack import Pack
from kaito_pack.pipeline import Pipeline


@click.command("validate")
@click.argument("values", nargs=-1, required=True, metavar="VALUES...")
@target_options
@click.pass_context
def command(
    context: click.Context, values: tuple[str, ...], kaito_version: str | None, kubernetes_version: str | None
) -> None:
    """Check VALUES files (- is stdin) and the manifests that they render to."""
    pack = Pack()
    outcomes = Pipeline(pack, target_of(pack, kaito_version, kubernetes_version)).run(values)
    context.exit(tell_outcomes(outcomes))
