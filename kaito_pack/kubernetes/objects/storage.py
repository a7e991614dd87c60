"""The API server's checks of a PersistentVolume.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, mapping, quantities, sequence
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.amounts import amount
from kaito_pack.kubernetes.decoding.asking import named, no_backsteps, one_of, required
from kaito_pack.kubernetes.decoding.findings import Reported
from kaito_pack.kubernetes.pods.claims import check_access_modes
from kaito_pack.kubernetes.pods.volumes import CHECKS as VOLUME_CHECKS
from kaito_pack.kubernetes.pods.volumes import SOURCES as VOLUME_SOURCES

RECLAIM = ("Retain", "Delete", "Recycle")
# Sources that a pod's volume can have but a PersistentVolume cannot.
OF_PODS = frozenset(
    "configMap downwardAPI emptyDir ephemeral gitRepo image persistentVolumeClaim projected secret".split()
)
SOURCES: dict[str, tuple[str, ...]] = {
    **{source: fields for source, fields in VOLUME_SOURCES.items() if source not in OF_PODS},
    "csi": ("driver", "volumeHandle"),
    "local": ("path",),
}


@rule("kubernetes/one-source", "kubernetes/volume-second-source", on="shared")
def check_persistent_volume(manifest: Fields, kubernetes: str) -> Iterator[Reported]:
    """Yield the problems with a PersistentVolume."""
    spec, path = mapping(manifest.get("spec")), ("spec",)
    what = "a PersistentVolume"
    yield from required(spec, ["accessModes", "capacity"], path, what)
    yield from check_access_modes(sequence(spec.get("accessModes")), path)
    yield from _check_capacity(spec, path)
    yield from one_of(spec, "persistentVolumeReclaimPolicy", RECLAIM, path)
    yield from one_of(spec, "volumeMode", ("Filesystem", "Block"), path, empty=False)
    yield from named(spec, "storageClassName", names.is_subdomain, path)
    given = [source for source in SOURCES if spec.get(source) is not None]
    if not given:
        yield problem("kubernetes/one-source", path, what=what, choices="csi, nfs, local, hostPath …")
    for source in given[1:]:
        yield problem("kubernetes/volume-second-source", (*path, source), first=given[0], second=source)
    for source in given[:1]:
        yield from _check_source(spec, source, path)


def _check_source(spec: Fields, source: str, path: FieldPath) -> Iterator[Reported]:
    settings, settings_path = mapping(spec[source]), (*path, source)
    yield from required(settings, SOURCES[source], settings_path, f"a volume of type {source}")
    if source in ("local", "nfs"):
        yield from no_backsteps(settings.get("path"), (*settings_path, "path"))
    if source == "local":
        yield from required(spec, ["nodeAffinity"], path, "a volume of type local")
    elif source in VOLUME_CHECKS:
        yield from VOLUME_CHECKS[source](settings, settings_path)


@rule("kubernetes/storage-amount", "kubernetes/value-not-supported", on="shared")
def _check_capacity(spec: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with `capacity`, which must be an amount of storage only."""
    for name, value in quantities(spec.get("capacity")):
        name_path = (*path, "capacity", name)
        number = amount(value)
        if name != "storage":
            facts = {"field": "capacity", "choices": "storage", "hint": "Use storage"}
            yield problem("kubernetes/value-not-supported", name_path, value=shown(name), **facts)
        elif number is not None and number <= 0:
            yield problem("kubernetes/storage-amount", name_path, value=shown(value))


CHECKS: dict[str, Callable[[Fields, str], Iterator[Reported]]] = {"PersistentVolume": check_persistent_volume}
