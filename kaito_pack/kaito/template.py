"""Finds fields that KAITO's webhook cannot decode, and fields that the cluster then drops.

The CRD does not define the pod template and the volume sources of adapters and tuning. The webhook decodes
them strictly into the Kubernetes API that this KAITO was built with (facts/kaito/versions.json). The
controller then sends the pod template to the cluster, which may run an older Kubernetes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest
from kaito_pack.facts.checks import rule
from kaito_pack.kaito import crd
from kaito_pack.kaito.fields import TEMPLATE
from kaito_pack.kaito.pods import RULES
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.kubernetes.decoding.decoding import Finding, decode
from kaito_pack.kubernetes.decoding.findings import named, problems_of

OpenPart = tuple[FieldPath, Any, str]


def check_template(manifest: Manifest, kaito: str, kubernetes: str) -> Iterator[Problem]:
    """Yield the problems of the parts that the CRD leaves open: the pod template and volume sources.

    `kaito` and `kubernetes` are the cluster's minor versions. Raises UsageError for an unknown one.
    """
    crd.schemas(kaito)
    yield from check_parts(open_parts(manifest), kaito, kubernetes)


def check_parts(parts: Iterable[OpenPart], kaito: str, kubernetes: str) -> Iterator[Problem]:
    """Yield the problems of parts that only KAITO's types define, given as path, value and definition."""
    api = crd.versions()[kaito]["kubernetesApi"]
    for path, value, name in parts:
        findings = list(_decoded(value, name, api))
        yield from _refused(findings, name, path, kaito, api)
        if kubernetes != api:
            yield from _too_new(value, name, path, findings, kubernetes)


def open_parts(manifest: Manifest) -> Iterator[OpenPart]:
    """Yield the parts that the CRD leaves open: path, value, Kubernetes definition."""
    inference, tuning = manifest.get("inference"), manifest.get("tuning")
    if isinstance(inference, dict):
        yield TEMPLATE, inference.get("template"), definitions.POD_TEMPLATE
        adapters = inference.get("adapters")
        for index, adapter in enumerate(adapters if isinstance(adapters, list) else ()):
            path = ("inference", "adapters", index, "source")
            yield from _volume_source(adapter.get("source") if isinstance(adapter, dict) else None, path)
    if isinstance(tuning, dict):
        for part in ("input", "output"):
            yield from _volume_source(tuning.get(part), ("tuning", part))


def _volume_source(parent: Any, path: FieldPath) -> Iterator[OpenPart]:
    if isinstance(parent, dict) and parent.get("volumeSource") is not None:
        yield (*path, "volumeSource"), parent["volumeSource"], definitions.VOLUME


def _decoded(value: Any, name: str, kubernetes: str) -> Iterator[Finding]:
    findings = decode(value, name, definitions.definition(kubernetes), case_sensitive=False)
    yield from findings
    # A volume source is a volume without its name.
    if name == definitions.VOLUME and isinstance(value, dict):
        for key in value:
            if str(key).lower() == "name":
                yield Finding("unknown", (key,), f"`{key}`", "")


@rule(
    "webhook/unknown-field",
    "webhook/wrong-type",
    "webhook/out-of-range",
    "webhook/bad-quantity",
    "webhook/bad-time",
    "webhook/bad-base64",
    "webhook/field-too-new",
    on="part",
)
def _refused(findings: list[Finding], name: str, path: FieldPath, kaito: str, api: str) -> Iterator[Problem]:
    """Yield the problems of fields that KAITO cannot decode, and identify those of a newer Kubernetes."""
    if not findings:
        return
    newest = definitions.definition(definitions.newest())
    for finding in findings:
        if finding.kind == "unknown" and _has_field(newest, name, finding.path):
            yield named("webhook/field-too-new", finding, path, kaito=kaito, api=api)
        elif finding.kind in RULES:
            yield named(RULES[finding.kind], finding, path)
        else:
            yield from problems_of([finding], "webhook", path, kaito=kaito, api=api)


def _has_field(pod: definitions.Definitions, name: str, path: FieldPath) -> bool:
    """Return whether the definition `name` of that Kubernetes has a field at `path`."""
    schema: Any = pod.schemas[name]
    if name == definitions.VOLUME and path == ("name",):
        return False
    for step in path:
        schema = pod.schemas.get(schema.get("$ref", ""), schema)
        key = "items" if isinstance(step, int) else "additionalProperties"
        below = schema.get("properties", {}).get(step) if isinstance(step, str) else None
        schema = below or schema.get(key)
        if not isinstance(schema, dict):
            return False
    return True


@rule("kubernetes/field-too-new", on="part")
def _too_new(
    value: Any, name: str, path: FieldPath, findings: list[Finding], kubernetes: str
) -> Iterator[Problem]:
    """Yield a problem for each field that KAITO has but the cluster's older Kubernetes silently drops."""
    reported = {finding.path for finding in findings}
    for finding in _decoded(value, name, kubernetes):
        if finding.kind == "unknown" and finding.path not in reported:
            yield named("kubernetes/field-too-new", finding, path, kubernetes=kubernetes)
