"""Advice on a Workspace that is admitted and may run; it fails a run only with `--strict`."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, entries, get, mapping, sequence, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kaito import advice_containers, controller_instance_types, instance_types, metadata
from kaito_pack.kaito.fields import CONTAINERS, INSTANCE_TYPE, TEMPLATE, Workspace
from kaito_pack.kaito.images import tag_of
from kaito_pack.kaito.instance_types import InstanceType
from kaito_pack.kaito.pod_gpus import gpu_limits, gpus_of
from kaito_pack.kaito.ruling import Case, judge
from kaito_pack.kaito.target import Surroundings
from kaito_pack.kubernetes.decoding.quantity import value_of
from kaito_pack.values.secrets import remedy, secrets_in

# They contain further checks of this layer.
MODULES = (advice_containers, controller_instance_types, metadata)
VOLUMES: FieldPath = (*TEMPLATE, "spec", "volumes")
BYTES = ("memory", "ephemeral-storage")
MEBIBYTE = 2**20
LONGEST_AMOUNT = 30  # characters; longer ones are not typos


def _instance_type(case: Case) -> InstanceType | None:
    name = case.workspace.instance_type
    return instance_types.find(case.surroundings.target.cloud, name) if name else None


@rule("advice/gpus-unused")
def gpus_unused(case: Case) -> Iterator[Problem]:
    """Report a node with GPUs for a pod that requests none."""
    node_type = _instance_type(case)
    containers = [container for _, container in case.workspace.containers()]
    has_gpus = any(gpus_of(container) or gpu_limits(container) for container in containers)
    if node_type and containers and not has_gpus:
        yield case.problem(*CONTAINERS, instance_type=shown(node_type.name), gpus=node_type.gpus)


@rule("advice/preferred-nodes-deprecated")
def preferred_nodes_deprecated(case: Case) -> Iterator[Problem]:
    """Report the deprecated field preferredNodes."""
    if sequence(case.workspace.resource.get("preferredNodes")):
        yield case.problem("resource", "preferredNodes")


@rule("advice/claim-on-one-node")
def claim_on_one_node(case: Case) -> Iterator[Problem]:
    """Report a volume that only one node can attach, for replicas on several nodes."""
    modes: dict[str, str] = case.rule.parameters["modes"]
    for volume, path in entries(get(case.workspace.manifest, VOLUMES), VOLUMES):
        name = text(get(volume, ("persistentVolumeClaim", "claimName")))
        if not name or case.workspace.count < 2:
            continue
        for claim in case.surroundings.claims_named(name, case.workspace.namespace):
            given = sequence(get(claim, ("spec", "accessModes")))
            if len(given) == 1 and text(given[0]) in modes:
                facts = {"claim": shown(name), "mode": given[0], "who": modes[given[0]]}
                yield case.problem(
                    *path, "persistentVolumeClaim", "claimName", count=case.workspace.count, **facts
                )


@rule("advice/image-tag-floating")
def image_tag_floating(case: Case) -> Iterator[Problem]:
    """Report an image without a fixed tag."""
    for path, container in case.workspace.containers():
        image = text(container.get("image"))
        is_only_tag = image.removesuffix(":latest") in case.rule.parameters["publishedAsLatest"]
        if image and tag_of(image) in (None, "latest") and not is_only_tag:
            yield case.problem(*path, "image", image=shown(image))


@rule("advice/literal-secret")
def literal_secret(case: Case) -> Iterator[Problem]:
    """Report a literal secret in the pod template."""
    for path, name, _ in secrets_in(case.workspace.pod_spec):
        yield case.problem(*CONTAINERS[:-1], *path, name=shown(name), remedy=remedy(name))


@rule("advice/instance-type-dropped-later")
def instance_type_dropped_later(case: Case) -> Iterator[Problem]:
    """Report an instance type that a newer KAITO drops."""
    node_type = _instance_type(case)
    if node_type and node_type.dropped_in and node_type.known_in(case.kaito) and not case.own_nodes:
        yield dropped_problem(node_type)


def dropped_problem(node_type: InstanceType) -> Problem:
    """Return the advice about an instance type that a newer KAITO does not know."""
    facts = {"name": shown(node_type.name), "model": node_type.model, "dropped_in": node_type.dropped_in}
    return problem("advice/instance-type-dropped-later", INSTANCE_TYPE, **facts)


@rule("advice/part-of-a-byte")
def part_of_a_byte(case: Case) -> Iterator[Problem]:
    """Report memory such as `500m`, half a byte, instead of 500Mi."""
    for path, value in _byte_quantities(case.workspace):
        amount = text(value)
        if not amount.endswith("m") or len(amount) > LONGEST_AMOUNT:
            continue
        try:
            size = value_of(amount)
        except ValueError:  # reported as an invalid quantity
            continue
        if 0 < size < MEBIBYTE:
            guess = f"{amount.removesuffix('m')}Mi"
            yield case.problem(*path, value=shown(amount), bytes=f"{float(size):g}", guess=guess)


def _byte_quantities(workspace: Workspace) -> Iterator[tuple[FieldPath, object]]:
    """Yield every amount of memory or disk that a pod requests, with its path."""
    spec, spec_path = workspace.pod_spec, CONTAINERS[:-1]
    for path, owner in ((spec_path, spec), *workspace.all_containers()):
        for part in ("requests", "limits"):
            amounts = mapping(mapping(owner.get("resources")).get(part))
            for name in BYTES:
                yield (*path, "resources", part, name), amounts.get(name)
    for index, volume in enumerate(sequence(spec.get("volumes"))):
        folder = mapping(mapping(volume).get("emptyDir"))
        yield (*spec_path, "volumes", index, "emptyDir", "sizeLimit"), folder.get("sizeLimit")


def check(manifest: Manifest, surroundings: Surroundings) -> Iterator[Problem]:
    """Yield the warnings of the layer "advice"."""
    yield from judge("advice", Workspace(manifest), surroundings)
