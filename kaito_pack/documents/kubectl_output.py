"""Reads kubectl's output: JSON or YAML. Output formatted for people is rejected by its name."""

from __future__ import annotations

import re

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import UsageError
from kaito_pack.documents import STDIN, Document, content_of, read_text

LONGEST_HEAD = 4000  # characters searched; a table's header and the first fields are among them
# A table's header: column names in capitals, NAME among the first two.
_TABLE = re.compile(r"\s*(?:NAMESPACE\s+)?NAME(?:\s{2,}[A-Z][A-Z0-9 ._()/-]*)*\s*(?:\n|$)")
_DESCRIPTION = re.compile(r"\s*Name:[ \t]+\S+[ \t]*\n(?:.*\n)*?(?:Namespace|Labels|API Version):[ \t]")
_NAMES = re.compile(r"(?:\s*[a-z][\w.-]*/[\w.-]+[ \t]*(?:\n|$))+$")
FORMS = (
    (_TABLE, "a table"),
    (_DESCRIPTION, "the output of kubectl describe"),
    (_NAMES, "a list of names"),
)


def read_output(path: str) -> list[Document]:
    """Return the documents of kubectl's output in the file at `path` or, for "-", on stdin.

    Raises UsageError for a table, a description or a list of names, and as `documents.read_file` does.
    """
    content = content_of(path)
    name = STDIN if path == "-" else path
    if form := form_for_people(content):
        raise UsageError(f"{escaped(name)}: this is {form}; use `kubectl get … -o json`")
    return read_text(content, name)


def form_for_people(content: bytes | str) -> str | None:
    """Return the name of the kubectl format that is meant for people; None for any other text."""
    head = content[:LONGEST_HEAD]
    text = head.decode("utf-8", "replace") if isinstance(head, bytes) else head
    return next((form for pattern, form in FORMS if pattern.match(text)), None)
