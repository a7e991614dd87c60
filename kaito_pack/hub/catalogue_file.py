"""Updates the text of a catalogue file: one entry per model, in order; all other lines stay unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import Any

import yaml

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import ProblemsError, UsageError
from kaito_pack.base.records import NamedTuple
from kaito_pack.documents import Document, read_text
from kaito_pack.facts.tables import schema
from kaito_pack.hub.entry import LAYER_FIELDS, Reading
from kaito_pack.models.catalogue import check_catalogue
from kaito_pack.models.model import CatalogueEntry
from kaito_pack.pack.catalogue_schema import MODEL_ID, NAME
from kaito_pack.pack.files import API_VERSION, CATALOGUE

HEAD = f"""\
# Models as the Hugging Face Hub has them at the commits below. Rendering and checking read this file offline.
# Refresh it with `models add`; `models check` reports what has changed on the Hub since.
apiVersion: {API_VERSION}
kind: {CATALOGUE}
models:
"""
NOTE = "# Not known: "
WIDTH = 100  # columns; longer lists continue on the next line
INDENT = "  "
# Fields that the Hub does not have; a reading keeps the user's text.
BY_HAND = frozenset(("ggufRepositories", "task"))


class Block(NamedTuple):
    """The lines of one entry: comments above it, then its fields in order, each with its lines."""

    model_id: str
    comments: list[str]
    fields: dict[str, list[str]]
    values: CatalogueEntry


def updated(text: str, file: str, readings: Iterable[Reading]) -> str:
    """Return the text of a catalogue file with entries added or replaced; `text` is empty for a new file.

    Raises ProblemsError if the file is not a valid catalogue, UsageError if its entries are not a list with
    one field per line.
    """
    head, blocks, tail, indent = _parts(text or HEAD, file, is_new=not text)
    for reading in readings:
        entry = reading.entry
        former = (reading.renamed_from or entry[MODEL_ID]).lower()
        names = (former, entry[MODEL_ID].lower())
        index = next((i for i, block in enumerate(blocks) if block.model_id.lower() in names), None)
        if index is None:
            blocks.insert(_place(blocks, entry[MODEL_ID]), _block(reading, None, indent))
        else:
            blocks[index] = _block(reading, blocks[index], indent)
    return "".join(f"{line}\n" for line in [*head, *_lines(blocks, indent), *tail])


def _parts(text: str, file: str, is_new: bool) -> tuple[list[str], list[Block], list[str], str]:
    """Return the lines before the entries, the entries, the lines after them, and the entries' indent."""
    lines = text.splitlines()
    if is_new:
        return lines, [], [], INDENT
    document = _document(text, file)
    models = document.value["models"]
    if not models:
        raise UsageError(f"{escaped(file)}: models is empty. Remove the file to start a new catalogue")
    starts = [document.place(("models", index)).line - 1 for index in range(len(models))]
    indent = _indent(lines, starts, file)
    starts = [_with_comments(lines, start, indent) for start in starts]
    end = next((i for i in range(starts[-1], len(lines)) if _is_outside(lines[i], indent)), len(lines))
    blocks = [
        _read_block(lines[start:stop], model, len(indent))
        for model, (start, stop) in zip(models, pairwise([*starts, end]), strict=True)
    ]
    return lines[: starts[0]], blocks, lines[end:], indent


def _document(text: str, file: str) -> Document:
    documents = read_text(text, file)
    if len(documents) != 1:
        raise UsageError(f"{escaped(file)}: has several documents. A catalogue has one")
    problems = list(check_catalogue(documents[0]))
    if problems:
        raise ProblemsError(problems)
    return documents[0]


def _indent(lines: Sequence[str], starts: Sequence[int], file: str) -> str:
    """Return the spaces before each entry's dash. Raises UsageError for other styles of lists."""
    indents = {line[: len(line) - len(line.lstrip())] for line in (lines[start] for start in starts)}
    is_block = all(lines[start].lstrip().startswith("- ") for start in starts)
    if not is_block or len(indents) != 1 or len(set(starts)) != len(starts):
        advice = "Write each entry of models as lines that begin with `- modelId:`"
        raise UsageError(f"{escaped(file)}: cannot be updated in this style. {advice}")
    return indents.pop()


def _with_comments(lines: Sequence[str], start: int, indent: str) -> int:
    """Return the first line of the comment right above an entry, else the entry's first line."""
    while start and lines[start - 1].startswith(f"{indent}#") and lines[start - 1].strip() != indent:
        start -= 1
    return start


