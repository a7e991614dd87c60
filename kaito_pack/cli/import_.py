"""`kaito-pack import`: prints the values file of an existing Workspace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from kaito_pack.base.display import escaped
from kaito_pack.base.kubectl import Kubectl, NotAnswered
from kaito_pack.base.problems import PackError, UsageError
from kaito_pack.base.trees import mapping, text, with_value
from kaito_pack.cli.shared.options import Setting, in_order, opened, pack_option, packs_of
from kaito_pack.cli.shared.output import put_problems
from kaito_pack.cli.shared.words import File, Words, contexts
from kaito_pack.documents import Document
from kaito_pack.documents.kubectl_output import read_output
from kaito_pack.form.questions import flag
from kaito_pack.importing import import_workspace
from kaito_pack.importing.losses import as_values_file
from kaito_pack.pack import Pack
from kaito_pack.values import layers
from kaito_pack.values.fields import Field, fields
from kaito_pack.values.layers import Layer

META = "kaito_pack.import"


class ImportCommand(click.Command):
    """A command with an additional option for each value whose schema has `x-import`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Open the packs among the arguments, which define the options, then parse the arguments."""
        try:
            ctx.meta[META] = [*_unheld(opened(packs_of(args)))]
        except PackError:
            if not ctx.resilient_parsing:  # no messages during completion
                raise
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own options, with those of the values before --set."""
        own = super().get_params(ctx)
        place = next(index for index, parameter in enumerate(own) if parameter.name == "settings")
        taken = {name for parameter in own for name in parameter.opts}
        values = [option for option in ctx.meta.get(META, ()) if taken.isdisjoint(option.opts)]
        return [*own[:place], *values, *own[place:]]


class UnheldValue(click.Option):
    """The option for a value that a manifest may not contain; `field` describes the value."""

    def __init__(self, field: Field, index: int, words: str) -> None:
        self.path = field.name.split(".")
        super().__init__([flag(self.path), f"unheld_{index}"], help=words)

    def layer(self, text: str) -> Layer:
        """Return the given value as a layer."""
        return Layer(Document(self.opts[0], 1, with_value({}, self.path, text)), self.opts[0])


def _unheld(pack: Pack) -> Iterator[UnheldValue]:
    """Yield the options for values that a manifest may not contain, those of single modes first."""
    for index, field in enumerate(sorted(fields(pack).values(), key=lambda field: field.of_all)):
        words = next((part["x-import"] for part in field.parts.values() if "x-import" in part), None)
        if words is not None:
            yield UnheldValue(field, index, words)


@click.command("import", cls=ImportCommand)
@click.argument("file", required=False, type=File())
@click.option("--kubectl", "live", metavar="NAME", help="Read this Workspace with kubectl instead of a FILE.")
@click.option("-n", "--namespace", help="Read from this namespace. Default: that of the kubeconfig context.")
@click.option("--context", "kube_context", type=Words(contexts), help="Use this context of the kubeconfig.")
@click.option("--name", help="Select this Workspace, if FILE contains several.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    type=Setting("--set", False),
    metavar="PATH=VALUE",
    help="Set one value instead of the imported one; repeatable.",
)
@click.option(
    "--set-string",
    multiple=True,
    type=Setting("--set-string", True),
    metavar="PATH=VALUE",
    help="Set one value as a string; repeatable.",
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
    """Print the values file of an existing Workspace

    FILE contains a Workspace in YAML or JSON, whoever wrote it; - is stdin. Services and other objects in
    FILE are imported as well. Fields that no value can express are listed on stderr and in comments.

    Exit codes: 0 the values render exactly to the Workspace; 1 something is lost; 2 there is no Workspace.
    """
    texts = [(option, unheld.get(str(option.name))) for option in context.meta[META]]
    options = [option.layer(text) for option, text in texts if text is not None]
    supplied = layers.merge([*options, *in_order(settings, set_string)])
    if (file is None) == (live is None):
        raise UsageError("nothing to import. Pass a FILE (- is stdin) or --kubectl NAME")
    if file is not None:
        documents = read_output(file)
    else:
        documents, name = _live(str(live), Kubectl(namespace, context=kube_context)), live
    try:
        imported = import_workspace(documents, opened(pack), supplied, name, namespace)
    except UsageError as error:
        raise UsageError(f"{escaped(documents[0].file)}: {error}") from None
    put_problems(imported.reported)
    click.echo(as_values_file(imported.values, imported.reported), nl=False)
    context.exit(0 if imported.is_exact else 1)


def _live(name: str, kubectl: Kubectl) -> list[Document]:
    """Return the Workspace from the cluster, the Services of its namespace, and the ConfigMap it names."""
    workspace = kubectl.get("workspaces.kaito.sh", name)
    config = text(mapping(mapping(workspace).get("inference")).get("config"))
    beside: list[tuple[str, ...]] = [("services",), *([("configmaps", config)] if config else [])]
    objects = [workspace]
    for question in beside:
        try:
            objects.append(kubectl.get(*question))
        except NotAnswered as error:
            click.echo(f"{error}; the import continues without it", err=True)
    return [Document(f"kubectl:{name}", 1, value) for value in objects]
