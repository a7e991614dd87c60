"""What the API server rejects in a Workspace by KAITO's CRD, before any webhook is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.problems import Problem, UsageError
from kaito_pack.base.trees import Manifest, Schema
from kaito_pack.facts import rules
from kaito_pack.facts.checks import rule
from kaito_pack.facts.tables import first, per_pack, table
from kaito_pack.kaito.fields import GROUP, KIND
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.kubernetes.decoding.decoding import ValueCheck
from kaito_pack.kubernetes.decoding.structural import custom_resource
from kaito_pack.kubernetes.objects.custom_kinds import check_resource


@per_pack
def versions() -> Mapping[str, Mapping[str, str]]:
    """Return the KAITO minors that the pack knows, each with its `release` and its `kubernetesApi`.

    `schema` names another minor if the CRDs of both are the same.
    """
    return table("kaito/versions.json")


@per_pack
def schemas(kaito: str) -> Mapping[str, Schema]:
    """Return the Workspace's OpenAPI schema of each served API version ("v1beta1") of a KAITO minor.

    Raises UsageError for a KAITO minor that the pack does not know.
    """
    if kaito not in versions():
        known = list(versions())
        raise UsageError(f"KAITO {kaito} is not supported. Use a version from {known[0]} to {known[-1]}")
    return first(f"kaito/{versions()[kaito].get('schema', kaito)}.json")


@per_pack
def _check_of(kaito: str, api: str) -> ValueCheck:
    return custom_resource(schemas(kaito)[api])


@rule("crd/wrong-kind", "crd/unknown-version", on="part")
def check(manifest: Manifest, kaito: str, kubernetes: str | None = None) -> Iterator[Problem]:
    """Yield what the API server rejects in a Workspace, by the CRD of that KAITO minor.

    `kubernetes` is the cluster's minor version (it decodes `metadata`), the newest by default. Raises
    UsageError for a version that is not known.
    """
    served = schemas(kaito)
    group, _, api = str(manifest.get("apiVersion")).rpartition("/")
    if group != GROUP or manifest.get("kind") != KIND:
        yield rules.problem(
            "crd/wrong-kind",
            ("kind",) if group == GROUP else ("apiVersion",),
            value=shown(f"{manifest.get('apiVersion')} {manifest.get('kind')}"),
        )
        return
    if api not in served:
        near = did_you_mean(api, served) or max(served)
        yield rules.problem(
            "crd/unknown-version", ("apiVersion",), value=shown(api), kaito=kaito, expected=f"{GROUP}/{near}"
        )
        return
    owner = f"the Workspace of KAITO {kaito}"
    yield from check_resource(manifest, _check_of(kaito, api), kubernetes or definitions.newest(), owner)
