"""Which KAITO a cluster runs, and how it gets its nodes, as far as both can be seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from kaito_pack.base.display import shown
from kaito_pack.base.trees import Manifest, get, mapping
from kaito_pack.facts.rules import in_range, minor
from kaito_pack.facts.tables import table
from kaito_pack.kaito import crd
from kaito_pack.kaito.schema_from_crd import structure
from kaito_pack.kaito.target import Provisioning, Target
from kaito_pack.preflight.asking import Cluster
from kaito_pack.preflight.findings import Finding, finding
from kaito_pack.workspace.command_line import last_option, read_commands

CRD = "workspaces.kaito.sh"
CRDS = "customresourcedefinitions.apiextensions.k8s.io"


@dataclass
class Installed:
    """KAITO as it runs in a cluster: minor version, node provisioning; None for what cannot be seen."""

    findings: list[Finding] = field(default_factory=list)
    kaito: str | None = None
    provisioning: Provisioning | None = None
    is_there: bool = True


def look(cluster: Cluster, target: Target, asked_version: str | None) -> Installed:
    """What is installed, judged against the target; `asked_version` is the one that the user named."""
    found = Installed()
    definition = cluster.there(CRDS, CRD)
    if definition == {}:
        return Installed([finding("crd-missing")], is_there=False)
    controller = _controller(cluster)
    found.findings += _crd(definition)
    found.findings.append(_version(found, definition, controller, target, asked_version))
    found.findings.append(_provisioning(found, controller, target))
    return found


def _crd(definition: Manifest | None) -> Iterator[Finding]:
    if definition is None:
        return
    served = sorted(_schemas(definition))
    names = ", ".join(map(shown, served)) or "nothing"
    wanted = "v1beta1"
    if wanted in served:
        yield finding("crd-there", served=names)
    else:
        yield finding("crd-version-missing", wanted=wanted, served=names)


def _schemas(definition: Manifest) -> dict[str, Any]:
    versions = mapping(definition.get("spec")).get("versions")
    return {
        str(version.get("name")): mapping(version.get("schema")).get("openAPIV3Schema")
        for version in (versions if isinstance(versions, list) else [])
        if isinstance(version, Mapping) and version.get("served")
    }


def _controller(cluster: Cluster) -> Manifest | None:
    """The container of KAITO's controller; {} where there is none, None where it may not be seen."""
    deployments = cluster.all("deployments", everywhere=True)
    if deployments is None:
        return None
    images = table("kaito/cluster.json")["controllerImages"]
    for deployment in deployments:
        pod = mapping(get(deployment, ("spec", "template", "spec")))
        for container in pod.get("containers") or []:
            path = str(mapping(container).get("image")).partition("@")[0]
            repository = path.rpartition(":")[0] or path
            if any(repository == name or repository.endswith(f"/{name}") for name in images):
                return mapping(container)
    return {}


def _version(
    found: Installed,
    definition: Manifest | None,
    controller: Manifest | None,
    target: Target,
    asked: str | None,
) -> Finding:
    by_image, by_crd = _version_of_image(controller), _versions_of_crd(definition)
    if by_image and by_image not in crd.versions():
        return finding("kaito-unsupported", seen=shown(by_image, quote=False), asked=target.kaito)
    if by_image:
        found.kaito, how = by_image, f"the image of its controller, {shown(mapping(controller).get('image'))}"
    elif len(by_crd) == 1:
        found.kaito, how = by_crd[0], "the schema of its CRD"
    else:
        if target.kaito in by_crd:
            found.kaito = target.kaito
        why = "its controller is not seen"
        why += (
            f", and the CRD is that of {', '.join(by_crd)}"
            if by_crd
            else ", and its CRD is none that the pack knows"
        )
        return finding("kaito-unknown", why=why, asked=target.kaito)
    if asked is not None and found.kaito != target.kaito:
        return finding("kaito-differs", seen=found.kaito, asked=target.kaito)
    return finding("kaito-seen", seen=found.kaito, how=how)


def _version_of_image(controller: Manifest | None) -> str | None:
    tag = str(mapping(controller).get("image", "")).partition("@")[0].rpartition(":")[2].removeprefix("v")
    parts = tag.split("-")[0].split(".")
    return ".".join(parts[:2]) if len(parts) >= 2 and all(part.isdecimal() for part in parts[:2]) else None


def _versions_of_crd(definition: Manifest | None) -> list[str]:
    """The KAITO minors whose CRD has this structure: several where a release did not change it."""
    live = {name: structure(schema) for name, schema in _schemas(definition or {}).items()}
    return sorted((kaito for kaito in crd.versions() if crd.schemas(kaito) == live), key=minor)


def _provisioning(found: Installed, controller: Manifest | None, target: Target) -> Finding:
    seen, how = _seen_provisioning(found.kaito or target.kaito, controller)
    if seen is None:
        asked = target.provisioning or "what fits the values"
        return finding("provisioning-unknown", why=how, asked=asked)
    found.provisioning = seen
    if target.provisioning not in (None, seen):
        return finding("provisioning-differs", seen=seen, asked=target.provisioning)
    return finding("provisioning-seen", meaning=table("kaito/cluster.json")["provisioning"][seen], how=how)


def _seen_provisioning(kaito: str, controller: Manifest | None) -> tuple[Provisioning | None, str]:
    if controller is None:
        return None, "Deployments may not be read"
    if not controller:
        return None, "no Deployment runs KAITO's controller"
    rows = table("kaito/cluster.json")["provisioningArguments"]
    row: Mapping[str, str] = next((row for row in rows if in_range(kaito, row["versions"])), {})
    auto, byo = get_args(Provisioning)
    argument = row.get("argument")
    if not argument:
        return auto, f"KAITO {kaito}, which knows no other way"
    for command in read_commands(controller):
        value = last_option(command, argument)
        if value is not None:
            words = [word.strip() for word in value.split(",")]
            return (byo if row["byo"] in words else auto), f"its controller's {argument}"
    return auto, f"its controller's arguments, without {argument}"


def machines(cluster: Cluster) -> Finding | None:
    """Whether the kinds are there through which KAITO asks for nodes; None where that may not be seen."""
    kinds = table("kaito/cluster.json")["machineKinds"]
    answers = [(kind, cluster.there(CRDS, kind)) for kind in kinds]
    there = next((kind for kind, answer in answers if answer), None)
    if there:
        return finding("machines-there", kind=there)
    if any(answer is None for _, answer in answers):
        return None
    return finding("machines-missing", kind=" and no ".join(kinds))
