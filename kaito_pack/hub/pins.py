"""Writes the commit of a model into a values file as `revision`."""

from __future__ import annotations

from collections.abc import Mapping

from kaito_pack.base.display import escaped, shown
from kaito_pack.base.problems import UsageError
from kaito_pack.documents import Document, read_text
from kaito_pack.values.meanings import named_values


def pinned(text: str, file: str, commits: Mapping[str, str]) -> str:
    """Return a values file with `revision` set to the commit of its model; all other lines stay.

    `commits` has the commits by model id in lower case. Raises UsageError for a file without one of these
    models, and ProblemsError for a file that cannot be read.
    """
    documents = read_text(text, file)
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise UsageError(f"{escaped(file)}: is not one map of values, so it cannot be pinned")
    document = documents[0]
    field, owner = named_values()["revision"], named_values()["model"]
    model_id = document.value.get(owner)
    commit = commits.get(model_id.lower()) if isinstance(model_id, str) else None
    if commit is None:
        named = f"has {owner} {shown(model_id)}" if isinstance(model_id, str) else f"has no {owner}"
        raise UsageError(f"{escaped(file)}: {named}. --pin is for values of a model that is being added")
    lines = text.splitlines(keepends=True)
    place = _line(document, owner, lines, file)
    if field not in document.value:
        end = "" if lines[place].endswith("\n") else "\n"
        lines.insert(place + 1, f"{end}{field}: {commit}\n")
        return "".join(lines)
    line = _line(document, field, lines, file)
    comment = lines[line].partition(" #")[2]
    lines[line] = f"{field}: {commit}" + (f" #{comment}" if comment else "\n")
    return "".join(lines)


def _line(document: Document, key: str, lines: list[str], file: str) -> int:
    """Return the line index of a top-level key. Raises UsageError if it does not have its own line."""
    number = document.place((key,), key=True).line - 1
    has_own_line = lines[number].replace('"', "").replace("'", "").startswith(f"{key}:")
    value = document.place((key,)).line - 1
    if not has_own_line or value != number:
        raise UsageError(
            f"{escaped(file)}: {key} is not on a separate line, so it cannot be pinned. Put it on one"
        )
    return number
