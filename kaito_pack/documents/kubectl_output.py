"""Reads what kubectl printed: JSON or YAML, and names what was printed for people instead."""

from __future__ import annotations

import re

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import UsageError
from kaito_pack.documents import STDIN, Document, content_of, read_text

LONGEST_HEAD = 4000  # characters that are searched; a table's head and the first fields are there
# The head of a table: column names in capitals, NAME among the first two.
_TABLE = re.compile(r"\s*(?:NAMESPACE\s+)?NAME(?:\s{2,}[A-Z][A-Z0-9 ._()/-]*)*\s*(?:\n|$)")
_DESCRIPTION = re.compile(r"\s*Name:[ \t]+\S+[ \t]*\n(?:.*\n)*?(?:Namespace|Labels|API Version):[ \t]")
_NAMES = re.compile(r"(?:\s*[a-z][\w.-]*/[\w.-]+[ \t]*(?:\n|$))+$")
FORMS = (
    (_TABLE, "a table"),
    (_DESCRIPTION, "the output of kubectl describe"),
    (_NAMES, "a list of names"),
)


def read_output(path: str) -> list[Document]:
    """Return the documents of what kubectl printed, in the file at `path` or, for "-", on stdin.

    Raises UsageError for a table, a description or names, and as `documents.read_file` does.
    """
    content = content_of(path)
    name = STDIN if path == "-" else path
    if form := form_for_people(content):
        raise UsageError(f"{escaped(name)}: this is {form}; use `kubectl get … -o json`")
    return read_text(content, name)


def form_for_people(content: bytes | str) -> str | None:
    """Return what a text is that kubectl printed for people; None for anything else."""
    head = content[:LONGEST_HEAD]
    text = head.decode("utf-8", "replace") if isinstance(head, bytes) else head
    return next((form for pattern, form in FORMS if pattern.match(text)), None)
