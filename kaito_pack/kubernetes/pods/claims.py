"""The API server's checks of storage claims.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, mapping, sequence, strings, text, texts, unset
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.amounts import amount
from kaito_pack.kubernetes.decoding.asking import choice_hint, named, one_of, required
from kaito_pack.kubernetes.decoding.metadata import check_annotations, check_labels
from kaito_pack.kubernetes.decoding.selectors import check_selector

DATA_SOURCES = ("dataSource", "dataSourceRef")
CLAIM = "PersistentVolumeClaim"
SNAPSHOT = ("snapshot.storage.k8s.io", "VolumeSnapshot")
ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")


@rule("kubernetes/claim-template-metadata", on="part")
def check_claim_template(template: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the template of a claim that is created with its pod."""
    metadata = mapping(template.get("metadata"))
    for name, value in strings(metadata):
        if name not in {"labels", "annotations"} and not unset(value) and value not in ([], {}):
            yield problem("kubernetes/claim-template-metadata", (*path, "metadata", name), field=shown(name))
    yield from check_labels(metadata.get("labels"), (*path, "metadata", "labels"))
    yield from check_annotations(metadata.get("annotations"), (*path, "metadata", "annotations"))
    yield from check_claim(mapping(template.get("spec")), (*path, "spec"))


def check_claim(spec: Fields, path: FieldPath, alone: bool = False) -> Iterator[Problem]:
    """Yield the problems with the `spec` of a PersistentVolumeClaim; `alone` if it is not a template.

    In a claim that is not a template, the API server drops a `dataSource` of an unknown kind.
    """
    yield from required(spec, ["accessModes"], path, "a claim for storage")
    yield from check_access_modes(sequence(spec.get("accessModes")), path)
    yield from check_storage(mapping(spec.get("resources")), (*path, "resources"))
    yield from named(spec, "storageClassName", names.is_subdomain, path)
    yield from one_of(spec, "volumeMode", ("Filesystem", "Block"), path, empty=False)
    yield from check_data_sources(_with_sources_used(spec) if alone else spec, path)
    yield from named(spec, "volumeAttributesClassName", names.is_subdomain, path)
    if spec.get("selector") is not None:
        yield from check_selector(spec["selector"], (*path, "selector"))


@rule("kubernetes/access-mode-alone", on="part")
@rule("kubernetes/value-not-supported", on="shared")
def check_access_modes(modes: list[Any], path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the access modes of a volume or claim."""
    for mode, mode_path in texts(modes, (*path, "accessModes")):
        if mode not in ACCESS_MODES:
            hint = choice_hint(mode, ACCESS_MODES)
            facts = {"field": "accessModes", "choices": ", ".join(ACCESS_MODES), "hint": hint}
            yield problem("kubernetes/value-not-supported", mode_path, None, value=shown(mode), **facts)
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        yield problem("kubernetes/access-mode-alone", (*path, "accessModes"))


def _with_sources_used(spec: Fields) -> Fields:
    """Return the spec of a claim without a `dataSource` that the API server drops."""
    source = mapping(spec.get("dataSource"))
    used = (text(source.get("apiGroup")), text(source.get("kind"))) in (("", CLAIM), SNAPSHOT)
    return spec if used else {**spec, "dataSource": None}


@rule("kubernetes/data-source-kind", "kubernetes/data-sources-differ", on="part")
@rule("kubernetes/label-format", on="shared")
def check_data_sources(spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the data sources of a claim."""
    given = [mapping(spec[field]) for field in DATA_SOURCES if isinstance(spec.get(field), dict)]
    for field in DATA_SOURCES:
        if not isinstance(spec.get(field), dict):
            continue
        source, source_path = mapping(spec[field]), (*path, field)
        yield from required(source, ["name", "kind"], source_path, f"a {field}")
        yield from named(source, "apiGroup", names.is_subdomain, source_path)
        yield from named(source, "namespace", names.is_dns_label, source_path, "kubernetes/label-format")
        if not text(source.get("apiGroup")) and text(source.get("kind")) not in {"", CLAIM}:
            yield problem("kubernetes/data-source-kind", (*source_path, "kind"), value=shown(source["kind"]))
    references = {
        tuple(text(source.get(field)) for field in ("apiGroup", "kind", "name")) for source in given
    }
    if len(references) > 1 and not text(given[1].get("namespace")):
        yield problem("kubernetes/data-sources-differ", (*path, "dataSource"))


@rule("kubernetes/storage-amount", "kubernetes/field-required", on="shared")
def check_storage(resources: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the storage that a claim requests."""
    requests = mapping(resources.get("requests"))
    storage, storage_path = requests.get("storage"), (*path, "requests", "storage")
    if storage is None:
        yield problem("kubernetes/field-required", storage_path, field="storage", what="a claim for storage")
    number = amount(storage)
    if number is not None and number <= 0:
        yield problem("kubernetes/storage-amount", storage_path, value=shown(storage))
