"""Reads the text of a file: as YAML, or as JSON if YAML parsers reject or misread it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.events import Event

from kaito_pack.base.problems import ProblemsError
from kaito_pack.documents import source_text
from kaito_pack.documents.builder import Builder
from kaito_pack.documents.document import Document

CParser: Any
try:
    from yaml import _yaml

    CParser = _yaml.CParser
except ImportError:
    CParser = None


def read_stream(text: bytes | str, file: str) -> list[Document]:
    """Return the non-empty documents of `text`. Raises ProblemsError if it cannot be read."""
    encoded = source_text.utf_8(text, file)
    decoded = encoded.decode()
    if source_text.yaml_may_misread(decoded):
        documents = json_documents(decoded, file)
        if documents is not None:
            return documents
    try:
        documents = Builder(file, decoded).read(yaml_events(encoded))
    except yaml.YAMLError as error:
        documents = json_documents(decoded, file)
        if documents is None:
            raise ProblemsError([source_text.yaml_problem(error, decoded, file)]) from error
    if any(document.surprises for document in documents):  # JSON readers all agree on JSON
        return json_documents(decoded, file) or documents
    return documents


def json_documents(text: str, file: str) -> list[Document] | None:
    """Return the documents of a JSON text; None if it is not JSON."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    from kaito_pack.documents.json_events import json_events

    events = json_events(text)
    return None if events is None else Builder(file, "", is_json=True).read(events)


def yaml_events(encoded: bytes) -> Iterator[Event]:
    """Return the events of libyaml's parser, or of PyYAML's own if libyaml is missing."""
    if CParser is None:
        return source_text.python_events(encoded)
    events: Iterator[Event] = iter(CParser(encoded).get_event, None)
    return events
