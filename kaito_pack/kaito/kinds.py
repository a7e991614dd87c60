"""The kinds of KAITO's API group, and manifests whose kind is a misspelling of one."""

from __future__ import annotations

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest
from kaito_pack.facts import rules
from kaito_pack.facts.checks import rule
from kaito_pack.facts.tables import table
from kaito_pack.kaito.fields import GROUP
from kaito_pack.kaito.target import Target
from kaito_pack.kubernetes.decoding import definitions

KINDS = "kaito/kinds.json"
TOOLS = "tools.json"
API_VERSION = f"{GROUP}/v1beta1"
LONGEST_NAME = 100  # characters of the longest kind or group compared with KAITO's


def has_kind(kind: str, kaito: str) -> bool:
    """Return whether a KAITO version has a kind."""
    kinds = table(KINDS)
    return kind in kinds and rules.in_range(kaito, kinds[kind].get("versions", "all"))


def check_kind(manifest: Manifest, target: Target) -> list[Problem] | None:
    """Return the problem of a manifest whose kind is meant to be KAITO's but does not exist.

    None for a kind that KAITO has, and for a manifest unrelated to KAITO.
    """
    kind, (group, api) = str(manifest.get("kind"))[:LONGEST_NAME], _group_of(manifest)
    kinds = table(KINDS)
    if group == GROUP and kind in kinds:
        versions = kinds[kind].get("versions", "all")
        return None if rules.in_range(target.kaito, versions) else [_too_new(kind, versions, target)]
    near = did_you_mean(kind, kinds)
    if group == GROUP:
        return [_problem(manifest, target, _remedy(kind, near, target), "kind")]
    if near is None or not _is_near(group, kind in kinds):
        return _builtin_in_near_group(manifest, group, kind, target)
    api_version = API_VERSION if api not in ("v1alpha1", "v1beta1") else f"{GROUP}/{api}"
    remedy = f"Write apiVersion: {api_version}" + ("" if near == kind else f" and kind: {near}")
    return [_problem(manifest, target, remedy, "apiVersion")]


def _builtin_in_near_group(manifest: Manifest, group: str, kind: str, target: Target) -> list[Problem] | None:
    """Return the problem of a Kubernetes kind, such as Service, in a group that is meant to be KAITO's."""
    api_versions = definitions.api_versions_of(target.kubernetes, kind)
    if group and api_versions and _is_near(group, is_exact_kind=False):
        return [_problem(manifest, target, f"Write apiVersion: {api_versions[0]}", "apiVersion")]
    return None


@rule("kubernetes/kind-not-checked", "kubernetes/unknown-kind", on="part")
def skipped(manifest: Manifest, target: Target) -> Problem:
    """Return the warning about a manifest that is not checked because the schema of its kind is unknown."""
    group, _ = _group_of(manifest)
    what = shown(f"{manifest.get('apiVersion')} {manifest.get('kind')}")
    if group == GROUP:
        return rules.problem("kubernetes/kind-not-checked", ("kind",), kind=shown(manifest.get("kind")))
    return rules.problem("kubernetes/unknown-kind", ("kind",), what=what, kubernetes=target.kubernetes)


def is_of_tool(manifest: Manifest) -> bool:
    """Return whether a manifest is for a tool such as kustomize, Flux or Argo CD, by `facts/tools.json`."""
    row = table(TOOLS).get(_group_of(manifest)[0])
    return row is not None and manifest.get("kind") in row["kinds"]


def _group_of(manifest: Manifest) -> tuple[str, str]:
    """Return the API group and version of a manifest; no kind has a group without a version."""
    api_version = str(manifest.get("apiVersion"))[:LONGEST_NAME]
    if "/" not in api_version and "." in api_version:
        return f"{api_version}/", ""
    group, _, api = api_version.rpartition("/")
    return group, api


def _is_near(group: str, is_exact_kind: bool) -> bool:
    """Return whether a group is meant to be KAITO's; without a group, the kind must match exactly."""
    if not group:
        return is_exact_kind
    return "kaito" in group.lower() or did_you_mean(group, [GROUP]) is not None


def _remedy(kind: str, near: str | None, target: Target) -> str:
    if near is not None:
        return f"did you mean {shown(near)}"
    if api_versions := definitions.api_versions_of(target.kubernetes, kind):
        return f"Write apiVersion: {api_versions[0]}"
    return f"Use a kind that KAITO has: {', '.join(table(KINDS))}"


@rule("crd/unknown-kind", on="part")
def _problem(manifest: Manifest, target: Target, remedy: str, field: str) -> Problem:
    what = shown(f"{manifest.get('apiVersion')} {manifest.get('kind')}")
    return rules.problem("crd/unknown-kind", (field,), what=what, kaito=target.kaito, remedy=remedy)


@rule("crd/kind-too-new", on="part")
def _too_new(kind: str, versions: str, target: Target) -> Problem:
    facts = {"kind": shown(kind), "kaito": target.kaito, "since": versions.partition("-")[0]}
    return rules.problem("crd/kind-too-new", ("kind",), **facts)
