"""Values wrapped as a Kubernetes-style object, for tools that handle nothing else.

apiVersion: pack.kubefoundry.io/v1
kind: Values
metadata: {name: llama}     (for the tool only; it does not affect the model)
spec: {name: llama, modelSource: vllm, modelId: org/name}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem, ProblemsError
from kaito_pack.documents.document import Document, Duplicate, OddKey, Surprise, step_into
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.pack.files import API_VERSION
from kaito_pack.values.meanings import MODE

KIND = "Values"
Note = TypeVar("Note", Surprise, Duplicate, OddKey)
FIELDS = ("apiVersion", "kind", "metadata", "spec")


def is_wrapped(value: object) -> bool:
    """Return whether `value` has the apiVersion and kind of wrapped values."""
    return isinstance(value, dict) and value.get("apiVersion") == API_VERSION and value.get("kind") == KIND


def unwrapped(document: Document) -> Document:
    """Return the `spec` of wrapped values as a document with its places; return other documents unchanged.

    Raises ProblemsError if the wrapping is wrong, or the document is a manifest or another file of the pack.
    """
    if not is_wrapped(document.value):
        refuse_manifest(document)
        return document
    if wrong := [
        reported.located(document.place(reported.path, key=True)) for reported in check_wrapping(document)
    ]:
        raise ProblemsError(wrong)
    return part(document, ("spec",))


@rule("values/manifest-given", on="part")
def refuse_manifest(document: Document) -> None:
    """Raise ProblemsError if the document is an object of another kind instead of values."""
    value = document.value
    kind = value.get("kind") if isinstance(value, dict) and MODE not in value else None
    if not isinstance(kind, str) or not isinstance(value.get("apiVersion"), str) or is_wrapped(value):
        return
    uses: Mapping[str, str] = get_rule("values/manifest-given").parameters["uses"]
    own_kind = kind if value["apiVersion"] == API_VERSION else ""
    fix = uses.get(own_kind, uses["other"])
    raise ProblemsError([problem("values/manifest-given", (), document.place(()), kind=shown(kind), fix=fix)])


@rule(
    "values/pack-file-unknown-field",
    "values/pack-file-missing-field",
    "values/pack-file-wrong-type",
    on="shared",
)
def check_wrapping(document: Document) -> Iterator[Problem]:
    """Yield the problems of the fields around `spec`."""
    for name in document.value:
        if name not in FIELDS:
            close = did_you_mean(name, FIELDS)
            remedy = f"Did you mean {close}" if close else f"Use one of {', '.join(FIELDS)}"
            yield problem("values/pack-file-unknown-field", (name,), remedy=remedy)
    if "spec" not in document.value:
        yield problem("values/pack-file-missing-field", (), field="spec")
    elif not isinstance(document.value["spec"], dict):
        value = shown(document.value["spec"])
        yield problem("values/pack-file-wrong-type", ("spec",), value=value, expected="a map")


def part(document: Document, path: FieldPath) -> Document:
    """Return the part at `path` as a separate document that keeps its places in the whole."""
    value, entry = document.value, document.root
    for step in path:
        value = value[step]
        entry = step_into(entry.inside, step) if entry else None
    inner = Document(document.file, document.number, value, entry)
    inner.surprises = _inside(document.surprises, path)
    inner.duplicates = _inside(document.duplicates, path)
    inner.odd_keys = _inside(document.odd_keys, path)
    inner.spellings = {k[len(path) :]: raw for k, raw in document.spellings.items() if _is_in(k, path)}
    return inner


def _inside(notes: Sequence[Note], path: FieldPath) -> list[Note]:
    return [note._replace(path=note.path[len(path) :]) for note in notes if _is_in(note.path, path)]


def _is_in(path: FieldPath, above: FieldPath) -> bool:
    return len(path) > len(above) and path[: len(above)] == above
