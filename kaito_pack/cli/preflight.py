"""`render.py preflight`: what only the cluster knows, before anything is applied."""

from __future__ import annotations

from collections.abc import Sequence

import click

from kaito_pack.base.display import escaped
from kaito_pack.base.kubectl import Kubectl
from kaito_pack.base.problems import Problem
from kaito_pack.base.sentences import sentence
from kaito_pack.cli._options import ClusterOptions, cluster_options
from kaito_pack.cli._output import as_json, colour, tell_outcomes
from kaito_pack.preflight import ClusterReader, preflight
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import values_sources

COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}


@click.command("preflight")
@click.argument("values", nargs=-1, required=True, metavar="VALUES...")
@cluster_options
@click.option("--context", "kube_context", help="Context of the kubeconfig; passed on to kubectl.")
@click.option("-o", "--output", "form", type=click.Choice(["table", "json"]), default="table", help="Format.")
@click.pass_context
def command(
    context: click.Context,
    values: tuple[str, ...],
    cluster: ClusterOptions,
    kube_context: str | None,
    form: str,
) -> None:
    """Ask the cluster whether it suits VALUES files (- is stdin); nothing is changed there.

    KAITO and its version, how nodes are provisioned, the namespace, Secrets with their keys (never their
    values), nodes and their GPUs, and whose a Workspace of that name is: by kubectl get alone.

    Exit code: 0 good, or warnings; 1 an error; 2 kubectl failed.
    """
    target = cluster.target()
    pipeline = Pipeline(cluster.pack, target, cluster.below, cluster.above)
    outcomes = [pipeline.rendered(source) for source in values_sources(values)]
    code = tell_outcomes(outcomes)
    if code:
        context.exit(code)
    reader = ClusterReader(Kubectl(context=kube_context))
    named = cluster.kaito_version or (target.kaito if cluster.target_file else None)
    rows = [
        (outcome.file, answer)
        for outcome in outcomes
        for answer in preflight([manifest.body for manifest in outcome.manifests], reader, target, named)
    ]
    click.echo(as_json(_rows(rows)) if form == "json" else _table(rows), color=colour())
    context.exit(1 if any(answer.is_error for _, answer in rows) else 0)


def _rows(rows: Sequence[tuple[str, Problem]]) -> list[dict[str, str]]:
    return [
        {
            "file": file,
            "check": answer.rule.removeprefix("preflight/"),
            "state": answer.severity,
            "message": sentence(answer.message),
            "fix": sentence(answer.fix),
        }
        for file, answer in rows
    ]


def _table(rows: Sequence[tuple[str, Problem]]) -> str:
    """A line an answer; with several files each has its heading."""
    several = len({file for file, _ in rows}) > 1
    lines, last = [], None
    for file, answer in rows:
        if several and file != last:
            lines.append(f"{escaped(file)}:")
            last = file
        state = click.style(answer.severity.upper().ljust(7), COLOURS[answer.severity])
        lines.append(" ".join(filter(None, [state, sentence(answer.message), sentence(answer.fix)])))
    return "\n".join(lines)
