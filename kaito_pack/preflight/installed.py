"""Detects the KAITO version of a cluster and how it gets its nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, get, mapping, sequence
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import in_range, minor, problem
from kaito_pack.facts.tables import table
from kaito_pack.kaito import crd
from kaito_pack.kaito.schema_from_crd import structure
from kaito_pack.kaito.target import Provisioning, Target
from kaito_pack.preflight.asking import ClusterReader
from kaito_pack.workspace.command_line import last_option, read_commands

CRD = "workspaces.kaito.sh"
CRDS = "customresourcedefinitions.apiextensions.k8s.io"


@dataclass
class Installed:
    """The KAITO of a cluster: minor version and node provisioning; None if it cannot be read."""

    problems: list[Problem] = field(default_factory=list)
    kaito: str | None = None
    provisioning: Provisioning | None = None
    is_installed: bool = True


@rule("preflight/crd-missing", on="part")
def look(cluster: ClusterReader, target: Target, asked_version: str | None) -> Installed:
    """Return what is installed, checked against the target; `asked_version` is the version the user named."""
    installed = Installed()
    definition = cluster.object(CRDS, CRD)
    if definition == {}:
        return Installed([problem("preflight/crd-missing")], is_installed=False)
    controller = _controller(cluster)
    installed.problems += _crd(definition)
    installed.problems.append(_version(installed, definition, controller, target, asked_version))
    installed.problems.append(_provisioning(installed, controller, target))
    return installed


@rule("preflight/crd-there", "preflight/crd-version-missing", on="part")
def _crd(definition: Manifest | None) -> Iterator[Problem]:
    if definition is None:
        return
    served = sorted(_schemas(definition))
    names = ", ".join(map(shown, served)) or "nothing"
    wanted = "v1beta1"
    if wanted in served:
        yield problem("preflight/crd-there", served=names)
    else:
        yield problem("preflight/crd-version-missing", wanted=wanted, served=names)


def served_versions(definition: Manifest) -> list[str]:
    """Return the names of the versions that a CustomResourceDefinition serves, sorted."""
    return sorted(_schemas(definition))


def container_of_controller(cluster: ClusterReader) -> Manifest | None:
    """Return the container of KAITO's controller; empty if there is none, None if it may not be read."""
    return _controller(cluster)


def _schemas(definition: Manifest) -> dict[str, Any]:
    versions = mapping(definition.get("spec")).get("versions")
    return {
        str(version.get("name")): mapping(version.get("schema")).get("openAPIV3Schema")
        for version in (versions if isinstance(versions, list) else [])
        if isinstance(version, Mapping) and version.get("served")
    }


def _controller(cluster: ClusterReader) -> Manifest | None:
    """Return the container of KAITO's controller; {} if there is none, None if it may not be read."""
    deployments = cluster.objects("deployments", everywhere=True)
    if deployments is None:
        return None
    images = table("kaito/cluster.json")["controllerImages"]
    for deployment in deployments:
        pod = mapping(get(deployment, ("spec", "template", "spec")))
        for container in sequence(pod.get("containers")):
            path = str(mapping(container).get("image")).partition("@")[0]
            repository = path.rpartition(":")[0] or path
            if any(repository == name or repository.endswith(f"/{name}") for name in images):
                return mapping(container)
    return {}


@rule(
    "preflight/kaito-unsupported",
    "preflight/kaito-unknown",
    "preflight/kaito-differs",
    "preflight/kaito-seen",
    on="part",
)
def _version(
    installed: Installed,
    definition: Manifest | None,
    controller: Manifest | None,
    target: Target,
    asked: str | None,
) -> Problem:
    by_image, by_crd = _version_of_image(controller), _versions_of_crd(definition)
    if by_image and by_image not in crd.versions():
        return problem("preflight/kaito-unsupported", seen=shown(by_image, quote=False), asked=target.kaito)
    if by_image:
        installed.kaito = by_image
        how = f"the image of its controller, {shown(mapping(controller).get('image'))}"
    elif len(by_crd) == 1:
        installed.kaito, how = by_crd[0], "the schema of its CRD"
    else:
        if target.kaito in by_crd:
            installed.kaito = target.kaito
        why = "its controller was not found"
        why += (
            f", and the CRD matches {', '.join(by_crd)}" if by_crd else ", and its CRD is unknown to the pack"
        )
        return problem("preflight/kaito-unknown", why=why, asked=target.kaito)
    if asked is not None and installed.kaito != target.kaito:
        return problem("preflight/kaito-differs", seen=installed.kaito, asked=target.kaito)
    return problem("preflight/kaito-seen", seen=installed.kaito, how=how)


def _version_of_image(controller: Manifest | None) -> str | None:
    tag = str(mapping(controller).get("image", "")).partition("@")[0].rpartition(":")[2].removeprefix("v")
    parts = tag.split("-")[0].split(".")
    return ".".join(parts[:2]) if len(parts) >= 2 and all(part.isdecimal() for part in parts[:2]) else None


def _versions_of_crd(definition: Manifest | None) -> list[str]:
    """Return the KAITO minors whose CRD has this structure; several if a release did not change it."""
    live = {name: structure(schema) for name, schema in _schemas(definition or {}).items()}
    return sorted((kaito for kaito in crd.versions() if crd.schemas(kaito) == live), key=minor)


@rule(
    "preflight/provisioning-unknown",
    "preflight/provisioning-differs",
    "preflight/provisioning-seen",
    on="part",
)
def _provisioning(installed: Installed, controller: Manifest | None, target: Target) -> Problem:
    seen, how = _seen_provisioning(installed.kaito or target.kaito, controller)
    if seen is None:
        asked = target.provisioning or "what matches the values"
        return problem("preflight/provisioning-unknown", why=how, asked=asked)
    installed.provisioning = seen
    if target.provisioning not in (None, seen):
        return problem("preflight/provisioning-differs", seen=seen, asked=target.provisioning)
    meaning = table("kaito/cluster.json")["provisioning"][seen]
    return problem("preflight/provisioning-seen", meaning=meaning, how=how)


def _seen_provisioning(kaito: str, controller: Manifest | None) -> tuple[Provisioning | None, str]:
    if controller is None:
        return None, "you may not read Deployments"
    if not controller:
        return None, "no Deployment runs KAITO's controller"
    rows = table("kaito/cluster.json")["provisioningArguments"]
    row: Mapping[str, str] = next((row for row in rows if in_range(kaito, row["versions"])), {})
    auto, byo = get_args(Provisioning)
    argument = row.get("argument")
    if not argument:
        return auto, f"KAITO {kaito}, which supports nothing else"
    for command in read_commands(controller):
        value = last_option(command, argument)
        if value is not None:
            words = [word.strip() for word in value.split(",")]
            return (byo if row["byo"] in words else auto), f"its controller's {argument}"
    return auto, f"its controller's arguments, which do not set {argument}"


@rule("preflight/machines-there", "preflight/machines-missing", on="part")
def machines(cluster: ClusterReader) -> Problem | None:
    """Return the answer on the kinds through which KAITO requests nodes; None if they may not be read."""
    kinds = table("kaito/cluster.json")["machineKinds"]
    answers = [(kind, cluster.object(CRDS, kind)) for kind in kinds]
    served = next((kind for kind, answer in answers if answer), None)
    if served:
        return problem("preflight/machines-there", kind=served)
    if any(answer is None for _, answer in answers):
        return None
    return problem("preflight/machines-missing", kind=" and no ".join(kinds))
