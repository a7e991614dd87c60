"""What became of the documents of a run: values or objects, and the problems of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem, merged
from kaito_pack.base.trees import Manifest, mapping
from kaito_pack.documents import Document
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.values.checking import Values
from kaito_pack.values.wrapping import KIND as VALUES
from kaito_pack.workspace.inference_sets import is_inference_set

Verdict = Literal["accepted", "refused", "undecidable", "skipped"]


@dataclass(slots=True)
class Entry:
    """One object, or the values that objects are rendered from; `document` counts from 1 within the file.

    `body` is None for values and for what is not an object, `path` the place in the document (of an item of a
    List), `manifest` the text that an object was rendered to. `is_known` is False for a kind of others.
    """

    file: str
    document: int
    kind: str = ""
    namespace: str = ""
    name: str = ""
    problems: list[Problem] = field(default_factory=list)
    is_known: bool = True
    body: Manifest | None = None
    path: FieldPath = ()
    manifest: RenderedManifest | None = None

    @property
    def verdict(self) -> Verdict:
        """What a cluster would say of the document itself; "undecidable" if only that cluster knows."""
        if not self.is_known:
            return "skipped"
        speakers = {"values", "crd", "webhook"}
        if self.body is None or not (is_workspace(self.body) or is_inference_set(self.body)):
            speakers.add("kubernetes")
        if self.kind == VALUES or self.manifest is not None:
            speakers.add("model")  # values that ask for what the engine rejects are not rendered
        if any(problem.is_error and problem.layer in speakers for problem in self.problems):
            return "refused"
        is_open = any(problem.severity == "undecidable" for problem in self.problems)
        return "undecidable" if is_open else "accepted"


def entry_of(
    body: Manifest, file: str, document: int, path: FieldPath = (), manifest: RenderedManifest | None = None
) -> Entry:
    """Return the entry of an object, whatever its fields hold."""
    metadata = mapping(body.get("metadata"))
    entry = Entry(file, document, _text(body.get("kind")), body=body, path=path, manifest=manifest)
    entry.namespace, entry.name = _text(metadata.get("namespace")), _text(metadata.get("name"))
    return entry


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else shown(value, quote=False)


@dataclass(slots=True)
class Judgement:
    """What became of one document: the objects in it, or values and the objects that they render to.

    `own` are the problems of the document as a whole, `unread` is the reason why it could not be judged,
    `written` the document if it is one of objects, `content` what a run keeps of the manifests.
    """

    file: str
    number: int = 1
    own: list[Problem] = field(default_factory=list)
    objects: list[Entry] = field(default_factory=list)
    values: Values | None = None
    is_values: bool = True
    written: Document | None = None
    unread: str | None = None
    content: Any = None

    @property
    def problems(self) -> list[Problem]:
        """All problems: of the document, then of each object."""
        return merged([*self.own, *(problem for entry in self.objects for problem in entry.problems)])

    @property
    def manifests(self) -> Sequence[RenderedManifest]:
        """What values render to, the Workspace first."""
        return [entry.manifest for entry in self.objects if entry.manifest is not None]

    @property
    def is_good(self) -> bool:
        """Whether the manifests may be printed."""
        return self.unread is None and not any(problem.is_error for problem in self.problems)

    def unchecked(self) -> Judgement:
        """Return a copy to be checked for another target; values and manifests are shared."""
        objects = [replace(entry, problems=list(entry.problems)) for entry in self.objects]
        return replace(self, own=list(self.own), objects=objects)

    def entries(self) -> Iterator[Entry]:
        """Yield an entry for values, and one for each object."""
        if self.is_values:
            entry = Entry(self.file, self.number, VALUES, problems=self.own)
            if self.values is not None:
                filled = self.values.filled
                entry.namespace, entry.name = filled["namespace"], filled["name"]
            yield entry
        yield from self.objects
