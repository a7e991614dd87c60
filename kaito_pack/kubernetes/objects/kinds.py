"""Checks an object of a built-in kind as the API server does: a Service, a ConfigMap, a Job …"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, Schema
from kaito_pack.facts import rules
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.kubernetes.decoding.decoding import Finding, decode
from kaito_pack.kubernetes.decoding.findings import problems_of
from kaito_pack.kubernetes.decoding.object_meta import NameForm, check_metadata


def is_builtin(manifest: Manifest, kubernetes: str) -> bool:
    """Return whether a manifest is of a kind that this Kubernetes minor has."""
    api_version, kind = manifest.get("apiVersion"), manifest.get("kind")
    is_named = isinstance(api_version, str) and isinstance(kind, str)
    return is_named and definitions.of_kind(kubernetes, str(api_version), str(kind)) is not None


def check_builtin(manifest: Manifest, kubernetes: str) -> list[Problem] | None:
    """Return the problems of an object of a built-in kind in the API server of that Kubernetes minor.

    Covers strict decoding, required fields and `metadata`. None for a kind that this Kubernetes does not
    have. Raises UsageError for an unknown version.
    """
    api_version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return None
    known = definitions.of_kind(kubernetes, api_version, kind)
    if known is None:
        return None
    findings = list(decode(dict(manifest), known.root, known, case_sensitive=True))
    findings += missing(manifest, known)
    if "metadata" in known.schemas[known.root].get("properties", {}):
        parameters = rules.rules("kubernetes")["kubernetes/bad-name"].parameters
        standard = None if kind in parameters["anyFinalizer"] else parameters["standardFinalizers"]
        wrong = check_metadata(manifest.get("metadata"), name_form(kind, kubernetes), standard)
        is_named = kind in rules.rules("kubernetes")["kubernetes/missing-name"].parameters["namedByServer"]
        findings += (finding for finding in wrong if not is_named or finding.kind != "name-missing")
    return list(problems_of(findings, "kubernetes", kubernetes=kubernetes, kind=kind))


def name_form(kind: str, kubernetes: str) -> NameForm:
    """Return the required form of names of this kind in that Kubernetes minor."""
    parameters = rules.rules("kubernetes")["kubernetes/bad-name"].parameters
    forms: dict[str, NameForm] = dict(parameters["forms"])
    for since, later in parameters["laterForms"].items():
        if rules.minor(kubernetes) >= rules.minor(since):
            forms.update(later)
    return forms.get(kind, "subdomain")


def missing(manifest: Manifest, known: definitions.Definitions) -> Iterator[Finding]:
    """Yield the required fields that an object lacks, except in its status, which a create drops."""
    filled = rules.rules("kubernetes")["kubernetes/missing-field"].parameters["filled"]
    spec = {key: value for key, value in manifest.items() if key not in ("status", "metadata")}
    yield from _missing(spec, {"$ref": known.root}, (), known.schemas, filled)


def _missing(
    value: Any, schema: Any, path: FieldPath, schemas: Mapping[str, Schema], filled: Mapping[str, list[str]]
) -> Iterator[Finding]:
    name = schema.get("$ref", "")
    schema = schemas.get(name, schema)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _missing(item, schema.get("items", {}), (*path, index), schemas, filled)
    elif isinstance(value, dict):
        for field in schema.get("required", ()):
            if value.get(field) is None and field not in filled.get(name.rpartition(".")[2], ()):
                yield Finding("missing", (*path, field), field, field)
        fields, other = schema.get("properties", {}), schema.get("additionalProperties", {})
        for key, child in value.items():
            if child is not None and (below := fields.get(key, other)):
                yield from _missing(child, below, (*path, str(key)), schemas, filled)
