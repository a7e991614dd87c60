"""A rendered manifest: its text, to the byte, and what it reads as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from kaito_pack.base.display import json_text
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import PackError, ProblemsError
from kaito_pack.base.trees import Manifest, get
from kaito_pack.documents import Document, read_text

EXTRA = "extraObjects"  # in place of the template, for an object that the user has added


IDENTITY: tuple[FieldPath, ...] = (("apiVersion",), ("kind",), ("metadata", "name"))


class RenderedManifest(NamedTuple):
    """One rendered manifest: its text, to the byte, and what it reads as."""

    template: str
    text: str
    document: Document
    # Where in the values a part of the manifest was written as it stands: manifest path -> values path.
    origins: Mapping[FieldPath, FieldPath] = MappingProxyType({})

    @property
    def body(self) -> Manifest:
        """The manifest as plain data."""
        body: Manifest = self.document.value
        return body


def parsed(text: str, template: str) -> Document:
    """Return the one manifest of a rendered text; PackError if it is not one."""
    try:
        documents = read_text(text, f"templates/{template}")
    except ProblemsError as error:
        problem = error.problems[0]
        raise PackError(f"templates/{template}: its output is not YAML: {problem.message}") from None
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise PackError(f"templates/{template}: its output is not one manifest")
    if documents[0].duplicates or documents[0].odd_keys:
        raise PackError(
            f"templates/{template}: its output has a duplicate key, or a key that is not a string"
        )
    documents[0].root = None  # its lines are not needed, and are most of what a file keeps, 20 KiB
    return documents[0]


def check_identity(manifest: RenderedManifest, wanted: Sequence[FieldPath]) -> None:
    """Raise PackError if one of the `wanted` fields, by which all else knows a manifest, is no text."""
    for path in wanted:
        part = get(manifest.body, path)
        if not isinstance(part, str) or not part:
            name = ".".join(map(str, path))
            raise PackError(
                f"templates/{manifest.template}: its output is not a manifest: {name} is not a string"
            )


def as_yaml(manifests: Sequence[RenderedManifest]) -> str:
    """One YAML stream."""
    return "---\n".join(manifest.text for manifest in manifests)


def as_json(bodies: Sequence[Manifest]) -> str:
    """One JSON object: the manifest itself, or a List of several, as kubectl prints them."""
    whole = bodies[0] if len(bodies) == 1 else {"apiVersion": "v1", "kind": "List", "items": bodies}
    return json_text(whole) + "\n"
