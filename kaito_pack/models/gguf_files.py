"""Finds GGUF files that are missing from the repository of a Workspace, according to the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.sentences import filled
from kaito_pack.base.trees import get, texts
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.model import LONGEST_LIST, Model
from kaito_pack.models.serving import ServedWorkspace
from kaito_pack.workspace.model_reference import FILE_VIEWS

UNKNOWN = "model/gguf-file-unknown"
SHARD = r"-([0-9]{5})-of-([0-9]{5})(?=[.]gguf$)"  # number of the part, number of parts
REVISION = rf"/(?:{'|'.join(sorted(FILE_VIEWS))})/([^/]+)/"


@rule(UNKNOWN, on="part")
def check_gguf_file(
    file: str,
    model_id: str,
    catalogue: Catalogue,
    path: FieldPath,
    revision: str | None = None,
    finds_parts: bool = False,
) -> Iterator[Problem]:
    """Yield an error if the catalogue lists the GGUF files of a repository without `file`.

    `revision` is the one that the server requests; the catalogue has the files of one commit only.
    `finds_parts`: the server loads all parts of a sharded file if the name of the first part is given.
    """
    model = catalogue.find(model_id)
    if model is None or not model.gguf_files or len(model.gguf_files) >= LONGEST_LIST:
        return
    if revision not in (None, "main", model.revision):
        return
    names = [row.file for row in model.gguf_files]
    if file not in names:
        facts = {"file": shown(file), "model": shown(model_id)}
        yield problem(UNKNOWN, path, **facts, remedy=_remedy(file, model, names, finds_parts))


def check_served_file(served: ServedWorkspace, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield that error for the file that a Workspace's server downloads, at the argument that names it."""
    view = served.view
    if not (view.gguf_file and view.model_id and view.container):
        return
    path = (*view.container, "args")
    named = [
        (word, place) for word, place in texts(get(served.manifest, path), path) if view.gguf_file in word
    ]
    word, place = named[0] if named else ("", view.container)
    revision = re.search(REVISION, word)
    commit = unquote(revision[1]) if revision else None
    is_single = "://" in word  # a URL gets one file; llama.cpp's Hub options get all parts
    yield from check_gguf_file(
        unquote(view.gguf_file), view.model_id, catalogue, place, commit, finds_parts=not is_single
    )


def _remedy(file: str, model: Model, names: list[str], finds_parts: bool) -> str:
    first = re.sub(SHARD, r"-00001-of-\2", file)
    near = first if first in names else did_you_mean(file, names)
    part = "part" if finds_parts else "single"
    kind = "none" if near is None else part if near == first else "near"
    facts = {"near": shown(near), "id": model.model_id}
    return filled(get_rule(UNKNOWN).parameters["remedies"][kind], facts)
