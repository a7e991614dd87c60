"""Handles a KRM function call: reads a ResourceList and returns it with the rendered manifests.

The functionConfig contains values (`wrapping`). The rendered manifests are added to the items. They replace
items of an earlier run of this pack; any other object with the same name is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem, ProblemsError, UsageError
from kaito_pack.base.secrets import without_secrets
from kaito_pack.base.trees import Manifest
from kaito_pack.documents import Document
from kaito_pack.documents.scalars import to_yaml
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.krm.results import CONFIG, PATH, field_of, line, metadata_of, result
from kaito_pack.kubernetes.objects.apply_order import bonds_of, in_apply_order
from kaito_pack.pack.files import API_VERSION
from kaito_pack.rendering.manifests import applied
from kaito_pack.run.judgement import Judgement
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import Source
from kaito_pack.values.wrapping import KIND, is_wrapped, part
from kaito_pack.workspace.identity import identity

INDEX = "config.kubernetes.io/index"
# Kubernetes' recommended labels for the owner of an object; they identify objects of the pack.
OWNER = ("app.kubernetes.io/name", "app.kubernetes.io/instance")


@dataclass(frozen=True)
class Answer:
    """The output ResourceList, and the problems, one line each, for people."""

    text: str
    lines: Sequence[str]
    is_good: bool


def answer(documents: Sequence[Document], pipeline: Pipeline) -> Answer:
    """Return the answer to the ResourceList on stdin; UsageError for anything else."""
    whole = documents[0].value
    if len(documents) > 1 or not isinstance(whole, dict) or whole.get("kind") != "ResourceList":
        raise UsageError(f"{documents[0].file}: not a ResourceList. A KRM function reads one from stdin")
    items = whole.get("items") or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UsageError(f"{documents[0].file}: the items of the ResourceList are not a list of objects")
    try:
        config = function_config(documents[0])
        (outcome,) = pipeline.judge([Source(config.file, [config])])
        outcome.own += taken(items, outcome)
    except ProblemsError as error:
        config, outcome = documents[0], Judgement(documents[0].file, own=error.problems)
    problems = [each for each in outcome.problems if each.layer != "advice"]
    fields = [field_of(each, config) for each in problems]
    if outcome.is_good:
        items = in_apply_order([*remaining(items, outcome), *annotated(outcome)], bonds_of)
    echoed = without_secrets(config.value)
    # The items go to a cluster unchanged; the rest is only printed, and may be logged.
    out = {name: value if name == "items" else without_secrets(value) for name, value in whole.items()}
    out["items"] = items
    out.pop("results", None)
    if problems:
        out["results"] = [result(*pair, echoed) for pair in zip(problems, fields, strict=True)]
    lines = [line(*pair, echoed) for pair in zip(problems, fields, strict=True)]
    return Answer(to_yaml(out), lines, outcome.is_good)


@rule("values/pack-file-not-a-choice", "values/pack-file-missing-field", on="shared")
def function_config(document: Document) -> Document:
    """Return the functionConfig as a document. ProblemsError if it does not contain values."""
    config = document.value.get(CONFIG[0])
    if is_wrapped(config):
        return part(document, CONFIG)
    place = document.place(CONFIG)
    if not isinstance(config, dict):
        raise ProblemsError([problem("values/pack-file-missing-field", (), place, field=CONFIG[0])])
    name, wanted = ("kind", KIND) if config.get("apiVersion") == API_VERSION else ("apiVersion", API_VERSION)
    facts = {"value": shown(config.get(name)), "choices": wanted}
    raise ProblemsError([problem("values/pack-file-not-a-choice", (*CONFIG, name), place, **facts)])


def is_own(item: Manifest, manifest: Manifest, file: str) -> bool:
    """Return whether an earlier run rendered `item`: it has the owner or the file of `manifest`."""
    annotations, labels = metadata_of(item, "annotations"), metadata_of(item, "labels")
    if file in (annotations.get(PATH), annotations.get(f"internal.{PATH}")):
        return True
    owner = metadata_of(manifest, "labels")
    return all(label in owner and owner[label] == labels.get(label) for label in OWNER)


def file_of(outcome: Judgement) -> str:
    """Return the file for the manifests of one values document, as in the output tree."""
    metadata = outcome.manifests[0].body["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}.yaml"


@rule("values/object-taken", on="part")
def taken(items: Sequence[Manifest], outcome: Judgement) -> Iterator[Problem]:
    """Yield a problem for each manifest whose name another object has."""
    if outcome.values is None or not outcome.manifests:
        return
    rendered = {identity(manifest.body, ""): manifest.body for manifest in outcome.manifests}
    for item in items:
        manifest = rendered.get(identity(item, ""))
        if manifest is not None and not is_own(item, manifest, file_of(outcome)):
            _, kind, namespace, name = identity(item, "")
            facts = {"kind": shown(kind), "namespace": shown(namespace), "name": shown(name)}
            yield problem("values/object-taken", ("name",), outcome.values.place(("name",)), **facts)


def remaining(items: Sequence[Manifest], outcome: Judgement) -> list[Manifest]:
    """Return the items that the rendered manifests do not replace."""
    rendered = {identity(manifest.body, "") for manifest in outcome.manifests}
    return [item for item in items if identity(item, "") not in rendered]


def annotated(outcome: Judgement) -> Iterator[Manifest]:
    """Yield the rendered manifests, each annotated with its file and its position in the file."""
    file = file_of(outcome)
    for index, manifest in enumerate(applied(outcome.manifests)):
        metadata = manifest.body["metadata"]
        annotations = {**(metadata.get("annotations") or {}), PATH: file, INDEX: str(index)}
        yield {**manifest.body, "metadata": {**metadata, "annotations": annotations}}
