"""The API server's checks of a pod's volumes.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.amounts import amount
from kaito_pack.kubernetes.decoding.asking import named, no_backsteps, one_of, own_name, required
from kaito_pack.kubernetes.decoding.decoding import Finding
from kaito_pack.kubernetes.decoding.findings import Reported
from kaito_pack.kubernetes.pods import disks
from kaito_pack.kubernetes.pods.claims import check_claim_template
from kaito_pack.kubernetes.pods.projections import check_files, check_items, check_mode, check_projected

# The required fields of each source of a volume.
SOURCES: dict[str, tuple[str, ...]] = {
    "awsElasticBlockStore": ("volumeID",),
    "azureDisk": ("diskName", "diskURI"),
    "azureFile": ("secretName", "shareName"),
    "cephfs": ("monitors",),
    "cinder": ("volumeID",),
    "configMap": ("name",),
    "csi": ("driver",),
    "downwardAPI": (),
    "emptyDir": (),
    "ephemeral": ("volumeClaimTemplate",),
    "fc": (),
    "flexVolume": ("driver",),
    "flocker": (),
    "gcePersistentDisk": ("pdName",),
    "gitRepo": ("repository",),
    "glusterfs": ("endpoints", "path"),
    "hostPath": ("path",),
    "image": (),
    "iscsi": ("targetPortal", "iqn"),
    "nfs": ("server", "path"),
    "persistentVolumeClaim": ("claimName",),
    "photonPersistentDisk": ("pdID",),
    "portworxVolume": ("volumeID",),
    "projected": (),
    "quobyte": ("registry", "volume"),
    "rbd": ("monitors", "image"),
    "scaleIO": ("gateway", "system", "volumeName"),
    "secret": ("secretName",),
    "storageos": ("volumeName",),
    "vsphereVolume": ("volumePath",),
}
HOST_PATHS = ("DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
DRIVER_NAME_LENGTH = 63
IMAGE_NAMED = (1, 37)  # the first version that also requires the reference of an image volume in a template


def check_volumes(spec: Fields, path: FieldPath, kubernetes: tuple[int, ...]) -> Iterator[Reported]:
    """Yield the problems with the pod's volumes; mounts are checked with their containers."""
    seen: set[str] = set()
    for volume, volume_path in entries(spec.get("volumes"), (*path, "volumes")):
        yield from own_name(volume, volume_path, "volume", seen)
        yield from check_source(volume, volume_path, kubernetes)


@rule("kubernetes/volume-second-source", on="shared")
def check_source(volume: Fields, path: FieldPath, kubernetes: tuple[int, ...]) -> Iterator[Reported]:
    """Yield the problems with the source of a volume; a volume without one is an empty folder."""
    given = [source for source in SOURCES if volume.get(source) is not None]
    for source in given[1:]:
        yield problem("kubernetes/volume-second-source", (*path, source), first=given[0], second=source)
    for source in given[:1]:
        settings, settings_path = mapping(volume[source]), (*path, source)
        if isinstance(volume[source], dict):
            yield from required(settings, SOURCES[source], settings_path, f"a volume of type {source}")
            if source in CHECKS:
                yield from CHECKS[source](settings, settings_path)
        if source == "iscsi":
            yield from disks.check_iscsi_length(text(volume.get("name")), settings, settings_path)
        elif source == "projected":
            yield from check_projected(settings, settings_path, kubernetes)
        elif source == "image" and kubernetes >= IMAGE_NAMED:
            yield from required(settings, ["reference"], settings_path, "a volume of type image")


@rule("kubernetes/size-negative", on="part")
def check_empty_dir(settings: Fields, path: FieldPath) -> Iterator[Reported]:
    """Yield the problems with an emptyDir volume: a negative size, a medium that no node supports."""
    size = amount(settings.get("sizeLimit"))
    if size is not None and size < 0:
        yield problem("kubernetes/size-negative", (*path, "sizeLimit"), value=shown(settings["sizeLimit"]))
    medium = text(settings.get("medium"))
    if medium not in {"", "Memory", "HugePages"} and not medium.startswith("HugePages-"):
        yield Finding("medium", (*path, "medium"), shown(medium), "")


def check_host_path(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a hostPath volume."""
    yield from no_backsteps(settings.get("path"), (*path, "path"))
    yield from one_of(settings, "type", HOST_PATHS, path)


def check_key_files(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the files of a ConfigMap or Secret."""
    yield from check_mode(settings, "defaultMode", path)
    yield from check_items(settings, path)


def check_downward(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with the files of a downward API volume."""
    yield from check_mode(settings, "defaultMode", path)
    yield from check_files(settings, path)


@rule("kubernetes/name-format", on="shared")
def check_csi(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a volume of a CSI driver."""
    driver = text(settings.get("driver"))
    if driver and (len(driver) > DRIVER_NAME_LENGTH or not names.is_subdomain(driver.lower())):
        yield problem("kubernetes/name-format", (*path, "driver"), field="driver", value=shown(driver))
    if isinstance(settings.get("nodePublishSecretRef"), dict):
        secret = mapping(settings["nodePublishSecretRef"])
        secret_path = (*path, "nodePublishSecretRef")
        yield from required(secret, ["name"], secret_path, "a nodePublishSecretRef")
        yield from named(secret, "name", names.is_subdomain, secret_path)


@rule("kubernetes/path-relative", on="shared")
def check_nfs(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with an NFS volume."""
    given = text(settings.get("path"))
    if given and not given.startswith("/"):
        yield problem("kubernetes/path-relative", (*path, "path"), value=shown(given))


def check_image(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with an image volume; in a template the reference is optional."""
    yield from one_of(settings, "pullPolicy", PULL_POLICIES, path)


def check_ephemeral(settings: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a claim that is created with the pod."""
    template = settings.get("volumeClaimTemplate")
    if isinstance(template, dict) and template:
        yield from check_claim_template(template, (*path, "volumeClaimTemplate"))


CHECKS: dict[str, Callable[[Fields, FieldPath], Iterator[Reported]]] = {
    **disks.CHECKS,
    "configMap": check_key_files,
    "csi": check_csi,
    "downwardAPI": check_downward,
    "emptyDir": check_empty_dir,
    "ephemeral": check_ephemeral,
    "hostPath": check_host_path,
    "image": check_image,
    "nfs": check_nfs,
    "secret": check_key_files,
}
