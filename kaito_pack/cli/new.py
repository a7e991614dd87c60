"""`kaito-pack new`: asks for the values that the mode needs, and writes the values file."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from kaito_pack.base.display import escaped
from kaito_pack.cli._new.flags import FormCommand, flags_of, given
from kaito_pack.cli._new.new_file import STDOUT, default_file, next_command, refuse, write
from kaito_pack.cli.shared.options import ClusterOptions, cluster_options
from kaito_pack.cli.shared.words import File
from kaito_pack.form.draft import Ground
from kaito_pack.form.start import Start
from kaito_pack.run import judging
from kaito_pack.run.scope import Scope


@click.command("new", cls=FormCommand)
@click.argument("file", required=False, type=File())
@cluster_options
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
@click.option("--web", is_flag=True, help="Open a form in the browser, with the values of FILE.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Serve --web on this port; 0 is any free port. Default: 0.",
)
@click.option("--no-browser", is_flag=True, help="With --web: print the address and do not open a browser.")
@click.pass_context
def command(
    context: click.Context,
    /,
    file: str | None,
    cluster: ClusterOptions,
    force: bool,
    web: bool,
    port: int,
    no_browser: bool,
    mode: str | None,
    engine: tuple[str, ...],
    gated: bool | None,
    **_: Any,
) -> None:
    """Write a values file from your answers

    FILE is <name>.yaml by default; - prints the values. Every question is also an option. In a terminal, the
    command asks the questions whose options you omit. Without a terminal, it reports missing answers. The
    default name comes from FILE or from the model ID. Set values without an option by -f and --set.

    Exit codes: 0 written; 1 the answers are wrong; 2 an answer is missing, or FILE exists.
    """
    start = Start(given(context), mode, engine, gated, cluster.above, file if file != STDOUT else None)
    if web:
        if start.says_something:
            raise click.UsageError("--web cannot be used with options of values. Fill them in on the page")
        _serve(cluster.scope(), file, port, no_browser)
        return
    scope = cluster.scope()
    ground = Ground(scope.pack, scope.target, judging.catalogue(scope.target.catalogues), scope.below)
    if start.file is not None:
        refuse(start.file, force or can_ask())
    if can_ask():
        from kaito_pack.cli._new.attended import attended

        file = attended(ground, start, file, force)
    else:
        from kaito_pack.cli._new.unattended import unattended

        draft = unattended(ground, start, flags_of(context))
        file = file or default_file(draft)
        write(draft, file, force)
    if file != STDOUT:
        program = str(context.find_root().info_name)
        click.echo(f"{escaped(file)} was written. Next: {next_command(program, file, cluster)}", err=True)


def can_ask() -> bool:
    """Return whether the command runs in an interactive terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _serve(scope: Scope, file: str | None, port: int, no_browser: bool) -> None:
    """Serve the form in the browser until Ctrl-C."""
    import webbrowser

    from kaito_pack.form.web import serve

    def tell(line: str) -> None:
        click.echo(line, err=True)

    show = (lambda url: None) if no_browser else webbrowser.open
    serve(scope.pack, scope.target, file, port, tell, show, scope.below)
