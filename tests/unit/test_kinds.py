"""Manifests that were meant to be of a KAITO kind, and those that have nothing to do with KAITO."""

from __future__ import annotations

import pytest

from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.run.judging import check


def fixes(api_version: str, kind: str, kaito: str = "0.12") -> list[str] | None:
    manifest = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}}
    problems = check(manifest, Surroundings(Target(kaito, "1.35", "auto")))
    return None if problems is None else [problem.fix for problem in problems]


@pytest.mark.parametrize(
    ("api_version", "kind", "fix"),
    [
        ("kaito.sh/v1beta1", "workspace", "did you mean `Workspace`"),
        ("kaito.sh/v1beta1", "Workspaces", "did you mean `Workspace`"),
        ("kaito.io/v1beta1", "Workspace", "Write apiVersion: kaito.sh/v1beta1"),
        ("kaito.io/v1alpha1", "workspace", "Write apiVersion: kaito.sh/v1alpha1 and kind: Workspace"),
        ("Kaito.sh/v1beta1", "Workspace", "Write apiVersion: kaito.sh/v1beta1"),
        ("kaito/v1beta1", "Workspace", "Write apiVersion: kaito.sh/v1beta1"),
        ("v1beta1", "Workspace", "Write apiVersion: kaito.sh/v1beta1"),
        ("v1", "Workspace", "Write apiVersion: kaito.sh/v1beta1"),
        ("kaito.sh", "Workspace", "Write apiVersion: kaito.sh/v1beta1"),
        ("kaito.sh/v1", "Deployment", "Write apiVersion: apps/v1"),
        ("kaito.sh/v1", "Service", "Write apiVersion: v1"),
    ],
)
def test_a_near_miss_is_refused_with_what_was_meant(api_version: str, kind: str, fix: str) -> None:
    assert fixes(api_version, kind) == [fix]


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("app.terraform.io/v1alpha2", "Workspace"),
        ("karpenter.kaito.sh/v1", "NodeClass"),
        ("kaito.sh/v1beta1", "RAGEngine"),
        ("kaito.sh/v1alpha1", "MultiRoleInference"),
    ],
)
def test_a_kind_that_a_cluster_may_have_is_skipped(api_version: str, kind: str) -> None:
    assert fixes(api_version, kind) is None


def test_a_kind_of_a_newer_kaito_is_refused() -> None:
    assert fixes("kaito.sh/v1alpha1", "InferenceSet", "0.7") == ["Use KAITO 0.8 or newer"]


@pytest.mark.parametrize(
    ("api_version", "kind", "fix"),
    [
        ("v1", "Deployment", "Write apiVersion: apps/v1"),
        ("apps/v1", "Deploymnet", "did you mean Deployment"),
        ("v1", "configmap", "did you mean ConfigMap"),
        ("extensions/v1beta1", "Ingress", "Write apiVersion: networking.k8s.io/v1"),
        ("networking.k8s.oi/v1", "Ingress", "Write apiVersion: networking.k8s.io/v1"),
    ],
)
def test_a_kind_of_kubernetes_gets_the_same_help(api_version: str, kind: str, fix: str) -> None:
    assert fixes(api_version, kind) == [fix]
