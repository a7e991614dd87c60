"""The verdict on any file: values, manifests, the pack's own files; one entry a document.

`verdict` speaks of the document itself: refused exactly where the API server or KAITO's webhook would
refuse it. What breaks later is an error of an accepted document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem, ProblemsError, UsageError
from kaito_pack.base.trees import Manifest, mapping
from kaito_pack.documents import Document
from kaito_pack.facts.rules import problem
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.pack import Pack
from kaito_pack.pack import files as pack_files
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.run import judging as checks
from kaito_pack.run.pipeline import Outcome, Pipeline, surroundings, tell_of_twins
from kaito_pack.run.sources import Source, is_manifest
from kaito_pack.values.layers import Layer
from kaito_pack.values.wrapping import KIND as VALUES
from kaito_pack.values.wrapping import is_wrapped

Verdict = Literal["accepted", "refused", "undecidable", "skipped"]


@dataclass(slots=True)
class Entry:
    """One document and what was found: `document` counts from 1 within the file."""

    file: str
    document: int
    kind: str = ""
    namespace: str = ""
    name: str = ""
    problems: list[Problem] = field(default_factory=list)
    is_known: bool = True
    body: Manifest | None = None
    source: Document | None = None
    prefix: FieldPath = ()
    outcome: Outcome | None = None
    manifest: RenderedManifest | None = None

    @property
    def verdict(self) -> Verdict:
        """What a cluster would say of the document itself; "undecidable" if only that cluster knows."""
        if not self.is_known:
            return "skipped"
        speakers = {"values", "crd", "webhook"}
        if self.body is None or not is_workspace(self.body):
            speakers.add("kubernetes")
        if self.kind == VALUES:
            speakers.add("model")
        if any(one.is_error and one.layer in speakers for one in self.problems):
            return "refused"
        is_open = any(one.severity == "undecidable" for one in self.problems)
        return "undecidable" if is_open else "accepted"


@dataclass(slots=True)
class Report:
    """All entries of a run for one target."""

    entries: list[Entry] = field(default_factory=list)


class Validation:
    """Judges files for one target."""

    def __init__(
        self, pack: Pack, target: Target, below: Sequence[Layer] = (), above: Sequence[Layer] = ()
    ) -> None:
        self._pipeline = Pipeline(pack, target, below, above)
        self._pack, self._target = pack, target

    def run(self, sources: Sequence[Source], old: Sequence[Source] = ()) -> Report:
        """The verdicts on all documents of `sources`; `old` holds what is stored now.

        Raises ProblemsError where a file of `old` cannot be understood.
        """
        entries, stored = self._entries(sources), self._entries(old)
        if broken := [found for entry in stored for found in entry.problems if entry.body is None]:
            raise ProblemsError(broken)
        tell_of_twins([entry.outcome for entry in entries if entry.kind == VALUES and entry.outcome])
        around = surroundings(self._target, [entry.body for entry in entries if entry.body is not None])
        for entry in entries:
            self._judge(entry, _with_old(around, entry, stored))
        return Report(entries)

    def _entries(self, sources: Sequence[Source]) -> list[Entry]:
        entries: list[Entry] = []
        for source in sources:
            file, documents = source.file, source.documents
            if source.problems:
                entries.append(Entry(file, 1, problems=source.problems))
            elif any(is_manifest(document.value) for document in documents):
                entries += (entry for document in documents for entry in self._of(document, file))
            elif documents:
                entries += self._values(source)
        return entries

    def _of(self, document: Document, file: str) -> Iterator[Entry]:
        return (
            self._values(Source(file, [document]))
            if is_wrapped(document.value)
            else _manifests(document, file)
        )

    def _values(self, source: Source) -> Iterator[Entry]:
        outcome = self._pipeline.rendered(source)
        file, first = source.file, source.documents[0]
        entry = Entry(file, first.number, VALUES, problems=outcome.problems, outcome=outcome)
        if outcome.values is not None:
            entry.namespace, entry.name = outcome.values.filled["namespace"], outcome.values.filled["name"]
        yield entry
        for manifest in outcome.manifests:
            found = _entry(manifest.body, file, first)
            found.outcome, found.manifest = outcome, manifest
            yield found

    def _judge(self, entry: Entry, around: Surroundings) -> None:
        if entry.kind == VALUES and entry.outcome is not None:
            entry.problems = [*entry.problems, *self._pipeline.model_problems(entry.outcome)]
        elif entry.manifest is not None and entry.outcome is not None:
            entry.problems = self._pipeline.checked(entry.outcome, entry.manifest, around)
        elif entry.body is not None and entry.source is not None:
            if entry.prefix == ():
                entry.problems += _written(entry.source)
            found = self._checked(entry, around)
            entry.problems += [_located(one, entry.source, entry.prefix) for one in found]

    def _checked(self, entry: Entry, around: Surroundings) -> list[Problem]:
        body = entry.body or {}
        if _is_pack_file(body):
            # A problem of the pack's own file is told at the file's own places already.
            return _pack_file(entry, self._pack)
        for name in ("apiVersion", "kind"):
            if not isinstance(body.get(name), str) or not body[name]:
                return [problem("crd/no-kind", (name,), value=shown(body.get(name)), field=name)]
        found = checks.check(body, around)
        if found is None:
            from kaito_pack.kaito.kinds import skipped  # few manifests are of an unknown kind

            entry.is_known = False
            return [skipped(body, self._target)]
        return found


def _pack_file(entry: Entry, pack: Pack) -> list[Problem]:
    if entry.source is None or entry.kind not in pack_files.KINDS:
        choices = ", ".join((*pack_files.KINDS, VALUES))
        return [problem("values/pack-file-not-a-choice", ("kind",), value=shown(entry.kind), choices=choices)]
    if found := list(pack_files.check_file(entry.source, entry.kind)):
        return found
    from kaito_pack.models.catalogue import check_catalogue
    from kaito_pack.run import targets  # only for files of these kinds

    if entry.kind == "Catalogue":
        return list(check_catalogue(entry.source))
    try:
        (targets.read_target if entry.kind == "Target" else targets.read_fleet)(entry.file, pack)
    except ProblemsError as error:
        return error.problems
    except UsageError:
        pass  # read from stdin: there is no folder that its paths could be from
    return []


def _is_pack_file(body: Manifest) -> bool:
    return str(body.get("apiVersion", "")).startswith("pack.kubefoundry.io/")


def _manifests(document: Document, file: str) -> Iterator[Entry]:
    """An entry a manifest; the items of a List are manifests of their own."""
    body = document.value
    if not isinstance(body, dict):
        place = document.place(())
        found = [problem("crd/not-an-object", (), place, value=shown(body))]
        yield Entry(file, document.number, problems=found)
    elif str(body.get("kind", "")).endswith("List") and isinstance(body.get("items"), list):
        for index, item in enumerate(body["items"]):
            if isinstance(item, dict):
                yield _entry(item, file, document, ("items", index))
            else:
                place = document.place(("items", index))
                found = [problem("crd/not-an-object", (), place, value=shown(item))]
                yield Entry(file, document.number, problems=found)
    else:
        yield _entry(body, file, document)


def _entry(body: Manifest, file: str, document: Document, prefix: FieldPath = ()) -> Entry:
    metadata = mapping(body.get("metadata"))
    entry = Entry(file, document.number, _text(body.get("kind")), body=body, source=document, prefix=prefix)
    entry.namespace, entry.name = _text(metadata.get("namespace")), _text(metadata.get("name"))
    return entry


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else shown(value, quote=False)


def _written(document: Document) -> Iterator[Problem]:
    """A key that is written twice: kubectl keeps the last without a word, so the verdict stands."""
    for twice in document.duplicates:
        yield problem("controller/written-twice", twice.path, twice.place, first=twice.first_line)


def _located(found: Problem, document: Document, prefix: FieldPath) -> Problem:
    if found.place is not None:
        return found
    is_key = found.rule.endswith("/unknown-field")
    return found._replace(path=(*prefix, *found.path)).at(document.place((*prefix, *found.path), is_key))


def _with_old(around: Surroundings, entry: Entry, stored: Sequence[Entry]) -> Surroundings:
    """The surroundings with the stored object that `entry` would update, where there is one."""
    for other in stored:
        same_name = (other.kind, other.name) == (entry.kind, entry.name)
        # A namespace that one of the two leaves out is the one that kubectl adds.
        if same_name and (other.namespace == entry.namespace or not (other.namespace and entry.namespace)):
            return replace(around, old=other.body)
    return around
