"""The API server's checks of a pod's operating system, and of fields that only one system has.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import named, one_of, required

# Fields that a pod for Windows cannot have: of the pod (true, or set at all) and of security contexts.
LINUX_NAMESPACES = ("hostPID", "hostIPC")
LINUX_POD = ("hostUsers", "shareProcessNamespace")
LINUX_SECURITY = ("appArmorProfile", "seLinuxOptions", "seccompProfile", "runAsUser", "runAsGroup")
LINUX_POD_SECURITY = (
    *LINUX_SECURITY,
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
)
LINUX_CONTAINER_SECURITY = (
    *LINUX_SECURITY,
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
)
POD_RESOURCES = (1, 34)  # the first version with resources of a whole pod
LONGEST_CREDENTIALS = 64 * 1024  # bytes
LONGEST_DOMAIN, LONGEST_USER = 255, 104
Contexts = list[tuple[Fields, FieldPath]]


def check_os(spec: Fields, path: FieldPath, kubernetes: tuple[int, ...]) -> Iterator[Problem]:
    """Yield the problems with `os`, with fields that it excludes, and with settings for Windows."""
    contexts = containers_security(spec, path)
    pod = (mapping(spec.get("securityContext")), (*path, "securityContext"))
    if isinstance(spec.get("os"), dict):
        system = mapping(spec["os"])
        yield from required(system, ["name"], (*path, "os"), "an os")
        yield from one_of(system, "name", ("linux", "windows"), (*path, "os"))
        if system.get("name") == "linux":
            for context, context_path in (pod, *contexts):
                yield from without(context, ("windowsOptions",), context_path, "linux")
        elif system.get("name") == "windows":
            yield from check_windows(spec, path, pod, contexts)
            if kubernetes >= POD_RESOURCES:
                yield from without(spec, ("resources",), path, "windows")
    for context, context_path in (pod, *contexts):
        yield from check_windows_options(context, context_path)
    yield from check_host_process(spec, path, contexts)


def containers_security(spec: Fields, path: FieldPath) -> Contexts:
    """Return the security contexts of the pod's containers, with their paths."""
    return [
        (mapping(container.get("securityContext")), (*container_path, "securityContext"))
        for field in ("initContainers", "containers")
        for container, container_path in entries(spec.get(field), (*path, field))
    ]


def check_windows(
    spec: Fields, path: FieldPath, pod: tuple[Fields, FieldPath], contexts: Contexts
) -> Iterator[Problem]:
    """Yield the fields of a pod for Windows that only Linux has."""
    shared = {field: True for field in LINUX_NAMESPACES if spec.get(field) is True}
    yield from without(shared, LINUX_NAMESPACES, path, "windows")
    yield from without(spec, LINUX_POD, path, "windows")
    context, context_path = pod
    # An empty list of sysctls counts as none, an empty list of groups does not.
    given = {field: value for field, value in context.items() if field != "sysctls" or value}
    yield from without(given, LINUX_POD_SECURITY, context_path, "windows")
    for context, context_path in contexts:
        yield from without(context, LINUX_CONTAINER_SECURITY, context_path, "windows")


@rule("kubernetes/os-field", on="part")
def without(owner: Fields, unknown: tuple[str, ...], path: FieldPath, system: str) -> Iterator[Problem]:
    """Yield a problem for each of the fields that a pod for that system must not have."""
    for field in unknown:
        if owner.get(field) is not None:
            yield problem("kubernetes/os-field", (*path, field), field=field, system=system)


@rule("kubernetes/windows-credentials", "kubernetes/windows-user", on="part")
def check_windows_options(context: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with `windowsOptions`."""
    options, options_path = mapping(context.get("windowsOptions")), (*path, "windowsOptions")
    yield from named(options, "gmsaCredentialSpecName", names.is_subdomain, options_path, empty=False)
    credentials = options.get("gmsaCredentialSpec")
    if (
        isinstance(credentials, str)
        and not 0 < len(credentials.encode(errors="replace")) <= LONGEST_CREDENTIALS
    ):
        yield problem("kubernetes/windows-credentials", (*options_path, "gmsaCredentialSpec"))
    yield from named(
        options, "runAsUserName", is_windows_user, options_path, "kubernetes/windows-user", empty=False
    )


def is_windows_user(name: str) -> bool:
    r"""Return whether `name` is a user of at most 104 bytes, or `domain\user`, the domain NetBIOS or DNS."""
    domain, backslash, user = name.rpartition("\\")
    if re.search(r"[\x00-\x1f\x7f]", name) or not user or len(user.encode(errors="replace")) > LONGEST_USER:
        return False
    if backslash and not is_windows_domain(domain):
        return False
    return not re.search(r'["/\\:;|=,+*?<>@\[\]]', user) and not re.fullmatch(r"[. ]+", user)


def is_windows_domain(domain: str) -> bool:
    """Return whether it is a NetBIOS name, or the beginning of a DNS name."""
    net_bios = re.fullmatch(r'[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}', domain)
    dns = re.fullmatch(
        r"[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?)*", domain
    )
    return len(domain) <= LONGEST_DOMAIN and bool(net_bios or dns)


@rule("kubernetes/host-process", "kubernetes/host-process-network", on="part")
def check_host_process(spec: Fields, path: FieldPath, contexts: Contexts) -> Iterator[Problem]:
    """Yield the problems with containers that run as processes of a Windows node."""
    whole = mapping(mapping(spec.get("securityContext")).get("windowsOptions")).get("hostProcess")
    own = [mapping(context.get("windowsOptions")).get("hostProcess") for context, _ in contexts]
    for (_, context_path), flag in zip(contexts, own, strict=True):
        if isinstance(flag, bool) and isinstance(whole, bool) and flag is not whole:
            yield problem("kubernetes/host-process", (*context_path, "windowsOptions", "hostProcess"))
    runs = [whole if flag is None else flag for flag in own]
    if True in runs:
        if not all(flag is True for flag in runs):
            yield problem("kubernetes/host-process", path)
        if spec.get("hostNetwork") is not True:
            yield problem("kubernetes/host-process-network", (*path, "hostNetwork"))
