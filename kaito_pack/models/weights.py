"""Estimates how long the weights of a model load, and whether they fit on the disk.

The rows of the rules have the rates that the estimates assume.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.records import NamedTuple, Protocol
from kaito_pack.base.trees import Fields, Manifest, get, mapping, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.quantities import gibibytes
from kaito_pack.models.size import weights_by_name
from kaito_pack.models.storage import Storage, is_offline, weights_storage
from kaito_pack.models.vllm_arguments import server_command
from kaito_pack.workspace import WorkspaceView
from kaito_pack.workspace.engines import checks_models
from kaito_pack.workspace.identity import namespace_of

STARTUP = "advice/startup-time"
DISK = "advice/disk-too-small"
KEPT = "advice/weights-not-kept"
DISK_REQUEST = "ephemeral-storage"
GIB_IN_MIB = 1024
PERIOD, FAILURES = 10, 3  # Kubernetes' defaults for a probe


class Claims(Protocol):
    """The PersistentVolumeClaims of a run."""

    def claims_named(self, name: str, namespace: str) -> Sequence[Manifest]:
        """Return the PersistentVolumeClaims of that name in a namespace."""
        ...


class LoadingServer(NamedTuple):
    """A vLLM server that loads weights: its container and path, the model, and the GiB of its weights."""

    container: Fields
    path: FieldPath
    model_id: str
    weights_gib: float
    storage: Storage


def check_weights(
    manifest: Manifest, view: WorkspaceView, catalogue: Catalogue, claims: Claims
) -> Iterator[Problem]:
    """Yield advice if the weights of the model in a Workspace need more time or disk than available."""
    server = server_of(manifest, view, catalogue)
    if server is None:
        return
    yield from check_startup(server)
    yield from check_disk(server, manifest, claims)
    yield from check_kept(server)


def server_of(manifest: Manifest, view: WorkspaceView, catalogue: Catalogue) -> LoadingServer | None:
    """Return the vLLM server of a Workspace if the size of its weights is known, else None."""
    if not checks_models(view.engine) or view.container is None or view.is_tuning or not view.model_id:
        return None
    model = catalogue.find(view.model_id)
    named = None if model else weights_by_name(view.model_id, catalogue)
    weights = model.weights_gib if model else named[1] if named else None
    if not weights:
        return None
    container = mapping(get(manifest, view.container))
    storage = weights_storage(manifest, container, server_command(container, view.model_id))
    return LoadingServer(container, view.container, view.model_id, weights, storage)


@rule(STARTUP, on="part")
def check_startup(server: LoadingServer) -> Iterator[Problem]:
    """Yield advice if the kubelet restarts the container before the weights are loaded."""
    rates = get_rule(STARTUP).parameters
    download = 0 if is_offline(server.container) else server.weights_gib * GIB_IN_MIB / rates["downloadMiB"]
    seconds = download + server.weights_gib * GIB_IN_MIB / rates["loadMiB"] + rates["otherSeconds"]
    name = "startupProbe" if mapping(server.container.get("startupProbe")) else "livenessProbe"
    allowed = seconds_until_restart(mapping(server.container.get(name)))
    if allowed is not None and allowed < seconds:
        field = "initialDelaySeconds" if "initialDelaySeconds" in server.container[name] else None
        yield problem(
            STARTUP,
            (*server.path, name, *([field] if field else [])),
            model=shown(server.model_id),
            weights=f"{server.weights_gib:.0f}",
            rate=rates["downloadMiB"],
            minutes=ceil(seconds / 60),
            allowed=f"{allowed / 60:.0f}",
        )


def seconds_until_restart(probe: Fields) -> float | None:
    """Return the seconds after which a probe that never succeeds restarts the container; None without one."""
    if not probe:
        return None
    delay, period = probe.get("initialDelaySeconds", 0), probe.get("periodSeconds", PERIOD)
    failures = probe.get("failureThreshold", FAILURES)
    numbers = [number for number in (delay, period, failures) if isinstance(number, int)]
    return numbers[0] + numbers[1] * numbers[2] if len(numbers) == 3 else None


@rule(DISK, on="part")
def check_disk(server: LoadingServer, manifest: Manifest, claims: Claims) -> Iterator[Problem]:
    """Yield advice if the storage of the weights is known to be too small."""
    for size, path in rooms(server, manifest, claims):
        if size < server.weights_gib:
            yield problem(
                DISK,
                path,
                model=shown(server.model_id),
                weights=f"{server.weights_gib:.0f}",
                size=f"{size:.4g}",
                folder=shown(server.storage.folder),
                least=ceil(server.weights_gib * get_rule(DISK).parameters["factor"]),
            )
            return


def rooms(server: LoadingServer, manifest: Manifest, claims: Claims) -> Iterator[tuple[float, FieldPath]]:
    """Yield the size limits, in GiB, of the storage of the weights, each with its field."""
    volume, path = server.storage.volume, server.storage.path
    if server.storage.medium in ("container", "node"):
        for key in ("limits", "requests"):
            size = gibibytes(get(server.container, ("resources", key, DISK_REQUEST)))
            if size is not None:
                yield size, (*server.path, "resources", key, DISK_REQUEST)
                break
    size = gibibytes(get(volume, ("emptyDir", "sizeLimit")))
    if size is not None:
        yield size, (*path, "emptyDir", "sizeLimit")
    claim = text(get(volume, ("persistentVolumeClaim", "claimName")))
    for body in claims.claims_named(claim, namespace_of(manifest)) if claim else ():
        size = gibibytes(get(body, ("spec", "resources", "requests", "storage")))
        if size is not None:
            yield size, (*path, "persistentVolumeClaim", "claimName")


@rule(KEPT, on="part")
def check_kept(server: LoadingServer) -> Iterator[Problem]:
    """Yield advice if large weights are on the container's own disk, which a restart empties."""
    parameters = get_rule(KEPT).parameters
    is_lost = server.storage.medium == "container" and not is_offline(server.container)
    if is_lost and server.weights_gib >= parameters["leastGiB"]:
        least = ceil(server.weights_gib * get_rule(DISK).parameters["factor"])
        weights = f"{server.weights_gib:.0f}"
        yield problem(KEPT, server.path, model=shown(server.model_id), weights=weights, least=least)
