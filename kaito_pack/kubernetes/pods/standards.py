"""Finds what the Pod Security Standards, which a namespace can enforce, forbid in a pod.

Source: Kubernetes 1.35, staging/src/k8s.io/pod-security-admission/policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.trees import Fields, entries, mapping, sequence, strings, text, texts, whole

LEVELS = ("privileged", "baseline", "restricted")
CAPABILITIES = frozenset(
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID"
    " SYS_CHROOT".split()
)
VOLUMES = frozenset(
    "configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret".split()
)
SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
SYSCTLS = frozenset(
    "kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports"
    " net.ipv4.ip_unprivileged_port_start net.ipv4.ping_group_range net.ipv4.tcp_fin_timeout"
    " net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes net.ipv4.tcp_keepalive_time"
    " net.ipv4.tcp_rmem net.ipv4.tcp_syncookies net.ipv4.tcp_wmem".split()
)
PROFILES = ("RuntimeDefault", "Localhost")
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
HOSTS = ("hostNetwork", "hostPID", "hostIPC")


class Violation(NamedTuple):
    """A field of a pod's spec that a standard forbids or requires, and the fix."""

    path: FieldPath
    what: str
    fix: str


def violations(spec: Fields, level: str) -> Iterator[Violation]:
    """Yield the violations of the standard `level` in the spec of a pod; nothing for "privileged"."""
    if level in ("baseline", "restricted"):
        yield from _baseline(spec)
    if level == "restricted":
        yield from _restricted(spec)


def _containers(spec: Fields) -> Iterator[tuple[Fields, FieldPath]]:
    for field in CONTAINERS:
        yield from entries(spec.get(field), (field,))


def _contexts(spec: Fields) -> Iterator[tuple[Fields, FieldPath]]:
    """Yield the security contexts of the pod and of its containers."""
    yield mapping(spec.get("securityContext")), ("securityContext",)
    for container, path in _containers(spec):
        yield mapping(container.get("securityContext")), (*path, "securityContext")


def _baseline(spec: Fields) -> Iterator[Violation]:
    for field in HOSTS:
        if spec.get(field) is True:
            yield Violation((field,), f"{field} is true", f"Remove {field}")
    for volume, path in entries(spec.get("volumes"), ("volumes",)):
        if volume.get("hostPath") is not None:
            yield Violation((*path, "hostPath"), "a hostPath volume is used", "Use another kind of volume")
    for container, path in _containers(spec):
        for port, port_path in entries(container.get("ports"), (*path, "ports")):
            if whole(port.get("hostPort")):
                yield Violation((*port_path, "hostPort"), "hostPort is set", "Remove hostPort")
    for sysctl, path in entries(
        mapping(spec.get("securityContext")).get("sysctls"), ("securityContext", "sysctls")
    ):
        if text(sysctl.get("name")) not in SYSCTLS:
            yield Violation(path, f"sysctl {shown(sysctl.get('name'))} is set", "Remove the sysctl")
    for context, path in _contexts(spec):
        yield from _forbidden_context(context, path, spec)


def _forbidden_context(context: Fields, path: FieldPath, spec: Fields) -> Iterator[Violation]:
    """Yield the violations of both standards in a security context."""
    if context.get("privileged") is True:
        yield Violation((*path, "privileged"), "privileged is true", "Remove privileged")
    if mapping(context.get("windowsOptions")).get("hostProcess") is True:
        yield Violation((*path, "windowsOptions", "hostProcess"), "hostProcess is true", "Remove hostProcess")
    for name, _ in texts(mapping(context.get("capabilities")).get("add"), ()):
        if name not in CAPABILITIES:
            add = (*path, "capabilities", "add")
            yield Violation(add, f"capability {shown(name)} is added", "Remove the capability")
    for field in ("seccompProfile", "appArmorProfile"):
        if text(mapping(context.get(field)).get("type")) == "Unconfined":
            yield Violation(
                (*path, field, "type"), f"{field} is Unconfined", f"Set {field}.type: RuntimeDefault"
            )
    if text(context.get("procMount")) == "Unmasked" and spec.get("hostUsers") is not False:
        yield Violation((*path, "procMount"), "procMount is Unmasked", "Remove procMount")
    options = dict(strings(context.get("seLinuxOptions")))
    if text(options.get("type")) not in SELINUX_TYPES or options.get("user") or options.get("role"):
        yield Violation((*path, "seLinuxOptions"), "seLinuxOptions are set", "Remove seLinuxOptions")


def _restricted(spec: Fields) -> Iterator[Violation]:
    for volume, path in entries(spec.get("volumes"), ("volumes",)):
        kinds = [key for key, value in strings(volume) if key != "name" and value is not None]
        for kind in kinds:
            if kind not in VOLUMES and kind != "hostPath":
                yield Violation(
                    (*path, kind), f"a volume of type {kind} is used", "Use another kind of volume"
                )
    pod = mapping(spec.get("securityContext"))
    if whole(pod.get("runAsUser")) == 0:
        yield Violation(("securityContext", "runAsUser"), "runAsUser is 0", "Set a user above 0")
    for container, path in _containers(spec):
        context_path = (*path, "securityContext")
        yield from _restricted_context(mapping(container.get("securityContext")), pod, context_path)


def _restricted_context(context: Fields, pod: Fields, path: FieldPath) -> Iterator[Violation]:
    """Yield the violations of the restricted standard by one container."""
    if context.get("allowPrivilegeEscalation") is not False:
        field = "allowPrivilegeEscalation"
        yield Violation((*path, field), f"{field} is not false", f"Set {field}: false")
    if _effective(context, pod, "runAsNonRoot") is not True:
        yield Violation((*path, "runAsNonRoot"), "runAsNonRoot is not true", "Set runAsNonRoot: true")
    if whole(context.get("runAsUser")) == 0:
        yield Violation((*path, "runAsUser"), "runAsUser is 0", "Set a user above 0")
    profile = _effective(context, pod, "seccompProfile")
    if text(mapping(profile).get("type")) not in (*PROFILES, "Unconfined"):
        fix = "Set seccompProfile.type: RuntimeDefault"
        yield Violation((*path, "seccompProfile"), "seccompProfile is not set", fix)
    capabilities = mapping(context.get("capabilities"))
    if "ALL" not in sequence(capabilities.get("drop")):
        what, fix = "the capabilities are not dropped", "Set capabilities.drop: [ALL]"
        yield Violation((*path, "capabilities", "drop"), what, fix)
    for name, _ in texts(capabilities.get("add"), ()):
        if name in CAPABILITIES and name != "NET_BIND_SERVICE":
            add = (*path, "capabilities", "add")
            yield Violation(add, f"capability {shown(name)} is added", "Remove the capability")


def _effective(context: Fields, pod: Fields, field: str) -> Any:
    """Return the effective value of a field for a container: its own, else the pod's."""
    return pod.get(field) if context.get(field) is None else context[field]
