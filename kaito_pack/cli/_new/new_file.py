"""The file that `new` writes: its path and first line; existing files are not overwritten unasked."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import click

from kaito_pack import output
from kaito_pack.base.display import escaped
from kaito_pack.base.problems import UsageError
from kaito_pack.cli.shared.options import ClusterOptions
from kaito_pack.form.answers import values_text
from kaito_pack.form.draft import NAME, Draft
from kaito_pack.values.meanings import MODE

STDOUT = "-"
SCHEMAS = (
    "schemas/values.schema.json",
    ".schemas/values.schema.json",
)  # in a checkout; in a team's repository


def default_file(draft: Draft) -> str:
    """Return the default file name."""
    return f"{draft.answers[NAME]}.yaml"


def text_of(draft: Draft, file: str) -> str:
    """Return the text of the values file; its first line points editors to the schema of the repository."""
    return values_text(draft.mode, draft.answers, schema_from(file, draft))


def schema_from(file: str, draft: Draft) -> str | None:
    """Return the path from `file` to a schema for editors that has the mode of the draft."""
    return schema_above(file, draft.mode.name)


def schema_above(file: str, mode: str) -> str | None:
    """Return the path from `file` to a schema for editors in a folder above; None if none has the mode."""
    folder = Path(os.path.realpath(file)).parent  # unlike Path.resolve, accepts a link to itself
    for above in (folder, *folder.parents) if file != STDOUT else ():
        for name in SCHEMAS:
            if mode in _modes(above / name):
                return Path(os.path.relpath(above / name, folder)).as_posix()
    return None


def _modes(schema: Path) -> list[str]:
    """Return the modes that a schema for editors offers; none if the file is not such a schema."""
    try:
        modes: list[str] = json.loads(schema.read_bytes())["properties"][MODE]["enum"]
    except (OSError, ValueError, LookupError, TypeError):
        return []
    return modes if isinstance(modes, list) else []


def refuse(file: str, overwrite: bool) -> None:
    """Raise UsageError if `file` cannot be written, or exists and must not be overwritten."""
    if os.path.isdir(file):
        raise UsageError(f"{escaped(file)}: is a folder. Pass a file name")
    if os.path.lexists(file) and not overwrite:
        raise UsageError(f"{escaped(file)}: already exists. Use --force to overwrite it")
    parent = next(folder for folder in Path(file).absolute().parents if folder.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise UsageError(
            f"{escaped(file)}: cannot be written; {escaped(str(parent))} is not a writable folder"
        )


def write(draft: Draft, file: str, overwrite: bool) -> None:
    """Write the values file in one step, or print it; UsageError if it cannot be written."""
    if file == STDOUT:
        click.echo(text_of(draft, file), nl=False)
        return
    refuse(file, overwrite)
    output.write_atomically(Path(file), text_of(draft, file))


def next_command(program: str, file: str, cluster: ClusterOptions) -> str:
    """Return the command that renders the file for the same cluster."""
    given = {
        "--target": [cluster.target_file],
        "--kaito-version": [cluster.kaito_version],
        "--kubernetes-version": [cluster.kubernetes_version],
        "--node-provisioning": [cluster.node_provisioning],
        "--cloud": [cluster.cloud],
        "--pack": cluster.packs,
        "--catalogue": cluster.catalogues,
    }
    options = [
        word for option, values in given.items() for value in values if value for word in (option, value)
    ]
    return escaped(shlex.join([program, file, *options]))
