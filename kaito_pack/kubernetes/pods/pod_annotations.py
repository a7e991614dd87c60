"""The API server's checks of annotations that Kubernetes reads on pods.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, mapping, sequence, strings, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding.asking import local_path

APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
SECCOMP = {
    "RuntimeDefault": ("runtime/default", "docker/default"),
    "Unconfined": ("unconfined",),
}
LOCAL = "localhost/"
CONTAINERS = ("initContainers", "containers")


@rule("kubernetes/mirror-annotation", "kubernetes/deletion-cost", on="part")
def check_pod_annotations(annotations: object, spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with annotations that Kubernetes reads on pods."""
    given = {key: text(value) for key, value in strings(annotations)}
    for key, value in given.items():
        annotation_path = (*path, key)
        if key == "kubernetes.io/config.mirror" and not text(spec.get("nodeName")):
            yield problem("kubernetes/mirror-annotation", annotation_path)
        elif key == "controller.kubernetes.io/pod-deletion-cost" and not is_int32(value):
            yield problem("kubernetes/deletion-cost", annotation_path, value=shown(value))
        elif key.startswith(APPARMOR):
            yield from check_apparmor(key.removeprefix(APPARMOR), value, spec, annotation_path)
        elif key == SECCOMP_POD or key.startswith(SECCOMP_CONTAINER):
            yield from check_seccomp(value, annotation_path)
    yield from check_agreement(given, spec, path)


def containers(spec: Fields) -> Iterator[Fields]:
    """Yield the pod's containers in the order in which they start."""
    for field in CONTAINERS:
        yield from map(mapping, sequence(spec.get(field)))


@rule("kubernetes/annotated-container", on="part")
@rule("kubernetes/annotated-profile", on="shared")
def check_apparmor(container: str, profile: str, spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the annotation that names a container's AppArmor profile."""
    if container not in {text(each.get("name")) for each in containers(spec)}:
        yield problem("kubernetes/annotated-container", path, value=shown(container))
    if profile not in {"", "runtime/default", "unconfined"} and not profile.startswith(LOCAL):
        yield problem("kubernetes/annotated-profile", path, value=shown(profile))


@rule("kubernetes/annotated-profile", on="shared")
def check_seccomp(profile: str, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with an annotation that names a seccomp profile."""
    if profile.startswith(LOCAL):
        yield from local_path(profile.removeprefix(LOCAL), path)
    elif not any(profile in named for named in SECCOMP.values()):
        yield problem("kubernetes/annotated-profile", path, value=shown(profile))


@rule("kubernetes/profiles-differ", on="part")
def check_agreement(annotations: Mapping[str, str], spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield a problem if an annotation and a field name different seccomp profiles."""
    owners = [(SECCOMP_POD, spec)]
    owners += [(SECCOMP_CONTAINER + text(each.get("name")), each) for each in containers(spec)]
    for key, owner in owners:
        profile = mapping(mapping(owner.get("securityContext")).get("seccompProfile"))
        if profile and key in annotations and not agree(annotations[key], profile):
            yield problem("kubernetes/profiles-differ", (*path, key), value=shown(annotations[key]))


def agree(annotation: str, profile: Fields) -> bool:
    """Return whether an annotation and a field name the same seccomp profile."""
    kind = text(profile.get("type"))
    if kind == "Localhost":
        return annotation == LOCAL + text(profile.get("localhostProfile"))
    return annotation in SECCOMP.get(kind, (annotation,))


def is_int32(number: str) -> bool:
    """Return whether a text is a 32-bit integer without leading zeros or a plus sign."""
    digits = number.removeprefix("-")
    if (
        not (digits.isascii() and digits.isdigit())
        or len(digits) > 10
        or (digits[0] == "0" and number != "0")
    ):
        return False
    return -(2**31) <= int(number) < 2**31
