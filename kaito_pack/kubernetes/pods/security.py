"""The API server's checks of security contexts, and the kubelet's of containers that must not be root.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, sequence, text, whole
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import in_range, local_path, one_of, required
from kaito_pack.kubernetes.decoding.decoding import Finding
from kaito_pack.kubernetes.decoding.findings import Reported

LARGEST_ID = 2**31 - 1
DEVICES_JUDGED = (1, 35)  # the first version that rejects block devices in pods with their own user namespace
LABEL_CHANGES = (1, 33)  # the first version that does not drop seLinuxChangePolicy
MOUNTED_LABELS = (1, 37)  # the first version that mounts with SELinux labels, by default
PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")


@rule("kubernetes/privilege-conflict", on="part")
def check_security(container: Fields, path: FieldPath, pod: Fields) -> Iterator[Reported]:
    """Yield the problems with a container's security context; `pod` is the pod's."""
    context, context_path = mapping(container.get("securityContext")), (*path, "securityContext")
    yield from check_identity(context, context_path)
    yield from check_profiles(context, context_path)
    yield from one_of(context, "procMount", ("Default", "Unmasked"), context_path, empty=False)
    if context.get("allowPrivilegeEscalation") is False:
        if context.get("privileged") is True:
            yield problem(
                "kubernetes/privilege-conflict",
                (*context_path, "allowPrivilegeEscalation"),
                with_what="privileged: true",
            )
        if "CAP_SYS_ADMIN" in sequence(mapping(context.get("capabilities")).get("add")):
            facts = {"with_what": "the capability CAP_SYS_ADMIN"}
            yield problem(
                "kubernetes/privilege-conflict", (*context_path, "allowPrivilegeEscalation"), None, **facts
            )
    user = context.get("runAsUser", pod.get("runAsUser"))
    not_root = context.get("runAsNonRoot", pod.get("runAsNonRoot"))
    if not_root is True and whole(user) == 0:
        yield Finding("root", (*context_path, "runAsNonRoot"), "", "")


@rule("kubernetes/number-range", on="shared")
def check_pod_security(spec: Fields, path: FieldPath, kubernetes: tuple[int, ...]) -> Iterator[Problem]:
    """Yield the problems with the pod's security context and its use of the host's namespaces."""
    context, context_path = mapping(spec.get("securityContext")), (*path, "securityContext")
    yield from check_identity(context, context_path)
    yield from in_range(context, "fsGroup", 0, LARGEST_ID, context_path)
    for index, group in enumerate(sequence(context.get("supplementalGroups"))):
        number = whole(group)
        if number is not None and not 0 <= number <= LARGEST_ID:
            facts = {"field": "supplementalGroups", "value": shown(number), "low": 0, "high": LARGEST_ID}
            yield problem(
                "kubernetes/number-range", (*context_path, "supplementalGroups", index), None, **facts
            )
    yield from one_of(context, "fsGroupChangePolicy", ("OnRootMismatch", "Always"), context_path, empty=False)
    yield from one_of(context, "supplementalGroupsPolicy", ("Merge", "Strict"), context_path, empty=False)
    changes = ("Recursive", "MountOption") if kubernetes >= MOUNTED_LABELS else ("Recursive",)
    if kubernetes >= LABEL_CHANGES:
        yield from one_of(context, "seLinuxChangePolicy", changes, context_path, empty=False)
    yield from check_profiles(context, context_path)
    yield from check_sysctls(context, context_path, spec)
    yield from check_host(spec, path, kubernetes)


@rule("kubernetes/process-namespace", "kubernetes/host-users", "kubernetes/devices-of-users", on="part")
def check_host(spec: Fields, path: FieldPath, kubernetes: tuple[int, ...]) -> Iterator[Problem]:
    """Yield the problems with the namespaces that the pod shares with its node."""
    if spec.get("shareProcessNamespace") is True and spec.get("hostPID") is True:
        yield problem("kubernetes/process-namespace", (*path, "shareProcessNamespace"))
    if spec.get("hostUsers") is False:
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(field) is True:
                yield problem("kubernetes/host-users", (*path, field), field=field)
        for field in ("initContainers", "containers") if kubernetes >= DEVICES_JUDGED else ():
            for container, container_path in entries(spec.get(field), (*path, field)):
                if sequence(container.get("volumeDevices")):
                    yield problem("kubernetes/devices-of-users", (*container_path, "volumeDevices"))


def check_identity(context: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the user and group of the processes."""
    yield from in_range(context, "runAsUser", 0, LARGEST_ID, path)
    yield from in_range(context, "runAsGroup", 0, LARGEST_ID, path)


@rule("kubernetes/profile-blanks", "kubernetes/profile-local", on="part")
def check_profiles(context: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the seccomp and AppArmor profiles."""
    for field in ("seccompProfile", "appArmorProfile"):
        if not isinstance(context.get(field), dict):
            continue
        profile, profile_path = mapping(context[field]), (*path, field)
        yield from required(profile, ["type"], profile_path, f"a {field}")
        yield from one_of(profile, "type", PROFILES, profile_path)
        local = profile.get("localhostProfile")
        if profile.get("type") == "Localhost":
            if local is None or (local == "" and field == "appArmorProfile"):
                yield from required(
                    profile, ["localhostProfile"], profile_path, f"a {field} of type Localhost"
                )
            if field == "seccompProfile":
                yield from local_path(local, (*profile_path, "localhostProfile"))
            elif text(local) != text(local).strip():
                yield problem(
                    "kubernetes/profile-blanks", (*profile_path, "localhostProfile"), value=shown(local)
                )
        elif local is not None:
            yield problem(
                "kubernetes/profile-local",
                (*profile_path, "localhostProfile"),
                type=shown(profile.get("type")),
            )


@rule("kubernetes/sysctl-name", "kubernetes/sysctl-host", on="part")
@rule("kubernetes/name-duplicate", on="shared")
def check_sysctls(context: Fields, path: FieldPath, spec: Fields) -> Iterator[Problem]:
    """Yield the problems with `sysctls`."""
    seen: set[str] = set()
    for sysctl, sysctl_path in entries(context.get("sysctls"), (*path, "sysctls")):
        yield from required(sysctl, ["name"], sysctl_path, "a sysctl")
        name = text(sysctl.get("name"))
        if name and not names.is_sysctl_name(name):
            yield problem("kubernetes/sysctl-name", (*sysctl_path, "name"), value=shown(name))
        if name and name in seen:
            yield problem(
                "kubernetes/name-duplicate", (*sysctl_path, "name"), value=shown(name), what="sysctl"
            )
        seen.add(name)
        dotted = name.replace("/", ".")
        for prefix, field in (
            ("net.", "hostNetwork"),
            ("kernel.sem", "hostIPC"),
            ("kernel.shm", "hostIPC"),
            ("kernel.msg", "hostIPC"),
            ("fs.mqueue.", "hostIPC"),
        ):
            if dotted.startswith(prefix) and spec.get(field) is True:
                yield problem(
                    "kubernetes/sysctl-host", (*sysctl_path, "name"), value=shown(name), field=field
                )
