"""The cluster that manifests are for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal

from kaito_pack.base.problems import Problem
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Fields, Manifest, get
from kaito_pack.facts.mutes import Mute
from kaito_pack.kaito.sharing import Compute, Shared, VersionReads
from kaito_pack.workspace.identity import namespace_of
from kaito_pack.workspace.labels import WORKSPACE_LABEL

Provisioning = Literal["auto", "byo"]
Cloud = Literal["azure", "aws", "arc"]


class Nodes(NamedTuple):
    """Identical existing nodes: their labels, their number, GPUs per node and GiB per GPU."""

    labels: tuple[tuple[str, str], ...]
    number: int = 1
    gpus: int = 0
    gpu_memory_gib: float = 0

    def matches(self, match_labels: Mapping[str, str]) -> bool:
        """Return whether a node selector with these labels selects the nodes."""
        labels = dict(self.labels)
        return all(labels.get(key) == value for key, value in match_labels.items())


class Target(NamedTuple):
    """The cluster that manifests are for.

    `kaito` and `kubernetes` are minor versions ("0.12", "1.37"). `provisioning` is "auto" if KAITO creates
    the nodes, "byo" if they already exist, None to use "auto" for manifests with an instanceType.
    `gpu_memory_gib` is the memory of ONE GPU in GiB, if known. `config_maps` ("namespace/name") exist in the
    cluster besides the manifests of a run. `nodes` are all existing nodes with GPUs, None if unknown. `mutes`
    are the rules that the cluster's team ignores. `context` is the cluster's context in the kubeconfig, if
    known.
    """

    kaito: str
    kubernetes: str
    provisioning: Provisioning | None = None
    cloud: Cloud = "azure"
    gpu_memory_gib: float | None = None
    catalogues: tuple[str, ...] = ()
    feature_gates: tuple[tuple[str, bool], ...] = ()
    config_maps: tuple[str, ...] = ()
    nodes: tuple[Nodes, ...] | None = None
    mutes: tuple[Mute, ...] = ()
    context: str = ""

    def feature_gate(self, name: str) -> bool | None:
        """Return whether the feature gate is on in the target's KAITO; None if the target does not set it."""
        return dict(self.feature_gates).get(name)

    def has_config_map(self, namespace: str, name: str) -> bool:
        """Return whether the cluster is known to have that ConfigMap."""
        return f"{namespace}/{name}" in self.config_maps


class WatchedTarget(Target):
    """A target that counts how often its KAITO version is read, including reads of its copies."""

    @property
    def kaito(self) -> str:
        VersionReads.count += 1
        return self[0]


def watched(targets: Sequence[Target]) -> Sequence[Target]:
    """Return the targets, as watched ones if there are several that differ only in the KAITO version."""
    if len(targets) < 2 or len({target._replace(kaito="") for target in targets}) > 1:
        return targets
    return [WatchedTarget(*target) for target in targets]


