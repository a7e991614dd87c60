"""Checks a Workspace or an InferenceSet by its CRD, as the API server does before it calls a webhook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.problems import Problem, UsageError
from kaito_pack.base.trees import Manifest, Schema
from kaito_pack.facts import rules
from kaito_pack.facts.checks import rule
from kaito_pack.facts.tables import files, first, per_pack, table
from kaito_pack.kaito.fields import GROUP, KIND
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.kubernetes.decoding.decoding import ValueCheck
from kaito_pack.kubernetes.decoding.foreign_schema import custom_check
from kaito_pack.kubernetes.objects.custom_kinds import check_resource
from kaito_pack.workspace import inference_sets

# Below facts/kaito/, the folder of each kind's schemas.
FOLDERS: Mapping[str, str] = {KIND: "", inference_sets.KIND: "inferencesets/"}


@per_pack
def versions() -> Mapping[str, Mapping[str, str]]:
    """Return the KAITO minors that the pack supports, each with its `release` and its `kubernetesApi`.

    `schema` names another minor if both have the same CRDs.
    """
    return table("kaito/versions.json")


def schema_name(kaito: str) -> str:
    """Return the minor whose file has the CRDs of a KAITO minor: an earlier one if both have the same."""
    return versions().get(kaito, {}).get("schema", kaito)


def kubernetes_api(kaito: str) -> str:
    """Return the minor of the Kubernetes API that a KAITO minor was built with; empty if it is unknown."""
    return versions().get(kaito, {}).get("kubernetesApi", "")


@per_pack
def schemas(kaito: str, kind: str = KIND) -> Mapping[str, Schema]:
    """Return the OpenAPI schema of each served API version ("v1beta1") of a kind in a KAITO minor.

    Empty for a kind that this KAITO does not have. Raises UsageError for an unknown KAITO minor.
    """
    if kaito not in versions():
        known = list(versions())
        raise UsageError(f"KAITO {kaito} is not supported. Use a version from {known[0]} to {known[-1]}")
    file = f"kaito/{FOLDERS[kind]}{schema_name(kaito)}.json"
    return first(file) if kind == KIND or files(file) else {}


@per_pack
def _check_of(kaito: str, kind: str, api: str) -> ValueCheck:
    name = f"kaito/{FOLDERS[kind]}{schema_name(kaito)}.json"
    return custom_check(schemas(kaito, kind)[api], name)


@rule("crd/wrong-kind", "crd/unknown-version", on="part")
def check(
    manifest: Manifest, kaito: str, kubernetes: str | None = None, kind: str = KIND
) -> Iterator[Problem]:
    """Yield the reasons why the API server rejects a manifest of a kind, by the CRD of that KAITO minor.

    `kubernetes` is the cluster's minor version (it decodes `metadata`), the newest by default. Raises
    UsageError for an unknown version.
    """
    served = schemas(kaito, kind)
    group, _, api = str(manifest.get("apiVersion")).rpartition("/")
    if group != GROUP or manifest.get("kind") != kind:
        yield rules.problem(
            "crd/wrong-kind",
            ("kind",) if group == GROUP else ("apiVersion",),
            value=shown(f"{manifest.get('apiVersion')} {manifest.get('kind')}"),
        )
        return
    if api not in served:
        near = did_you_mean(api, served) or max(served)
        yield rules.problem(
            "crd/unknown-version",
            ("apiVersion",),
            value=shown(api),
            kaito=kaito,
            kind=f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}",
            expected=f"{GROUP}/{near}",
        )
        return
    owner = f"the {kind} of KAITO {kaito}"
    yield from check_resource(
        manifest, _check_of(kaito, kind, api), kubernetes or definitions.newest(), owner
    )
