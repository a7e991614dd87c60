"""The API server's checks of roles and their bindings.

Source: Kubernetes 1.35, pkg/apis/rbac/validation and pkg/apis/rbac/v1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import named, one_of, required
from kaito_pack.kubernetes.decoding.selectors import check_selector

GROUP = "rbac.authorization.k8s.io"
SUBJECTS = ("User", "Group", "ServiceAccount")


@rule("kubernetes/role-url", on="part")
def check_role(manifest: Fields, kubernetes: str, is_namespaced: bool) -> Iterator[Problem]:
    """Yield the problems with the rules of a Role or ClusterRole."""
    if isinstance(manifest.get("aggregationRule"), dict):
        selectors, place = mapping(manifest["aggregationRule"]), ("aggregationRule",)
        yield from required(selectors, ["clusterRoleSelectors"], place, "an aggregationRule")
        chosen = entries(selectors.get("clusterRoleSelectors"), (*place, "clusterRoleSelectors"))
        for selector, selector_path in chosen:
            yield from check_selector(selector, selector_path)
    for entry, path in entries(manifest.get("rules"), ("rules",)):
        yield from required(entry, ["verbs"], path, "a rule of a role")
        urls, is_mixed = entry.get("nonResourceURLs"), entry.get("apiGroups") or entry.get("resources")
        if not urls:
            yield from required(entry, ["apiGroups", "resources"], path, "a rule of a role")
        elif is_namespaced or is_mixed or entry.get("resourceNames"):
            words = "in a Role" if is_namespaced else "beside resources"
            yield problem("kubernetes/role-url", (*path, "nonResourceURLs"), where=words)


def check_binding(manifest: Fields, kubernetes: str, is_namespaced: bool) -> Iterator[Problem]:
    """Yield the problems with a RoleBinding or ClusterRoleBinding."""
    role, path = mapping(manifest.get("roleRef")), ("roleRef",)
    yield from one_of(role, "apiGroup", (GROUP,), path)
    kinds = ("Role", "ClusterRole") if is_namespaced else ("ClusterRole",)
    yield from one_of(role, "kind", kinds, path, empty=False)
    yield from required(role, ["name"], path, "a roleRef")
    yield from named(role, "name", names.is_path_segment, path)
    for subject, subject_path in entries(manifest.get("subjects"), ("subjects",)):
        yield from _check_subject(subject, subject_path, is_namespaced)


@rule("kubernetes/value-not-supported", on="shared")
def _check_subject(subject: Fields, path: FieldPath, is_namespaced: bool) -> Iterator[Problem]:
    yield from required(subject, ["name"], path, "a subject")
    yield from one_of(subject, "kind", SUBJECTS, path, empty=False)
    if text(subject.get("kind")) != "ServiceAccount":
        yield from one_of(subject, "apiGroup", (GROUP,), path)
        return
    yield from named(subject, "name", names.is_subdomain, path)
    if text(subject.get("apiGroup")):
        facts = {"field": "apiGroup", "choices": '""', "hint": "Remove it"}
        yield problem(
            "kubernetes/value-not-supported", (*path, "apiGroup"), value=shown(subject["apiGroup"]), **facts
        )
    if not is_namespaced:
        yield from required(subject, ["namespace"], path, "a ServiceAccount of a ClusterRoleBinding")


CHECKS: dict[str, Callable[[Fields, str], Iterator[Problem]]] = {
    "ClusterRole": partial(check_role, is_namespaced=False),
    "ClusterRoleBinding": partial(check_binding, is_namespaced=False),
    "Role": partial(check_role, is_namespaced=True),
    "RoleBinding": partial(check_binding, is_namespaced=True),
}
