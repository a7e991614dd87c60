"""The objects in files: manifests, Lists of them, and the pack's own kinds of file."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem, ProblemsError, UsageError, shorten
from kaito_pack.base.trees import Manifest
from kaito_pack.documents import Document
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kaito.target import Surroundings
from kaito_pack.pack import Pack
from kaito_pack.pack import files as pack_files
from kaito_pack.run import judging
from kaito_pack.run.judgement import Entry, Judgement, entry_of
from kaito_pack.run.sources import Source, is_manifest
from kaito_pack.values.wrapping import KIND as VALUES
from kaito_pack.values.wrapping import is_wrapped


def opened(source: Source) -> Iterator[Source | Judgement]:
    """Yield each values document of a file as a source, and its other documents as unchecked objects."""
    if source.problems:
        entry = Entry(source.file, 1, problems=source.problems)
        yield Judgement(source.file, objects=[entry], is_values=False)
    elif not any(is_manifest(document.value) for document in source.documents):
        if source.documents:
            yield source
    else:
        for document in source.documents:
            if is_wrapped(document.value):
                yield Source(source.file, [document])
            else:
                objects = list(_objects(document, source.file))
                yield Judgement(
                    source.file, document.number, objects=objects, is_values=False, written=document
                )


def _objects(document: Document, file: str) -> Iterator[Entry]:
    """Return an entry for each manifest; each item of a List is a separate manifest."""
    body = document.value
    is_list = isinstance(body, dict) and str(body.get("kind", "")).endswith("List")
    if is_list and isinstance(body.get("items"), list):
        for index, item in enumerate(body["items"]):
            yield _object(item, document, file, ("items", index))
    else:
        yield _object(body, document, file, ())


@rule("crd/not-an-object", on="part")
def _object(value: object, document: Document, file: str, path: FieldPath) -> Entry:
    if isinstance(value, dict):
        return entry_of(value, file, document.number, path)
    fault = problem("crd/not-an-object", (), document.place(path), value=shown(value))
    return Entry(file, document.number, problems=[fault])


def check(entry: Entry, document: Document, around: Surroundings, pack: Pack) -> tuple[list[Problem], bool]:
    """Return the problems of one object, each with its place, and whether its kind is known."""
    assert entry.body is not None
    problems = _check(entry, document, around, pack)
    is_known = problems is not None
    if problems is None:
        from kaito_pack.kaito.kinds import is_of_tool, skipped

        problems = [] if is_of_tool(entry.body) else [skipped(entry.body, around.target)]
    problems = list(problems)  # the list may belong to an error
    shorten([problems])
    # kubectl silently keeps the last of two equal keys, so a duplicate does not change the verdict.
    twice = _written_twice(document) if entry.path == () else []
    return [*twice, *(_located(each, document, entry.path) for each in problems)], is_known


@rule("crd/no-kind", on="shared")
def _check(entry: Entry, document: Document, around: Surroundings, pack: Pack) -> list[Problem] | None:
    body: Manifest = entry.body or {}
    if str(body.get("apiVersion", "")).startswith("pack.kubefoundry.io/"):
        return _pack_file(entry, document, pack)
    for name in ("apiVersion", "kind"):
        if not isinstance(body.get(name), str) or not body[name]:
            return [problem("crd/no-kind", (name,), value=shown(body.get(name)), field=name)]
    return judging.check(body, around)


@rule("values/pack-file-not-a-choice", on="shared")
def _pack_file(entry: Entry, document: Document, pack: Pack) -> list[Problem]:
    if entry.kind not in pack_files.KINDS:
        choices = ", ".join((*pack_files.KINDS, VALUES))
        facts = {"value": shown(entry.kind), "choices": choices}
        return [problem("values/pack-file-not-a-choice", ("kind",), **facts)]
    if faults := list(pack_files.check_file(document, entry.kind)):
        return faults
    from kaito_pack.models.catalogue import check_catalogue
    from kaito_pack.run import targets

    if entry.kind == "Catalogue":
        return list(check_catalogue(document))
    try:
        (targets.read_target if entry.kind == "Target" else targets.read_fleet)(entry.file, pack)
    except ProblemsError as error:
        return error.problems
    except UsageError:
        pass  # read from stdin: no folder for relative paths
    return []


@rule("controller/written-twice", on="part")
def _written_twice(document: Document) -> Iterator[Problem]:
    for twice in document.duplicates:
        yield problem("controller/written-twice", twice.path, twice.place, first=twice.first_line)


def _located(each: Problem, document: Document, path: FieldPath) -> Problem:
    if each.place is not None:
        return each
    is_key = each.rule.endswith("/unknown-field")
    whole = (*path, *each.path)
    return each._replace(path=whole).located(document.place(whole, is_key))
