"""The results for the documents of a run: values or objects, and the problems of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem, merged, shorten
from kaito_pack.base.records import Slotted
from kaito_pack.base.trees import Manifest, mapping
from kaito_pack.documents import Document
from kaito_pack.facts.mutes import Mute
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.values.checking import Values
from kaito_pack.values.wrapping import KIND as VALUES
from kaito_pack.workspace.inference_sets import is_inference_set

Verdict = Literal["accepted", "refused", "undecidable", "skipped"]


class Entry(Slotted):
    """One object, or the values that objects are rendered from; `document` counts from 1 within the file.

    `body` is None for values and for anything that is not an object, `path` the place in the document (for an
    item of a List), `manifest` the text that an object was rendered to. `is_known` is False for a foreign
    kind.
    """

    __slots__ = (
        "body",
        "document",
        "file",
        "is_known",
        "kind",
        "manifest",
        "name",
        "namespace",
        "path",
        "problems",
    )

    def __init__(
        self,
        file: str,
        document: int,
        kind: str = "",
        namespace: str = "",
        name: str = "",
        problems: list[Problem] | None = None,
        body: Manifest | None = None,
        path: FieldPath = (),
        manifest: RenderedManifest | None = None,
    ) -> None:
        self.file, self.document = file, document
        self.kind, self.namespace, self.name = kind, namespace, name
        self.problems = [] if problems is None else problems
        self.is_known = True
        self.body, self.path, self.manifest = body, path, manifest

    def unchecked(self) -> Entry:
        """Return a copy with a separate list of problems; see `Judgement.unchecked`."""
        copy = Entry(self.file, self.document, self.kind, self.namespace, self.name, list(self.problems))
        copy.is_known, copy.body = self.is_known, self.body
        copy.path, copy.manifest = self.path, self.manifest
        return copy

    @property
    def verdict(self) -> Verdict:
        """A cluster's verdict on the document itself; "undecidable" if only that cluster can decide it."""
        if not self.is_known:
            return "skipped"
        speakers = {"values", "crd", "webhook"}
        if self.body is None or not (is_workspace(self.body) or is_inference_set(self.body)):
            speakers.add("kubernetes")
        if self.kind == VALUES or self.manifest is not None:
            speakers.add("model")  # values that request what the engine rejects are not rendered
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


class Judgement(Slotted):
    """The results for one document: its objects, or values and the objects that they render to.

    `own` are the problems of the document as a whole, `unread` is the reason why it could not be checked,
    `written` the document if it contains objects, `content` what a run keeps of the manifests. `mutes` are
    the rules that the values ignore, `used_mutes` those of values and target that ignored a problem.
    """

    __slots__ = (
        "content",
        "file",
        "is_values",
        "mutes",
        "number",
        "objects",
        "own",
        "unread",
        "used_mutes",
        "values",
        "written",
    )

    def __init__(
        self,
        file: str,
        number: int = 1,
        own: list[Problem] | None = None,
        objects: list[Entry] | None = None,
        values: Values | None = None,
        is_values: bool = True,
        written: Document | None = None,
        unread: str | None = None,
        content: Any = None,
    ) -> None:
        self.file, self.number = file, number
        self.own = [] if own is None else own
        self.objects = [] if objects is None else objects
        self.values, self.is_values = values, is_values
        self.written, self.unread, self.content = written, unread, content
        self.mutes: list[Mute] = []
        self.used_mutes: set[Mute] = set()

    @property
    def problems(self) -> list[Problem]:
        """All problems: of the document, then of each object."""
        return merged([*self.own, *(problem for entry in self.objects for problem in entry.problems)])

    @property
    def manifests(self) -> Sequence[RenderedManifest]:
        """The manifests that values render to, the Workspace first."""
        return [entry.manifest for entry in self.objects if entry.manifest is not None]

    @property
    def is_good(self) -> bool:
        """Whether the manifests may be printed."""
        return self.unread is None and not any(problem.is_error for problem in self.problems)

    def unchecked(self) -> Judgement:
        """Return a copy to check for another target; values and manifests are shared."""
        objects, own = [entry.unchecked() for entry in self.objects], list(self.own)
        copy = Judgement(self.file, self.number, own, objects, self.values, self.is_values)
        copy.written, copy.unread, copy.content = self.written, self.unread, self.content
        return copy

    def entries(self) -> Iterator[Entry]:
        """Yield an entry for the values, and one for each object."""
        if self.is_values:
            entry = Entry(self.file, self.number, VALUES, problems=self.own)
            if self.values is not None:
                filled = self.values.filled
                entry.namespace, entry.name = filled["namespace"], filled["name"]
            yield entry
        yield from self.objects


def shorten_files(judgements: Sequence[Judgement]) -> None:
    """Shorten the problems of each file, across all its documents and objects."""
    files: dict[str, list[list[Problem]]] = {}
    for judgement in judgements:
        lists = files.setdefault(judgement.file, [])
        lists += [judgement.own, *(entry.problems for entry in judgement.objects)]
    for lists in files.values():
        shorten(lists)
