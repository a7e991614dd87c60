"""The output of `models`: tables, JSON and catalogue files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kaito_pack.base.display import did_you_mean, escaped, json_text, shown
from kaito_pack.base.problems import UsageError
from kaito_pack.base.root import CATALOGUE_FILE
from kaito_pack.cli.formats.text import columns
from kaito_pack.models.catalogue import FOLDER, Catalogue
from kaito_pack.models.heads import tensor_parallel_sizes
from kaito_pack.models.model import CatalogueEntry, Model, entry_of
from kaito_pack.pack.catalogue_schema import MODEL_ID, NAME

if TYPE_CHECKING:
    from kaito_pack.hub.changes import ModelChange
    from kaito_pack.hub.client import Hub
    from kaito_pack.hub.entry import Reading


def put_list(models: Sequence[Model], form: str) -> None:
    """Print the models, one row each."""
    if form == "json":
        click.echo(json_text([entry_of(model) for model in models]))
        return
    rows = [("MODEL", "WEIGHTS", "CONTEXT", "QUANTIZATION", "TASK", "LICENSE")]
    rows += [
        (
            escaped(model.model_id),
            size_text(model.weights_gib),
            str(model.max_tokens or "-"),
            escaped(model.quantization or "-"),
            escaped(model.task or "text-generation"),
            escaped(model.license or "-"),
        )
        for model in models
    ]
    for line in columns(rows):
        click.echo(line)


def size_text(gib: float | None) -> str:
    """Return a size as text, `-` if it is not known."""
    return f"{gib:g} GiB" if gib else "-"


def put_model(catalogue: Catalogue, model_id: str, form: str) -> int:
    """Print one model and the conclusions for vLLM; return the exit code."""
    model = catalogue.find(model_id)
    if model is None:
        close = did_you_mean(model_id, [each.model_id for each in catalogue.models])
        advice = (
            f"Did you mean {shown(close)}?" if close else f"`models add {escaped(model_id)}` asks the Hub"
        )
        click.echo(f"Error: {shown(model_id)} is not in any catalogue. {advice}", err=True)
        return 1
    facts = {**entry_of(model), **conclusions(catalogue, model)}
    if form == "json":
        click.echo(json_text(facts))
    else:
        for line in columns([(name, escaped(cell(value))) for name, value in facts.items()]):
            click.echo(line)
    return 0


def conclusions(catalogue: Catalogue, model: Model) -> dict[str, Any]:
    """Return conclusions from the figures: the oldest image that serves the model, and its GPU counts."""
    images = [tag for name in model.architectures if (tag := catalogue.first_image_with(name))]
    facts: dict[str, Any] = {}
    if model.architectures:
        facts["firstKaitoBaseImage"] = images[0] if images else None
    if model.attention_heads:
        facts["tensorParallelSizes"] = tensor_parallel_sizes(model)
    return facts


def cell(value: Any) -> str:
    """Return a value as text for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value)) or "none"
    if isinstance(value, Mapping):
        return " ".join(map(cell, value.values()))
    return "none" if value is None else str(value)


def add(ids: Sequence[str], file: str, revision: str | None, pins: Sequence[str]) -> int:
    """Look models up on the Hub, write the catalogue and pinned values files; return the exit code."""
    from kaito_pack.hub.catalogue_file import updated
    from kaito_pack.hub.client import Hub
    from kaito_pack.hub.pins import pinned
    from kaito_pack.output import write_atomically

    ids = [valid_id(model_id) for model_id in ids]
    present = [file] if os.path.lexists(file) else []
    texts = {name: text_of(name) for name in (*pins, *present)}
    updated(texts.get(file, ""), file, ())  # fails early, before any request, if the file cannot be updated
    with Hub(_pause) as hub:
        readings, refusals = read_all(hub, ids, revision)
    for refusal in refusals:
        click.echo(f"Error: {refusal}", err=True)
    if refusals:
        return 1
    commits = commits_of(readings)
    written = {name: pinned(texts[name], name, commits) for name in pins}
    text = updated(texts.get(file, ""), file, readings)
    if file == "-":
        click.echo(text, nl=False)
    else:
        written[file] = text
    for name, content in written.items():
        write_atomically(Path(name), content)
    _report(readings, file, pins)
    return 0


def read_all(hub: Hub, ids: Sequence[str], revision: str | None) -> tuple[list[Reading], list[str]]:
    """Return the readings of models, and a sentence for each model that the Hub does not provide."""
    from kaito_pack.hub.client import NotAllowed, NotOnHub
    from kaito_pack.hub.entry import read_model

    readings, refusals = [], []
    for model_id in ids:
        try:
            readings.append(read_model(hub, model_id, revision))
        except NotOnHub:
            what = (
                f"has no revision {shown(revision)}, or is not on the Hub"
                if revision
                else "is not on the Hub"
            )
            refusals.append(f"{shown(model_id)} {what}. Check the id; set HF_TOKEN if it is private")
        except NotAllowed:
            refusals.append(
                f"{shown(model_id)} is closed to this token. Ask for access on its page on the Hub"
            )
    return readings, refusals