class Surroundings:
    """The surroundings of a manifest: the cluster, and the other manifests of the run.

    `config_maps`, `workspaces` (including those of InferenceSets), `services`, `claims`
    (PersistentVolumeClaims) and `scalers` (ScaledObjects) are the other manifests of the run, as plain
    mappings. `old` is the stored object if an update is checked, None for a create.
    """

    def __init__(
        self,
        target: Target,
        config_maps: Sequence[Manifest] = (),
        workspaces: Sequence[Manifest] = (),
        services: Sequence[Manifest] = (),
        claims: Sequence[Manifest] = (),
        scalers: Sequence[Manifest] = (),
        old: Manifest | None = None,
    ) -> None:
        self.target, self.old = target, old
        self.config_maps, self.workspaces = config_maps, workspaces
        self.services, self.claims, self.scalers = services, claims, scalers
        # Lookups in the other manifests: a verdict is valid as long as their results are the same.
        self.asked: set[tuple[str, object]] = set()
        self.shared: Shared | None = None  # results for the same document that an earlier target shares
        self._whole: Surroundings = self

    def with_old(self, old: Manifest | None) -> Surroundings:
        """Return the same surroundings for an update of the stored object `old`, or for a create."""
        return self._with(self.target, old)

    def with_target(self, target: Target) -> Surroundings:
        """Return the same surroundings in another cluster."""
        return self._with(target, self.old)

    def _with(self, target: Target, old: Manifest | None) -> Surroundings:
        others = (self.config_maps, self.workspaces, self.services, self.claims, self.scalers)
        changed = Surroundings(target, *others, old)
        changed.asked, changed.shared, changed._whole = self.asked, self.shared, self._whole
        return changed

    def problems(self, key: Hashable, part: object, compute: Compute) -> Iterable[Problem]:
        """Return the reports of `compute` on `part`, computed once for all KAITO versions if possible."""
        return compute() if self.shared is None else self.shared.problems(key, part, compute)

    def silent(self, key: Hashable, part: object, compute: Compute) -> Iterable[Problem]:
        """Return the reports of `compute` on `part`, or nothing if the key was used before."""
        return compute() if self.shared is None else self.shared.silent(key, part, compute)

    @cached_property
    def tables(self) -> Mapping[str, Mapping[object, Sequence[Manifest]]]:
        """The other manifests by their lookup keys; a lookup takes one step, however large the run is."""
        return {
            "workspaces": _grouped(
                self.workspaces,
                lambda body: labels_key(get(body, ("resource", "labelSelector", "matchLabels"))),
            ),
            "services": _grouped(
                self.services,
                lambda body: (namespace_of(body), get(body, ("spec", "selector", WORKSPACE_LABEL))),
            ),
            "config_maps": _grouped(self.config_maps, _named),
            "scalers": _grouped(self.scalers, _scaled),
            "claims": _grouped(self.claims, _named),
        }

    def workspaces_labelled(self, match_labels: Fields) -> Sequence[Manifest]:
        """Return the Workspaces whose selector has exactly these matchLabels."""
        return self._in_table("workspaces", labels_key(match_labels))

    def services_that_may_select(self, workspace: str, namespace: str) -> Iterator[Manifest]:
        """Yield the Services of the namespace that select this Workspace's pod label, or no such label."""
        yield from self._in_table("services", (namespace, workspace))
        yield from self._in_table("services", (namespace, None))

    def config_maps_named(self, name: str, namespace: str) -> Sequence[Manifest]:
        """Return the ConfigMaps of that name in a namespace."""
        return self._in_table("config_maps", (namespace, name))

    def claims_named(self, name: str, namespace: str) -> Sequence[Manifest]:
        """Return the PersistentVolumeClaims of that name in a namespace."""
        return self._in_table("claims", (namespace, name))

    def scalers_of(self, kind: str, name: str, namespace: str) -> Sequence[Manifest]:
        """Return the ScaledObjects of a namespace that scale an object of that kind and name."""
        return self._in_table("scalers", (namespace, kind, name))

    def _in_table(self, table: str, key: object) -> Sequence[Manifest]:
        self.asked.add((table, key))
        return self._whole.tables[table].get(key, ())

    def provisioning(self, manifest: Manifest) -> Provisioning:
        """Return the target's node provisioning; without one, "auto" for a manifest with an instanceType."""
        if self.target.provisioning:
            return self.target.provisioning
        return "auto" if get(manifest, ("resource", "instanceType")) else "byo"


def _named(body: Manifest) -> object:
    """Return the namespace and name of an object."""
    return namespace_of(body), get(body, ("metadata", "name"))


def _scaled(body: Manifest) -> object:
    """Return the namespace, kind and name of the target of a ScaledObject."""
    return namespace_of(body), *(get(body, ("spec", "scaleTargetRef", name)) for name in ("kind", "name"))


def labels_key(labels: object) -> object:
    """Return a key that is equal for equal maps of labels, in any order."""
    return (
        frozenset((str(key), str(value)) for key, value in labels.items())
        if isinstance(labels, Mapping)
        else None
    )


def _grouped(
    bodies: Sequence[Manifest], key_of: Callable[[Manifest], object]
) -> Mapping[object, Sequence[Manifest]]:
    groups: dict[object, list[Manifest]] = {}
    for body in bodies:
        key = key_of(body)
        try:
            groups.setdefault(key, []).append(body)
        except TypeError:  # a list or a map in place of a name: no rule looks it up
            continue
    return groups
