"""A rendered manifest: its exact text and its parsed content."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from kaito_pack.base.display import json_text
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import PackError, ProblemsError
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Manifest, get
from kaito_pack.documents import Document, read_text
from kaito_pack.kubernetes.objects.apply_order import Bonds, bonds_of, in_apply_order, joined

IDENTITY: tuple[FieldPath, ...] = (("apiVersion",), ("kind",), ("metadata", "name"))


class RenderedManifest(NamedTuple):
    """One rendered manifest: its exact text and its parsed content."""

    template: str
    text: str
    document: Document
    # Parts of the manifest that the values contain literally: manifest path -> values path.
    origins: Mapping[FieldPath, FieldPath] = MappingProxyType({})

    @property
    def body(self) -> Manifest:
        """The manifest as plain data."""
        body: Manifest = self.document.value
        return body


def parsed(text: str, template: str) -> Document:
    """Return the only manifest of a rendered text. Raises PackError for any other content."""
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
    documents[0].root = None  # its lines are not needed, and take most of the memory: 20 KiB per file
    return documents[0]


def check_identity(manifest: RenderedManifest, wanted: Sequence[FieldPath]) -> None:
    """Raise PackError if one of the `wanted` fields, which identify a manifest, is not a string."""
    for path in wanted:
        part = get(manifest.body, path)
        if not isinstance(part, str) or not part:
            name = ".".join(map(str, path))
            raise PackError(
                f"templates/{manifest.template}: its output is not a manifest: {name} is not a string"
            )


def applied(manifests: Sequence[RenderedManifest]) -> list[RenderedManifest]:
    """Return the manifests in apply order."""
    return in_apply_order(manifests, lambda manifest: bonds_of(manifest.body))


def as_yaml(manifests: Sequence[RenderedManifest]) -> str:
    """Return one YAML stream with the manifests in apply order."""
    return "---\n".join(manifest.text for manifest in applied(manifests))


class Group(NamedTuple):
    """The content that a run keeps for one values file, and the bonds of its manifests to those of others."""

    content: Any
    bonds: Bonds


def grouped(keep: Callable[[Sequence[RenderedManifest]], Any], is_alone: bool) -> Callable[..., Group]:
    """Return a function that returns the content of `keep`, with the bonds unless the file `is_alone`."""

    def group(manifests: Sequence[RenderedManifest]) -> Group:
        bonds = () if is_alone else [bonds_of(manifest.body) for manifest in manifests]
        return Group(keep(manifests), joined(bonds))

    return group


def as_json(bodies: Sequence[Manifest]) -> str:
    """Return one manifest as JSON, or several as a List like kubectl's, in apply order."""
    bodies = in_apply_order(bodies, bonds_of)
    whole = bodies[0] if len(bodies) == 1 else {"apiVersion": "v1", "kind": "List", "items": bodies}
    return json_text(whole) + "\n"
