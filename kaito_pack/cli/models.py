"""`kaito-pack models`: lists the known models, and adds models from the Hugging Face Hub."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from kaito_pack.base.root import CATALOGUE_FILE
from kaito_pack.cli.shared.help import Command, Listing
from kaito_pack.cli.shared.options import opened, pack_option
from kaito_pack.cli.shared.words import File, Words, model_ids

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def catalogue_option(help_text: str) -> Decorator:
    """Return `--catalogue FILE`, which may be repeated."""
    return click.option(
        "--catalogue", "catalogues", multiple=True, type=File(), metavar="FILE", help=help_text
    )


def form_option() -> Decorator:
    """Return `-o text|json`."""
    return click.option(
        "-o", "--output", "form", type=click.Choice(["text", "json"]), default="text", help="Format."
    )


@click.group("models", cls=Listing)
def command() -> None:
    """List models, or add them from the Hugging Face Hub

    \b
    models                        the models of the catalogue
    models show microsoft/phi-4   one model: figures, images, GPU counts
    models add acme/tiny          ask the Hub and write catalogue.yaml
    models check                  what has changed on the Hub since
    """


@command.command("list", cls=Command)
@pack_option
@catalogue_option("Read figures of more models from FILE; repeatable.")
@form_option()
def list_models(pack: tuple[str, ...], catalogues: tuple[str, ...], form: str) -> None:
    """List the models of the catalogue"""
    from kaito_pack.cli import _models
    from kaito_pack.models.catalogue import Catalogue

    opened(pack)  # lays the user's tables over ours
    _models.put_list(Catalogue.open(catalogues).models, form)


@command.command("show", cls=Command)
@click.argument("model_id", metavar="ID", type=Words(model_ids))
@pack_option
@catalogue_option("Read figures of more models from FILE; repeatable.")
@form_option()
@click.pass_context
def show_model(
    context: click.Context, model_id: str, pack: tuple[str, ...], catalogues: tuple[str, ...], form: str
) -> None:
    """Show the figures of one model"""
    from kaito_pack.cli import _models
    from kaito_pack.models.catalogue import Catalogue

    opened(pack)  # lays the user's tables over ours
    context.exit(_models.put_model(Catalogue.open(catalogues), model_id, form))


@command.command("add")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option(
    "--catalogue",
    "file",
    default=CATALOGUE_FILE,
    show_default=True,
    metavar="FILE",
    help="Write FILE; - is stdout.",
)
@click.option(
    "--revision", metavar="REVISION", help="Read this commit, tag or branch. Default: the newest commit."
)
@click.option(
    "--pin",
    "pins",
    multiple=True,
    metavar="VALUES",
    help="Write the commit as `revision` to this values file; repeatable.",
)
@click.pass_context
def add(
    context: click.Context, ids: Sequence[str], file: str, revision: str | None, pins: Sequence[str]
) -> None:
    """Add models from the Hugging Face Hub to a catalogue

    This command uses the network. It needs the extra: pip install 'kaito-pack[hub]'. HF_ENDPOINT, HF_TOKEN,
    proxies and HF_HUB_OFFLINE apply. Only descriptions are read, never weights.

    Exit code: 0 written; 1 the Hub does not have a model; 2 the Hub cannot be asked. Unless it is 0, no file
    is changed.
    """
    from kaito_pack.cli import _models

    context.exit(_models.add(ids, file, revision, pins))


@command.command("check")
@click.argument("ids", nargs=-1, metavar="[ID...]")
@catalogue_option(f"Check FILE; repeatable. Default: {CATALOGUE_FILE}, or the pack's own if there is none.")
@form_option()
@click.pass_context
def check(context: click.Context, ids: Sequence[str], catalogues: Sequence[str], form: str) -> None:
    """Report what has changed on the Hub

    Exit code: 0 nothing; 1 a model is gone, renamed, now gated or has other files; 2 the Hub cannot be asked.
    """
    from kaito_pack.cli import _models

    context.exit(_models.check(ids, catalogues, form))