def commits_of(readings: Iterable[Reading]) -> dict[str, str]:
    """Return the commits by model id in lower case, including former ids."""
    commits = {}
    for reading in readings:
        for name in (reading.entry[MODEL_ID], reading.renamed_from or ""):
            commits[name.lower()] = reading.entry["revision"]
    return commits


def _report(readings: Sequence[Reading], file: str, pins: Sequence[str]) -> None:
    for reading in readings:
        name = escaped(reading.entry[MODEL_ID])
        if reading.renamed_from:
            click.echo(f"{escaped(reading.renamed_from)} is now called {name}. Use the new id", err=True)
        for reason in reading.missing:
            click.echo(f"Warning: {name}: {escaped(reason)}", err=True)
    if file != "-":
        count = "1 model" if len(readings) == 1 else f"{len(readings)} models"
        click.echo(f"{escaped(file)}: {count} written. Use it with --catalogue {escaped(file)}", err=True)
    for name in pins:
        click.echo(f"{escaped(name)}: revision pinned", err=True)


def _pause(seconds: float) -> None:
    import time

    click.echo(f"the Hub is busy; waiting {seconds:.0f} s", err=True)
    time.sleep(seconds)


def valid_id(text: str) -> str:
    """Return the model id in an id or a Hub address. Raises UsageError for any other text."""
    import re

    from kaito_pack.facts.tables import schema
    from kaito_pack.models.words import hub_id

    model_id = hub_id(text)
    pattern = schema(NAME)["$defs"]["model"]["properties"][MODEL_ID]["pattern"]
    if not re.search(pattern, model_id):
        raise UsageError(f"{shown(text)} is not the id of a model. Write it as org/name")
    return model_id


def text_of(file: str) -> str:
    """Return the text of a file. Raises UsageError if it cannot be read."""
    from kaito_pack.documents import content_of

    if file == "-":
        return ""
    content = content_of(file)
    return content if isinstance(content, str) else content.decode("utf-8", "surrogateescape")


def check(ids: Sequence[str], catalogues: Sequence[str], form: str) -> int:
    """Print what has changed on the Hub since the catalogues were written; return the exit code."""
    from kaito_pack.hub.changes import change_of
    from kaito_pack.hub.client import Hub

    entries = entries_of(catalogues, ids)
    with Hub(_pause) as hub:
        changes = [change_of(hub, entry) for entry in entries]
    if form == "json":
        click.echo(json_text([change_row(change) for change in changes]))
    else:
        _put_changes(changes)
    return 1 if any(change.state != "same" for change in changes) else 0


def entries_of(catalogues: Sequence[str], ids: Sequence[str]) -> list[CatalogueEntry]:
    """Return the entries of catalogue files, filtered by `ids`. Raises UsageError for an unknown id."""
    from kaito_pack.pack.files import read

    names = list(catalogues) or (
        [CATALOGUE_FILE] if os.path.exists(CATALOGUE_FILE) else [str(FOLDER / "models.yaml")]
    )
    Catalogue.open(names)  # raises an error for an invalid file
    entries = {entry[MODEL_ID].lower(): entry for name in names for entry in read(name).value["models"]}
    unknown = [model_id for model_id in ids if model_id.lower() not in entries]
    if unknown:
        raise UsageError(
            f"{shown(unknown[0])} is not in {escaped(', '.join(names))}. Add it with `models add`"
        )
    return [entries[model_id.lower()] for model_id in ids] or list(entries.values())


def change_row(change: ModelChange) -> dict[str, Any]:
    """Return a change as data."""
    return {
        MODEL_ID: change.model_id,
        "state": change.state,
        "newId": change.new_id,
        "differences": [{"field": field, "old": old, "new": new} for field, old, new in change.differences],
        "missing": list(change.missing),
    }


def _put_changes(changes: Sequence[ModelChange]) -> None:
    for change in changes:
        new = f" to {escaped(change.new_id)}" if change.new_id else ""
        if change.state != "same":
            click.echo(f"{escaped(change.model_id)}: {change.state}{new}")
        for field, old, new_value in change.differences:
            click.echo(f"  {field}: {escaped(cell(old))} -> {escaped(cell(new_value))}")
        for reason in change.missing:
            click.echo(f"Warning: {escaped(change.model_id)}: {escaped(reason)}", err=True)
    same = sum(change.state == "same" for change in changes)
    click.echo(f"{len(changes)} models: {same} unchanged, {len(changes) - same} changed", err=True)