def _is_outside(line: str, indent: str) -> bool:
    """Return whether a line after the last entry belongs to another key of the file."""
    return bool(line.strip()) and not line.startswith((" ", "#")) and not line.startswith(f"{indent}- ")


def _read_block(lines: Sequence[str], values: CatalogueEntry, indent: int) -> Block:
    """Return an entry of the file, with a space in place of the dash before its first field."""
    dash = next(number for number, line in enumerate(lines) if line.lstrip().startswith("- "))
    inner = [lines[dash].replace("-", " ", 1), *lines[dash + 1 :]]
    fields: dict[str, list[str]] = {}
    pending: list[str] = []
    current: list[str] = []
    for line in inner:
        text = line[indent + len(INDENT) :] if line.startswith(" " * (indent + len(INDENT))) else ""
        key = text.partition(":")[0].strip("\"'")
        if text[:1] not in ("", " ", "#", "-") and key in values:
            current = fields[key] = [*pending, line]
            pending = []
        elif text.startswith("#"):
            pending.append(line)
        else:
            current += [*pending, line]
            pending = []
    current += pending
    return Block(values[MODEL_ID], list(lines[:dash]), fields, values)


def _place(blocks: Sequence[Block], model_id: str) -> int:
    """Return the position of a new entry: before the first entry with a later id."""
    later = (i for i, block in enumerate(blocks) if block.model_id.lower() > model_id.lower())
    return next(later, len(blocks))


def _block(reading: Reading, old: Block | None, indent: str) -> Block:
    """Return the entry of a reading; it keeps the lines of the old entry whose values are the same."""
    entry = dict(reading.entry)
    fields = dict(old.fields) if old else {}
    if old:
        preserved = BY_HAND if not reading.missing else set(old.values)
        entry = {key: value for key, value in old.values.items() if key in preserved} | entry
        if not LAYER_FIELDS & set(reading.entry):  # not in config.json, but the user may know it
            entry |= {key: value for key, value in old.values.items() if key in LAYER_FIELDS}
    order = list(schema(NAME)["$defs"]["model"]["properties"])
    same = {key for key in fields if old and key in entry and old.values.get(key) == entry[key]}
    keys = sorted(entry, key=_in_order([*fields], order))
    written = {
        key: fields[key] if key in same else [f"{indent}{INDENT}{line}" for line in _field(key, entry[key])]
        for key in keys
    }
    comments = [line for line in (old.comments if old else []) if not line.lstrip().startswith(NOTE)]
    comments += [f"{indent}{NOTE}{text}" for text in reading.missing]
    return Block(entry[MODEL_ID], comments, written, entry)


def _in_order(present: Sequence[str], order: Sequence[str]) -> Any:
    """Return a sort key: existing fields of an entry keep their order, new ones have that of the schema."""

    def position(key: str) -> tuple[float, int]:
        if key in present:
            return present.index(key), -1
        before = [present.index(name) for name in order[: order.index(key)] if name in present]
        return max(before, default=-1) + 0.5, order.index(key)

    return position


def _field(key: str, value: Any) -> list[str]:
    """Return the lines of a field; a list has one line if it fits, a list of maps one line per map."""
    if not isinstance(value, list):
        return _dumped({key: value}, is_flow=False)
    if any(isinstance(item, Mapping) for item in value):
        return [f"{key}:", *(f"{INDENT}- {line}" for item in value for line in _dumped(item, is_flow=True))]
    first, *others = _dumped(value, is_flow=True)
    return [f"{key}: {first}", *(f"{INDENT}{line}" for line in others)]


def _dumped(value: Any, is_flow: bool) -> list[str]:
    width = inf if isinstance(value, Mapping) else WIDTH
    return yaml.safe_dump(value, default_flow_style=is_flow, sort_keys=False, width=width).splitlines()


def _lines(blocks: Iterable[Block], indent: str) -> Iterable[str]:
    """Yield the lines of the entries; each begins with a dash, after the comments above its first field."""
    for block in blocks:
        yield from block.comments
        inner = [line for lines in block.fields.values() for line in lines]
        first = next(number for number, line in enumerate(inner) if not line.lstrip().startswith("#"))
        yield from inner[:first]
        yield f"{indent}- {inner[first][len(indent) + len(INDENT) :]}"
        yield from inner[first + 1 :]
