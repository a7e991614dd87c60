"""The API server's checks of disk and network storage volumes, most of them older than CSI.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, mapping, strings, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import in_range, local_path, named, one_of, required

IQN_FORMATS = (
    r".*iqn\.\d{4}-\d{2}\.[-.A-Za-z0-9]+(:[^,;*&$|\s]+)",
    "eui.[A-Za-z0-9]{16}",
    "naa.[A-Za-z0-9]{32}",
)
ISCSI_STARTS = ("iqn", "eui", "naa")
LONGEST_ISCSI, LONGEST_TENANT = 64, 64  # bytes
PORTAL = {"field": "the length of volume and portal", "low": 0, "high": LONGEST_ISCSI}
TENANT = {"field": "the length of tenant", "low": 0, "high": LONGEST_TENANT}


def check_git(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a cloned repository."""
    yield from local_path(settings.get("directory"), (*path, "directory"))


@rule("kubernetes/disk-uri", on="part")
def check_azure_disk(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with an Azure disk."""
    yield from one_of(settings, "cachingMode", ("None", "ReadOnly", "ReadWrite"), path, empty=False)
    yield from one_of(settings, "kind", ("Shared", "Dedicated", "Managed"), path, empty=False)
    where, managed = text(settings.get("diskURI")), settings.get("kind") == "Managed"
    start = "/subscriptions/" if managed else "https://"
    if where and not where.startswith(start):
        yield problem("kubernetes/disk-uri", (*path, "diskURI"), value=shown(where), start=start)


def check_partition(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a disk's partition number."""
    yield from in_range(settings, "partition", 0, 255, path)


@rule("kubernetes/one-source", on="shared")
def check_fibre(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a Fibre Channel disk."""
    names_given, worldwide = bool(settings.get("targetWWNs")), bool(settings.get("wwids"))
    if names_given == worldwide or (names_given and settings.get("lun") is None):
        yield problem(
            "kubernetes/one-source", path, what="an fc volume", choices="wwids, targetWWNs with lun"
        )
    yield from in_range(settings, "lun", 0, 255, path)


@rule("kubernetes/name-format", "kubernetes/one-source", on="shared")
def check_flocker(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a Flocker dataset."""
    if bool(settings.get("datasetName")) == bool(settings.get("datasetUUID")):
        yield problem(
            "kubernetes/one-source", path, what="a flocker volume", choices="datasetName, datasetUUID"
        )
    if "/" in text(settings.get("datasetName")):
        value = shown(settings["datasetName"])
        yield problem("kubernetes/name-format", (*path, "datasetName"), field="datasetName", value=value)


@rule("kubernetes/iqn", on="part")
def check_iscsi(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with an iSCSI disk."""
    yield from in_range(settings, "lun", 0, 255, path)
    yield from named(settings, "iqn", is_iscsi_name, path, "kubernetes/iqn")
    yield from named(settings, "initiatorName", is_iscsi_name, path, "kubernetes/iqn", empty=False)
    chap = settings.get("chapAuthDiscovery") is True or settings.get("chapAuthSession") is True
    if chap and settings.get("secretRef") is None:
        yield from required(settings, ["secretRef"], path, "an iscsi volume with CHAP")


@rule("kubernetes/number-range", on="shared")
def check_iscsi_length(volume: str, settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield a problem if an initiator's name leaves no room for the volume name and the portal."""
    used = f"{volume}:{text(settings.get('targetPortal'))}"
    if settings.get("initiatorName") is not None and len(used.encode(errors="replace")) > LONGEST_ISCSI:
        yield problem("kubernetes/number-range", (*path, "targetPortal"), None, **PORTAL, value=len(used))


def is_iscsi_name(name: str) -> bool:
    """Return whether it is a name in one of iSCSI's three formats."""
    return any(re.fullmatch(format_, name) for format_ in IQN_FORMATS) and name.startswith(ISCSI_STARTS)


@rule("kubernetes/option-reserved", on="part")
def check_flex(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a volume of a FlexVolume driver: options of Kubernetes cannot be set."""
    for key, _ in strings(settings.get("options")):
        prefix = "." + key.partition("/")[0].lower()
        if prefix.endswith((".kubernetes.io", ".k8s.io")):
            yield problem("kubernetes/option-reserved", (*path, "options", key), value=shown(key))


@rule("kubernetes/host-and-port", on="part")
@rule("kubernetes/number-range", on="shared")
def check_quobyte(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a Quobyte volume."""
    registry, tenant = text(settings.get("registry")), text(settings.get("tenant"))
    if registry and len(tenant.encode(errors="replace")) > LONGEST_TENANT:
        yield problem("kubernetes/number-range", (*path, "tenant"), None, **TENANT, value=len(tenant))
    elif registry and not all(is_host_and_port(pair) for pair in registry.split(",")):
        yield problem("kubernetes/host-and-port", (*path, "registry"), value=shown(registry))


def is_host_and_port(pair: str) -> bool:
    """Return whether a text is a host (an IPv6 address in brackets), a colon and a port."""
    if pair.startswith("["):
        return bool(re.fullmatch(r"\[[^\[\]]*\]:[^:\[\]]*", pair))
    return bool(re.fullmatch(r"[^:\[\]]*:[^:\[\]]*", pair))


@rule("kubernetes/label-format", on="shared")
def check_storage_os(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a StorageOS volume."""
    for field in ("volumeName", "volumeNamespace"):
        yield from named(settings, field, names.is_dns_label, path, "kubernetes/label-format")
    yield from check_secret_ref(settings, path)


def check_secret_ref(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the Secret that is used to mount a volume."""
    if isinstance(settings.get("secretRef"), dict):
        secret = mapping(settings["secretRef"])
        yield from required(secret, ["name"], (*path, "secretRef"), "a secretRef")


CHECKS: dict[str, Callable[[Fields, FieldPath], Iterator[Problem]]] = {
    "awsElasticBlockStore": check_partition,
    "azureDisk": check_azure_disk,
    "cinder": check_secret_ref,
    "fc": check_fibre,
    "flexVolume": check_flex,
    "flocker": check_flocker,
    "gcePersistentDisk": check_partition,
    "gitRepo": check_git,
    "iscsi": check_iscsi,
    "quobyte": check_quobyte,
    "storageos": check_storage_os,
}
