"""Finds the parts of a manifest that KAITO's controller would rewrite.

KAITO writes every Workspace back through its Go types. If these types print a value differently, KAITO and
the owner keep overwriting each other: server-side apply conflicts, and `kubectl diff` and GitOps tools always
see drift. Observed with KAITO v0.8.1 and v0.12.0 on Kubernetes 1.35.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, Manifest, entries, mapping, strings
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem, rules
from kaito_pack.kaito.printing import always_printed, is_quantity_map, is_text_map, stays_empty
from kaito_pack.kubernetes.decoding.amounts import printed

OWN_ANNOTATIONS = "workspace.kaito.io/"
QUANTITIES = {"divisor", "sizeLimit"}
DEEPEST = 60  # steps; no type of KAITO or Kubernetes is nested that deeply
WRITTEN_BACK = ("resource", "inference", "tuning")


def check(manifest: Manifest, kaito: str = "0.12") -> Iterator[Problem]:
    """Yield a warning for each part of a Workspace that this KAITO minor would rewrite: it causes drift."""
    yield from check_owned(mapping(manifest.get("metadata")))
    for part in WRITTEN_BACK:
        if isinstance(manifest.get(part), Mapping):
            yield from check_map(manifest[part], (part,), kaito)


def form_of(kaito: str) -> bool:
    """Return the only difference between KAITO minors in the form that they write."""
    return rules("controller")["controller/creation-timestamp"].holds_for(kaito)


@rule("controller/finalizer-set", "controller/own-annotation", on="part")
def check_owned(metadata: Fields) -> Iterator[Problem]:
    """Yield the fields of a Workspace's metadata that only KAITO should write."""
    if metadata.get("finalizers"):
        yield problem("controller/finalizer-set", ("metadata", "finalizers"))
    for key, _ in strings(metadata.get("annotations")):
        if key.startswith(OWN_ANNOTATIONS):
            yield problem("controller/own-annotation", ("metadata", "annotations", key), key=shown(key))


@rule("controller/resources-missing", "controller/claim-metadata-missing", on="part")
@rule("controller/divisor-missing", on="shared")
def check_map(owner: Fields, path: FieldPath, kaito: str) -> Iterator[Problem]:
    """Yield the rewritten parts of one map and everything below it."""
    if len(path) > DEEPEST:
        return
    for key, value in owner.items():
        name = str(key)
        yield from check_field(name, value, (*path, name), kaito)
    if path[-2:-1] in (("containers",), ("initContainers",)) and owner.get("resources") is None:
        yield problem("controller/resources-missing", (*path, "resources"))
    if path[-1] == "resourceFieldRef" and "divisor" not in owner:
        yield problem("controller/divisor-missing", path, default='"0"')
    if path[-1] == "volumeClaimTemplate" and "metadata" not in owner:
        yield problem("controller/claim-metadata-missing", path)


@rule("controller/creation-timestamp", on="part")
@rule("controller/empty-field", on="shared")
def check_field(name: str, value: object, path: FieldPath, kaito: str) -> Iterator[Problem]:
    """Yield the rewritten parts of one field."""
    if name == "creationTimestamp" and value is None:
        if form_of(kaito):
            yield problem("controller/creation-timestamp", path)
    elif name == "resources" and value is None:
        return  # other rules report a missing one in a container
    elif name in QUANTITIES:
        yield from check_quantity(value, path)
    elif is_empty(value) and not stays_empty(path, value):
        yield problem("controller/empty-field", path, value=shown(value if value != "" else '""'))
    elif is_quantity_map(path):
        for key, amount in strings(value):
            yield from check_quantity(amount, (*path, key))
    elif is_text_map(path):
        for key, text in strings(value):
            if text is None:
                yield problem("controller/empty-field", (*path, key), value=shown(text))
    elif isinstance(value, dict):
        yield from check_map(value, path, kaito)
    elif isinstance(value, list):
        yield from check_items(value, path)
        for entry, entry_path in entries(value, path):
            yield from check_map(entry, entry_path, kaito)


@rule("controller/null-item", on="part")
def check_items(items: list[Any], path: FieldPath) -> Iterator[Problem]:
    """Yield the null items of a list, which Go's types read as an empty text or an empty object.

    Outside the pod template, the CRD rejects them.
    """
    if "template" in path:
        for index, item in enumerate(items):
            if item is None:
                yield problem("controller/null-item", (*path, index), field=path[-1])


def is_empty(value: object) -> bool:
    """Return whether Go's types treat the value as unset: null, an empty text, list or map, false, zero."""
    return not value


@rule("controller/quantity-not-canonical", on="part")
@rule("controller/divisor-missing", "controller/empty-field", on="shared")
def check_quantity(value: object, path: FieldPath) -> Iterator[Problem]:
    """Yield a problem if a quantity is not in the form that Kubernetes prints."""
    canonical = "0" if value is None and path[-1] not in QUANTITIES else printed(value)
    if value is None and path[-1] in QUANTITIES and not always_printed(str(path[-1])):
        yield problem("controller/empty-field", path, value=shown(value))
    elif canonical is None and value is None:
        yield problem("controller/divisor-missing", path, default='"0"')
    elif canonical is not None and canonical != value:
        yield problem("controller/quantity-not-canonical", path, value=shown(value), canonical=canonical)
