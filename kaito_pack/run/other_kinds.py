"""Judges kinds that are neither Workspaces nor built into Kubernetes, as a cluster would."""

from __future__ import annotations

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.kaito.target import Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.kubernetes.objects.custom_kinds import check_custom
from kaito_pack.workspace.inference_sets import is_scaled_object


def check_other_kind(body: Manifest, target: Target) -> list[Problem] | None:
    """Return the problems of a custom resource; None for an unknown kind."""
    problems = check_custom(body, target.kubernetes)
    if problems is None:
        return _unknown_kind(body, target)
    if is_scaled_object(body):
        from kaito_pack.kaito import scaled_objects

        problems += scaled_objects.check(body, target.kaito)
    return problems


def _unknown_kind(body: Manifest, target: Target) -> list[Problem] | None:
    """Return the problem of a kind that no cluster has; None for a kind that a cluster may have."""
    from kaito_pack.kaito.kinds import check_kind

    return check_kind(body, target) or _absent_kind(body, target.kubernetes)


@rule("kubernetes/kind-absent", on="part")
def _absent_kind(body: Manifest, kubernetes: str) -> list[Problem] | None:
    """Return the problem of a kind that its Kubernetes group does not have; None for other groups."""
    api_version, kind = body.get("apiVersion"), body.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return None
    if not definitions.is_own_group(kubernetes, api_version):
        return _misspelt_group(api_version, kind, kubernetes)
    what = shown(f"{api_version} {kind}")
    right = definitions.api_versions_of(kubernetes, kind)
    kinds = definitions.kinds_of(kubernetes, api_version)
    near = did_you_mean(kind, kinds)
    words = get_rule("kubernetes/kind-absent").parameters["remedies"]
    remedy = words["group" if right else "kind" if near else "none"]
    facts = {
        "what": what,
        "kubernetes": kubernetes,
        "remedy": remedy.format(right=(right or [""])[0], near=near),
    }
    field = "apiVersion" if right or not kinds else "kind"
    return [problem("kubernetes/kind-absent", (field,), **facts)]


@rule("kubernetes/group-misspelt", on="part")
def _misspelt_group(api_version: str, kind: str, kubernetes: str) -> list[Problem] | None:
    """Return the problem of a Kubernetes kind in a misspelt group."""
    right = definitions.api_versions_of(kubernetes, kind)
    groups = {each.rpartition("/")[0]: each for each in reversed(right) if "." in each}
    near = did_you_mean(api_version.rpartition("/")[0], groups, 0.85)
    if near is None:
        return None
    facts = {"what": shown(f"{api_version} {kind}"), "kubernetes": kubernetes, "expected": groups[near]}
    return [problem("kubernetes/group-misspelt", ("apiVersion",), **facts)]
