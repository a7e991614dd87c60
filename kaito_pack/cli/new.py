"""`render.py new`: for trying the form only; the wizard brings the real one."""

from __future__ import annotations

import click

from kaito_pack.cli._options import Cluster, cluster_options


@click.command("new")
@click.argument("file", required=False)
@cluster_options
@click.option("--web", is_flag=True)
@click.option("--port", type=int, default=0)
@click.option("--no-browser", is_flag=True)
def command(file: str | None, cluster: Cluster, web: bool, port: int, no_browser: bool) -> None:
    """Write a values file: a form with --web."""
    import webbrowser
    from pathlib import Path

    from kaito_pack.form.web import serve

    text = Path(file).read_text(encoding="utf-8") if file else None
    show = (lambda url: None) if no_browser else webbrowser.open
    serve(cluster.pack, cluster.target(), text, port, lambda line: click.echo(line, err=True), show)
