"""The storage of the weights that vLLM downloads: the container's disk, memory or a volume.

huggingface_hub 0.36 puts them into HF_HUB_CACHE, else into HF_HOME/hub, else into ~/.cache/huggingface/hub;
vLLM's `--download-dir` overrides all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Fields, Manifest, entries, get, mapping, text
from kaito_pack.workspace.command_line import Command, last_option

Medium = Literal["container", "node", "memory", "volume"]
POD: FieldPath = ("inference", "template", "spec")
FOLDERS = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
TRUE = ("1", "on", "yes", "true")


class Storage(NamedTuple):
    """The folder of the weights and its medium.

    `medium` is "container" for the container's writable layer, "node" for an emptyDir, "memory" for one in
    memory, "volume" for anything that outlives the pod or comes from outside. `volume` and `path` are the
    volume and its path in the Workspace, empty for the container's own disk.
    """

    folder: str
    medium: Medium = "container"
    volume: Fields = MappingProxyType({})
    path: FieldPath = ()


def weights_storage(manifest: Manifest, server: Fields, command: Command) -> Storage:
    """Return where the container `server` of a Workspace, which runs `command`, stores its weights."""
    return storage_of(weights_folder(environment(server), command), manifest, server)


def token_storage(manifest: Manifest, server: Fields) -> Storage:
    """Return where the Hub client of a container looks for the token file."""
    return storage_of(f"{hub_home(environment(server))}/token", manifest, server)


def storage_of(folder: str, manifest: Manifest, server: Fields) -> Storage:
    """Return the storage of a folder or file in the container `server`."""
    names = {
        text(mount.get("mountPath")).rstrip("/") or "/": text(mount.get("name"))
        for mount, _ in entries(server.get("volumeMounts"), ())
    }
    above = [mount for mount in names if is_inside(folder, mount)]
    if not above:
        return Storage(folder)
    name = names[max(above, key=len)]
    for volume, path in entries(get(manifest, (*POD, "volumes")), (*POD, "volumes")):
        if text(volume.get("name")) == name:
            return Storage(folder, medium_of(volume), volume, path)
    return Storage(folder, "volume")


def weights_folder(known: Mapping[str, str | None], command: Command) -> str:
    """Return the folder of the weights, from the command, else from the variables of the container."""
    if given := last_option(command, "--download-dir"):
        return given
    folder = next((value for name in FOLDERS if (value := known.get(name))), None)
    return folder or f"{hub_home(known)}/hub"


def hub_home(known: Mapping[str, str | None]) -> str:
    """Return the folder of the Hub client, from the variables of the container."""
    return known.get("HF_HOME") or f"{known.get('HOME') or '/root'}/.cache/huggingface"


def medium_of(volume: Fields) -> Medium:
    """Return the medium of a volume of a pod."""
    if "emptyDir" not in volume:
        return "volume"
    return "memory" if mapping(volume["emptyDir"]).get("medium") == "Memory" else "node"


def may_hold_files(storage: Storage) -> bool:
    """Return whether the folder can have files before the pod starts; a new ephemeral volume is empty."""
    claim = mapping(get(storage.volume, ("ephemeral", "volumeClaimTemplate", "spec")))
    is_empty = "ephemeral" in storage.volume and not (claim.get("dataSource") or claim.get("dataSourceRef"))
    return storage.medium == "volume" and not is_empty


def is_inside(folder: str, mount: str) -> bool:
    """Return whether `folder` is `mount` or below it."""
    return mount == "/" or folder == mount or folder.startswith(f"{mount}/")


def environment(container: Fields) -> dict[str, str | None]:
    """Return the variables of a container; None for a value that is not in the manifest.

    A variable with an empty value counts as absent.
    """
    known: dict[str, str | None] = {}
    for entry, _ in entries(container.get("env"), ()):
        value = entry.get("value")
        if entry.get("valueFrom") or (isinstance(value, str) and value):
            known[text(entry.get("name"))] = value if isinstance(value, str) else None
    return known


def is_offline(container: Fields) -> bool:
    """Return whether the container must not use the Hub because the files exist."""
    known = environment(container)
    return any((known.get(name) or "").lower() in TRUE for name in OFFLINE)
