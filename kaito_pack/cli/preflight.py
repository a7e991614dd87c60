"""`kaito-pack preflight`: checks the cluster itself before anything is applied."""

from __future__ import annotations

import click

from kaito_pack.base.kubectl import Kubectl
from kaito_pack.cli._progress import bar
from kaito_pack.cli.formats import format_option
from kaito_pack.cli.results import Preflight
from kaito_pack.cli.shared.help import Command
from kaito_pack.cli.shared.options import ClusterOptions, cluster_options
from kaito_pack.cli.shared.output import put, put_outcomes
from kaito_pack.cli.shared.words import File, Words, contexts
from kaito_pack.preflight import ClusterReader, preflight
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import values_sources

OWN = {"table": "text"}  # `table` is this command's name for the format `text`


@click.command("preflight", cls=Command)
@click.argument("values", nargs=-1, required=True, type=File(), metavar="VALUES...")
@cluster_options
@click.option("--context", "kube_context", type=Words(contexts), help="Use this context of the kubeconfig.")
@click.option(
    "--check-prometheus",
    is_flag=True,
    help="Look for the Service in autoscaling.prometheusAddress.",
)
@format_option("preflight", OWN)
@click.pass_context
def command(
    context: click.Context,
    values: tuple[str, ...],
    cluster: ClusterOptions,
    kube_context: str | None,
    check_prometheus: bool,
    form: str,
) -> None:
    """Check whether a cluster is ready for values files

    VALUES are files or folders; - is stdin. The command only runs `kubectl get`. It checks KAITO and its
    version, node provisioning, the namespace, Secrets and their keys (never their values), nodes and GPUs,
    and the owner of an existing Workspace; for an InferenceSet also its controller and KEDA.

    Exit codes: 0 ready, maybe with warnings; 1 at least one error; 2 kubectl failed.
    """
    pipeline = Pipeline(*cluster.scope())
    target = pipeline.target
    sources = values_sources(values)
    with bar(len(sources), "rendering", is_shared=False) as pipeline.progress:
        outcomes = [pipeline.rendered(source) for source in sources]
    if code := put_outcomes(outcomes):
        context.exit(code)
    reader = ClusterReader(Kubectl(context=kube_context))
    named = cluster.kaito_version or (target.kaito if cluster.target_file else None)
    answers = []
    with bar(len(outcomes), "asking the cluster", is_shared=False) as step:
        for outcome in outcomes:
            bodies = [manifest.body for manifest in outcome.manifests]
            reported = preflight(bodies, reader, target, named, check_prometheus)
            answers += [(outcome.file, answer) for answer in reported]
            step()
    put(Preflight(answers), OWN.get(form, form))
    context.exit(1 if any(answer.is_error for _, answer in answers) else 0)
