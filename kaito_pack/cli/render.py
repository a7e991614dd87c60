"""`render.py render`: values files in, manifests out."""

from __future__ import annotations

import click

from kaito_pack import output, rendering
from kaito_pack.cli._options import Cluster, cluster_options
from kaito_pack.cli._output import tell_outcomes
from kaito_pack.pipeline import Pipeline


@click.command("render")
@click.argument("values", nargs=-1, required=True, metavar="VALUES...")
@cluster_options
@click.option("-o", "--output", "form", type=click.Choice(["yaml", "json"]), default="yaml", help="Format.")
@click.option(
    "--out",
    metavar="PATH",
    help="Write there instead: into a folder (PATH/ or one that exists), or one file.",
)
@click.pass_context
def command(
    context: click.Context,
    values: tuple[str, ...],
    cluster: Cluster,
    form: str,
    out: str | None,
) -> None:
    """Render VALUES files (- is stdin) to KAITO manifests on stdout.

    Every manifest is checked first; when anything is wrong, nothing is printed or written.
    """
    outcomes = Pipeline(cluster.pack, cluster.target(), with_advice=False).run(values)
    code = tell_outcomes(outcomes)
    if code:
        context.exit(code)
    write = rendering.as_json if form == "json" else rendering.as_yaml
    manifests = [outcome.manifests for outcome in outcomes]
    if out is None:
        click.echo(write([one for group in manifests for one in group]), nl=False)
    else:
        output.write(out, manifests, write, form)
