"""Outcomes of the pipeline on their way from one process to another: as little as can be.

The marks of a document, which say where each value stands, are most of it, and are needed only where
something is wrong; so they stay behind, and are read again when somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from kaito_pack.documents import Document, read_file
from kaito_pack.layers import Layer
from kaito_pack.pack import Pack
from kaito_pack.pipeline import Outcome
from kaito_pack.problems import PackError, Path, Place
from kaito_pack.rendering import Manifest
from kaito_pack.values import Values


class Unmarked(Document):
    """A document without its marks."""

    def place(self, path: Path, key: bool = False) -> Place:
        """Where the value at `path` stands, by the file read again."""
        if self.root is None:
            try:
                again = read_file(self.file)
            except PackError:  # the file has gone or changed since
                again = []
            self.root = next((one.root for one in again if one.number == self.number), None)
        return super().place(path, key)


class Sent(NamedTuple):
    """A good outcome in plain data; `manifests` are (template, text, body, origins)."""

    file: str
    mode: str
    number: int
    value: Any
    given: Mapping[str, Any]
    filled: Mapping[str, Any]
    manifests: Sequence[tuple[str, str, Any, dict[Path, Path]]]


def sent(outcome: Outcome) -> Sent | None:
    """What is sent of an outcome; None where it is not one good document, read from a file."""
    of = outcome.values
    if of is None or outcome.problems or outcome.unread or len(of.layers) != 1:
        return None
    document = of.layers[0].document
    if document.surprises or document.file != outcome.file:
        return None
    manifests = [(one.template, one.text, one.body, dict(one.origins)) for one in outcome.manifests]
    return Sent(outcome.file, of.mode.name, document.number, document.value, of.given, of.filled, manifests)


def received(found: Sent, pack: Pack) -> Outcome:
    """The outcome that was sent."""
    document = Unmarked(found.file, found.number, found.value)
    values = Values(pack.mode(found.mode), [Layer(document)], found.given, found.filled)
    manifests = [
        Manifest(template, text, Document(f"templates/{template}", 1, body), origins)
        for template, text, body, origins in found.manifests
    ]
    return Outcome(found.file, values, manifests)
