"""The API server's checks of a container's mounts and block devices.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding.asking import likely, local_path, no_backsteps, one_of, required

PROPAGATIONS = ("None", "HostToContainer", "Bidirectional")
RECURSIVE = ("Disabled", "IfPossible", "Enabled")
IMAGE_SUBPATH = (1, 33)  # the first version that can mount a folder of an image volume
Volumes = Mapping[str, Fields]


@rule("kubernetes/mounted-device", "kubernetes/mount-path-duplicate", on="part")
def check_mounts(
    container: Fields, path: FieldPath, volumes: Volumes, kubernetes: tuple[int, ...]
) -> Iterator[Problem]:
    """Yield the problems with `volumeMounts` and `volumeDevices`; `volumes` are the pod's, by name."""
    devices = list(entries(container.get("volumeDevices"), (*path, "volumeDevices")))
    taken: dict[str, str] = {text(d.get("devicePath")): text(d.get("name")) for d, _ in devices}
    device_names = set(taken.values())
    for mount, mount_path in entries(container.get("volumeMounts"), (*path, "volumeMounts")):
        yield from required(mount, ["name", "mountPath"], mount_path, "a volume mount")
        yield from check_volume(mount, "name", volumes, mount_path)
        if text(mount.get("name")) in device_names - {""}:
            yield problem("kubernetes/mounted-device", (*mount_path, "name"), value=shown(mount.get("name")))
        where = text(mount.get("mountPath"))
        if where and where in taken:
            yield problem("kubernetes/mount-path-duplicate", (*mount_path, "mountPath"), value=shown(where))
        taken[where] = text(mount.get("name"))
        yield from check_sub_path(mount, mount_path, volumes, kubernetes)
        yield from check_propagation(mount, mount_path, container)
    yield from check_devices(devices, volumes)


@rule("kubernetes/volume-absent", on="part")
def check_volume(owner: Fields, field: str, volumes: Volumes, path: FieldPath) -> Iterator[Problem]:
    """Yield a problem if the pod has no volume of the name in the field."""
    name = text(owner.get(field))
    if name and name not in volumes:
        guess = likely(name, volumes)
        hint = (
            f"Did you mean {guess}"
            if guess
            else "Add a volume of that name to `volumes`, or remove the mount"
        )
        yield problem("kubernetes/volume-absent", (*path, field), value=shown(name), hint=hint)


@rule("kubernetes/image-sub-path", "kubernetes/sub-path-twice", on="part")
def check_sub_path(
    mount: Fields, path: FieldPath, volumes: Volumes, kubernetes: tuple[int, ...]
) -> Iterator[Problem]:
    """Yield the problems with the sub-path of a mount."""
    image = volumes.get(text(mount.get("name")), {}).get("image") is not None
    for field in ("subPath", "subPathExpr"):
        yield from local_path(mount.get(field), (*path, field))
        if text(mount.get(field)) and image and kubernetes < IMAGE_SUBPATH:
            yield problem("kubernetes/image-sub-path", (*path, field))
    if text(mount.get("subPath")) and text(mount.get("subPathExpr")):
        yield problem("kubernetes/sub-path-twice", (*path, "subPathExpr"))


@rule("kubernetes/mount-bidirectional", "kubernetes/recursive-read-only", on="part")
def check_propagation(mount: Fields, path: FieldPath, container: Fields) -> Iterator[Problem]:
    """Yield the problems with mount propagation and with recursive read-only mounts."""
    yield from one_of(mount, "mountPropagation", PROPAGATIONS, path, empty=False)
    privileged = mapping(container.get("securityContext")).get("privileged") is True
    if mount.get("mountPropagation") == "Bidirectional" and not privileged:
        yield problem("kubernetes/mount-bidirectional", (*path, "mountPropagation"))
    yield from one_of(mount, "recursiveReadOnly", RECURSIVE, path, empty=False)
    shared = mount.get("mountPropagation") not in {None, "None"} if not_map(mount) else False
    if mount.get("recursiveReadOnly") in ("IfPossible", "Enabled") and (
        mount.get("readOnly") is not True or shared
    ):
        yield problem("kubernetes/recursive-read-only", (*path, "recursiveReadOnly"))


def not_map(mount: Fields) -> bool:
    """Return whether `mountPropagation` is a scalar, which is required for a comparison."""
    return not isinstance(mount.get("mountPropagation"), dict | list)


@rule("kubernetes/device-volume", on="part")
@rule("kubernetes/name-duplicate", on="shared")
def check_devices(devices: list[tuple[Fields, FieldPath]], volumes: Volumes) -> Iterator[Problem]:
    """Yield the problems with block devices."""
    seen: set[str] = set()
    for device, device_path in devices:
        yield from required(device, ["name", "devicePath"], device_path, "a volume device")
        name, where = text(device.get("name")), text(device.get("devicePath"))
        yield from check_volume(device, "name", volumes, device_path)
        source = volumes.get(name)
        if source is not None and not (source.get("persistentVolumeClaim") or source.get("ephemeral")):
            yield problem("kubernetes/device-volume", (*device_path, "name"), value=shown(name))
        for field, value in (("name", name), ("devicePath", where)):
            if value and f"{field}:{value}" in seen:
                yield problem(
                    "kubernetes/name-duplicate",
                    (*device_path, field),
                    value=shown(value),
                    what="volume device",
                )
            seen.add(f"{field}:{value}")
        yield from no_backsteps(where, (*device_path, "devicePath"))
