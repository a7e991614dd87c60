"""`render.py import`: the values file of a Workspace that is there already."""

from __future__ import annotations

from typing import Any

import click

from kaito_pack.base.kubectl import Kubectl, NotAnswered
from kaito_pack.base.problems import UsageError
from kaito_pack.base.trees import mapping, text
from kaito_pack.cli._options import Setting, in_order, opened, pack_option
from kaito_pack.cli._output import put_problems
from kaito_pack.documents import Document, read_file
from kaito_pack.importing import import_workspace
from kaito_pack.importing.losses import as_values_file
from kaito_pack.values import layers


@click.command("import")
@click.argument("file", required=False)
@click.option("--kubectl", "live", metavar="NAME", help="Ask kubectl for this Workspace instead of a FILE.")
@click.option("-n", "--namespace", help="Namespace of the Workspace; passed on to kubectl.")
@click.option("--context", "kube_context", help="Context of the kubeconfig; passed on to kubectl.")
@click.option("--name", help="Which Workspace of FILE, where there are several.")
@click.option("--model-id", "modelId", help="The model that a manifest does not hold: the modelId.")
@click.option("--gguf-file", "ggufFile", help="The file that a manifest does not hold: the ggufFile.")
@click.option(
    "--premade-model", "premadeModel", help="The model behind an image of your own: the premadeModel."
)
@click.option("--provider", help="The provider, which no manifest holds.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    type=Setting("--set", False),
    metavar="PATH=VALUE",
    help="Any value, instead of what is read.",
)
@click.option(
    "--set-string", multiple=True, type=Setting("--set-string", True), metavar="PATH=VALUE", help="As text."
)
@pack_option
@click.pass_context
def command(
    context: click.Context,
    /,
    file: str | None,
    live: str | None,
    namespace: str | None,
    kube_context: str | None,
    name: str | None,
    settings: Any,
    set_string: Any,
    pack: tuple[str, ...],
    **unheld: str | None,
) -> None:
    """Print the values file that renders to the Workspace in FILE (- is stdin).

    The Workspace may come from this pack, from KubeFoundry's UI or from your own hand, as YAML or JSON;
    Services and other objects beside it are read, too. What no value expresses is listed on stderr and in
    comments.

    Exit code: 0 the values render exactly to it; 1 something is lost.
    """
    supplied: dict[str, Any] = {value: said for value, said in unheld.items() if said is not None}
    supplied |= layers.merge(in_order(settings, set_string))
    if (file is None) == (live is None):
        raise UsageError("import: give a FILE (- is stdin), or --kubectl NAME")
    if file is not None:
        documents = read_file(file)
    else:
        documents, name = _live(str(live), Kubectl(namespace, context=kube_context)), live
    try:
        imported = import_workspace(documents, opened(pack), supplied, name, namespace)
    except UsageError as error:
        raise UsageError(f"{documents[0].file}: {error}") from None
    put_problems(imported.losses)
    click.echo(as_values_file(imported.values, imported.losses), nl=False)
    context.exit(0 if imported.is_exact else 1)


def _live(name: str, kubectl: Kubectl) -> list[Document]:
    """The Workspace as the cluster has it, its namespace's Services, and the ConfigMap that it names."""
    workspace = kubectl.get("workspaces.kaito.sh", name)
    config = text(mapping(mapping(workspace).get("inference")).get("config"))
    beside: list[tuple[str, ...]] = [("services",), *([("configmaps", config)] if config else [])]
    found = [workspace]
    for question in beside:
        try:
            found.append(kubectl.get(*question))
        except NotAnswered as error:
            click.echo(f"{error}; imported without", err=True)
    return [Document(f"kubectl:{name}", 1, value) for value in found]
