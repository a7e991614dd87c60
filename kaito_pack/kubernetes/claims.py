"""What the API server says of claims for storage.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.kubernetes import names
from kaito_pack.kubernetes.amounts import amount
from kaito_pack.kubernetes.asking import likely, named, one_of, required
from kaito_pack.kubernetes.metadata import check_annotations, check_labels
from kaito_pack.kubernetes.selectors import check_selector
from kaito_pack.kubernetes.shapes import Fields, fields, sequence, strings, unset
from kaito_pack.problems import Path, Problem, shown
from kaito_pack.rules import problem

ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")


def check_claim_template(template: Fields, path: Path) -> Iterator[Problem]:
    """What is wrong with the template of a claim that is made with its pod."""
    metadata = fields(template.get("metadata"))
    for name, value in strings(metadata):
        if name not in {"labels", "annotations"} and not unset(value) and value not in ([], {}):
            yield problem("kubernetes/claim-template-metadata", (*path, "metadata", name), field=shown(name))
    yield from check_labels(metadata.get("labels"), (*path, "metadata", "labels"))
    yield from check_annotations(metadata.get("annotations"), (*path, "metadata", "annotations"))
    yield from check_claim(fields(template.get("spec")), (*path, "spec"))


def check_claim(spec: Fields, path: Path) -> Iterator[Problem]:
    """What is wrong with the `spec` of a PersistentVolumeClaim."""
    yield from required(spec, ["accessModes"], path, "a claim for storage")
    modes = sequence(spec.get("accessModes"))
    for index, mode in enumerate(modes):
        if isinstance(mode, str) and mode not in ACCESS_MODES:
            guess = likely(mode, ACCESS_MODES)
            hint = f"Did you mean {guess}" if guess else "Use one of " + ", ".join(ACCESS_MODES)
            facts = {"field": "accessModes", "choices": ", ".join(ACCESS_MODES), "hint": hint}
            at = (*path, "accessModes", index)
            yield problem("kubernetes/value-not-supported", at, None, value=shown(mode), **facts)
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        yield problem("kubernetes/access-mode-alone", (*path, "accessModes"))
    yield from check_storage(fields(spec.get("resources")), (*path, "resources"))
    yield from named(spec, "storageClassName", names.is_subdomain, path)
    yield from one_of(spec, "volumeMode", ("Filesystem", "Block"), path, empty=False)
    if spec.get("selector") is not None:
        yield from check_selector(spec["selector"], (*path, "selector"))


def check_storage(resources: Fields, path: Path) -> Iterator[Problem]:
    """What is wrong with how much storage a claim asks for."""
    requests = fields(resources.get("requests"))
    storage, at = requests.get("storage"), (*path, "requests", "storage")
    if storage is None:
        yield problem("kubernetes/field-required", at, field="storage", what="a claim for storage")
    number = amount(storage)
    if number is not None and number <= 0:
        yield problem("kubernetes/storage-amount", at, value=shown(storage))
    limit = amount(fields(resources.get("limits")).get("storage"))
    if number is not None and limit is not None and number > limit:
        facts = {
            "resource": "`storage`",
            "request": shown(storage),
            "limit": shown(resources["limits"]["storage"]),
        }
        yield problem("kubernetes/request-above-limit", at, None, **facts)
