"""`kaito-pack metrics`: prints the metrics endpoint of a model and the PromQL of its key metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from kaito_pack.base.display import escaped, json_text
from kaito_pack.base.problems import ProblemsError
from kaito_pack.base.trees import Manifest
from kaito_pack.cli._durations import Window
from kaito_pack.cli._progress import bar
from kaito_pack.cli.formats.text import columns
from kaito_pack.cli.shared.help import Command
from kaito_pack.cli.shared.options import opened, pack_option
from kaito_pack.cli.shared.output import put_problems
from kaito_pack.cli.shared.words import File
from kaito_pack.documents import read_file
from kaito_pack.pack import Pack
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.scope import Scope
from kaito_pack.run.sources import Source, is_manifest
from kaito_pack.status.cluster_objects import pick
from kaito_pack.status.metrics import WINDOW, NoMetrics, WorkspaceMetrics, metrics_of
from kaito_pack.status.reach import engines_of
from kaito_pack.workspace import read_workspace

COLUMNS = ("NAME", "SHOWS", "UNIT", "TYPE", "CATEGORY", "PROMQL")


@click.command("metrics", cls=Command)
@click.argument("files", nargs=-1, required=True, type=File(), metavar="VALUES|WORKSPACE...")
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["table", "json", "promql"]),
    default="table",
    show_default=True,
    help="Set the output format.",
)
@click.option(
    "--window", type=Window(), default=WINDOW, show_default=True, help="Set the range of rates, such as 5m."
)
@click.option(
    "--by",
    type=click.Choice(["workspace", "pod", "service"]),
    default="workspace",
    show_default=True,
    help="Select series by this label and namespace.",
)
@pack_option
@click.pass_context
def command(
    context: click.Context, files: tuple[str, ...], form: str, window: str, by: Any, pack: tuple[str, ...]
) -> None:
    """Print the metrics endpoint and the PromQL of a model

    A file contains values or Workspaces; - is stdin. The expressions select by the labels namespace and
    workspace, which the pack's PodMonitor and scrape config set. If your Prometheus scrapes in another way,
    use --by pod or --by service.

    Exit codes: 0 success; 1 the metrics of a Workspace are not known; 2 a file cannot be read.
    """
    workspaces: list[WorkspaceMetrics] = []
    code, used = 0, opened(pack)
    with bar(len(files), "reading", is_shared=False) as step:
        for file in files:
            try:
                workspaces += [_metrics(workspace, used, by) for workspace in _workspaces(file, used)]
            except NoMetrics as error:
                click.echo(f"{escaped(file)}: {error}", err=True)
                code = 1
            except ProblemsError as error:
                put_problems(error.problems)
                code = 1
            step()
    if workspaces:
        click.echo(PRINTERS[form](workspaces, window))
    context.exit(code)


def _metrics(workspace: Manifest, pack: Pack, by: Any) -> WorkspaceMetrics:
    engines = engines_of(pack)
    return metrics_of(workspace, read_workspace(workspace, engines.served_names, engines.suffixes), pack, by)


def _workspaces(file: str, pack: Pack) -> Sequence[Manifest]:
    """Return the Workspaces of a file, or the one that its values render to.

    Raises ProblemsError for invalid values, NoMetrics if all manifests have other kinds.
    """
    documents = read_file(file)
    objects = pick(document.value for document in documents)
    serving = (*objects.inference_sets, *objects.own_workspaces)
    if serving or any(is_manifest(document.value) for document in documents):
        if not serving:
            raise NoMetrics("no Workspace found")
        return serving
    pipeline = Pipeline(*Scope.newest(pack))
    outcome = pipeline.rendered(Source(file, documents))
    if not outcome.is_good:
        raise ProblemsError(list(outcome.problems))
    return [outcome.manifests[0].body]


def _json(workspaces: Sequence[WorkspaceMetrics], window: str) -> str:
    rows = [metrics.as_json(window) for metrics in workspaces]
    return json_text(rows[0] if len(rows) == 1 else rows)


def _promql(workspaces: Sequence[WorkspaceMetrics], window: str) -> str:
    return "\n".join(escaped(line) for metrics in workspaces for line in _queries(metrics, window))


def _queries(metrics: WorkspaceMetrics, window: str) -> Iterator[str]:
    """Yield one expression per line, each after a PromQL comment."""
    for metric in metrics.key_metrics:
        also = f"; replaces {', '.join(metric.aliases)}" if metric.aliases else ""
        yield f"# {metrics.workspace}: {metric.display_name} in {metric.unit} ({metric.name}{also})"
        yield metric.expression(metrics.selector, window)


def _table(workspaces: Sequence[WorkspaceMetrics], window: str) -> str:
    return "\n\n".join("\n".join(map(escaped, _lines(metrics, window))) for metrics in workspaces)


def _lines(metrics: WorkspaceMetrics, window: str) -> Iterator[str]:
    endpoint = metrics.endpoint
    pods = ",".join(f"{key}={value}" for key, value in endpoint.pod_selector.items())
    yield f"{metrics.workspace} ({metrics.engine})"
    yield f"  Service: {endpoint.url(metrics.namespace)}"
    yield f"  Pods:    {pods}, port {endpoint.port}, path {endpoint.path}"
    rows = [COLUMNS] + [
        (metric.name, metric.display_name, metric.unit, metric.type, metric.category, query)
        for metric in metrics.key_metrics
        for query in [metric.expression(metrics.selector, window)]
    ]
    yield from columns(rows)


PRINTERS = {"json": _json, "promql": _promql, "table": _table}
