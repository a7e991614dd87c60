"""`kaito-pack examples`: values files to start from."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kaito_pack.base.display import did_you_mean, escaped, shown
from kaito_pack.base.problems import UsageError
from kaito_pack.base.root import VALUES
from kaito_pack.cli._listing import form_option, put_rows
from kaito_pack.cli.shared.help import Command, Listing
from kaito_pack.cli.shared.words import File, Words, example_names
from kaito_pack.values.meanings import MODE

COLUMNS = ("example", MODE, "description")
SCHEMA_LINE = "# yaml-language-server: $schema="


@click.group("examples", cls=Listing)
def command() -> None:
    """List or copy the example values files

    \b
    examples              the examples, a line each
    examples show llama   print one
    examples copy llama   write llama.yaml in this folder
    """


@command.command("list", cls=Command)
@form_option
def list_examples(form: str) -> None:
    """List the examples"""
    from kaito_pack.documents import read_file

    rows = []
    for file in sorted(VALUES.glob("*.yaml")):
        values = read_file(str(file))[0].value
        if isinstance(values, dict) and MODE in values:
            about = _description(file.read_text(encoding="utf-8"))
            rows.append(dict(zip(COLUMNS, (file.stem, values[MODE], about), strict=True)))
    put_rows(rows, COLUMNS, form)


@command.command("show", cls=Command)
@click.argument("name", type=Words(example_names))
def show(name: str) -> None:
    """Print an example"""
    click.echo(_text(name, None), nl=False)


@command.command("copy", cls=Command)
@click.argument("name", type=Words(example_names))
@click.argument("file", required=False, type=File())
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
@click.pass_context
def copy(context: click.Context, name: str, file: str | None, force: bool) -> None:
    """Copy an example to FILE

    FILE is NAME.yaml in this folder by default. An existing file is not overwritten.

    Exit codes: 0 written; 2 there is no such example, or FILE exists.
    """
    from kaito_pack import output

    path = file or f"{name}.yaml"
    text = _text(name, path)
    if os.path.lexists(path) and not force:
        raise UsageError(f"{escaped(path)}: already exists. Use --force to overwrite it")
    output.write_atomically(Path(path), text)
    program = context.find_root().info_name
    click.echo(f"{escaped(path)} is written. Next: {program} {escaped(path)}", err=True)


def _text(name: str, path: str | None) -> str:
    """Return the text of an example; its schema line points to a schema above `path`, or is omitted."""
    file = VALUES / f"{name}.yaml"
    if os.sep in name or not file.is_file():
        near = did_you_mean(name, example_names(click.get_current_context()))
        hint = f"Did you mean {shown(near)}?" if near else "`examples` lists them"
        raise UsageError(f"{shown(name)} is not an example. {hint}")
    first, _, rest = file.read_text(encoding="utf-8").partition("\n")
    if not first.startswith(SCHEMA_LINE):
        return f"{first}\n{rest}"
    from kaito_pack.cli._new.new_file import schema_above
    from kaito_pack.documents import read_file

    values = read_file(str(file))[0].value
    schema = schema_above(path, str(values[MODE])) if path else None
    return f"{SCHEMA_LINE}{schema}\n{rest}" if schema else rest


def _description(text: str) -> str:
    """Return the first comment of an example that is not an editor directive."""
    comments = (line[1:].strip() for line in text.splitlines() if line.startswith("#"))
    return next((line for line in comments if not line.startswith("yaml-language-server")), "")
