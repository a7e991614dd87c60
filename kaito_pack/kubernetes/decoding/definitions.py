"""The Kubernetes API definitions, from the data files of the installed kubernetes-validate.

The package is located without importing it (135 ms). A definitions file has 1.5 MB, of which one kind needs a
few dozen KB. So that part is derived once, without descriptions, and stored in the cache folder (`derived`).
If the cache cannot be used, the definitions are derived again.

A trimmed schema uses OpenAPI's keywords: type, properties, items, additionalProperties, required, $ref,
format, enum, x-kubernetes-*. Null is always allowed and not listed. Formats of this pack: "quantity",
"int-or-string", "date-time", "micro-time"; a schema without type accepts any JSON.
"""

# os.path instead of pathlib: this runs at every start.

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from kaito_pack.base.derived import depends_on, derived
from kaito_pack.base.problems import UsageError
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Schema

POD_TEMPLATE = "io.k8s.api.core.v1.PodTemplateSpec"
VOLUME = "io.k8s.api.core.v1.Volume"
OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
NO_OBJECTS = "io.k8s.apimachinery."  # kinds for requests and answers only, such as DeleteOptions
KEPT = [
    "type",
    "properties",
    "items",
    "additionalProperties",
    "required",
    "$ref",
    "format",
    "enum",
    "x-kubernetes-patch-merge-key",
    "x-kubernetes-patch-strategy",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-group-version-kind",
    "x-kubernetes-unions",
]
# Types with their own decoder, by the end of their name; OpenAPI does not distinguish them.
OWN_DECODERS: Mapping[str, Schema] = {
    "resource.Quantity": {"format": "quantity"},
    "intstr.IntOrString": {"format": "int-or-string"},
    "meta.v1.Time": {"format": "date-time"},
    "meta.v1.MicroTime": {"format": "micro-time"},
    "meta.v1.FieldsV1": {},
    "runtime.RawExtension": {},
}


class Definitions(NamedTuple):
    """A definition and all its references: `schemas` by name, the name `root`, and `version` "1.35"."""

    version: str
    root: str
    schemas: Mapping[str, Schema]

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def versions() -> list[str]:
    """Return the Kubernetes minor versions in the installed kubernetes-validate, oldest first."""
    return list(_folders())


def newest() -> str:
    """Return the newest Kubernetes minor version in the installed kubernetes-validate."""
    return versions()[-1]


def version(asked: str | None = None) -> str:
    """Return the requested minor ("1.35", "v1.35.4"), the newest for None; UsageError if unknown."""
    if asked is None:
        return newest()
    name = ".".join(asked.removeprefix("v").split(".")[:2])
    known_folder(name)
    return name


@cache
def definition(version: str, name: str = POD_TEMPLATE) -> Definitions:
    """Return the definition `name` of a Kubernetes minor version, with all its references.

    Raises UsageError for a version that kubernetes-validate does not have, KeyError for an unknown name.
    """
    folder = known_folder(version)
    schemas = _from_all(folder, name, lambda every: closure(every, name))
    return Definitions(version, name, schemas)


@cache
def of_kind(version: str, api_version: str, kind: str) -> Definitions | None:
    """Return the definition of a kind (`v1`, `Service`), None if Kubernetes has no such kind."""
    group, _, api = api_version.rpartition("/")
    words = [kind, *group.split("."), api]
    if not kind or not all(word.replace("-", "").isalnum() and word.isascii() for word in words if word):
        return None
    name = _kinds(known_folder(version)).get(f"{group}/{api} {kind}")
    return definition(version, name) if name and not name.startswith(NO_OBJECTS) else None


def is_own_group(version: str, api_version: str) -> bool:
    """Return whether the group is reserved for Kubernetes, so that no CRD can add a kind to it.

    This includes every group without a dot, because a CRD's group has one.
    """
    group = api_version.rpartition("/")[0]
    return "." not in group or any(name.startswith(f"{group}/") for name in _kinds(known_folder(version)))


def kinds_of(version: str, api_version: str) -> list[str]:
    """Return the kinds that Kubernetes has in an apiVersion."""
    names = (name.rpartition(" ") for name in _kinds(known_folder(version)))
    return sorted(kind for written, _, kind in names if written.lstrip("/") == api_version)


def api_versions_of(version: str, kind: str) -> list[str]:
    """Return the apiVersions in which Kubernetes has a kind of that name, stable ones first."""
    names = (name.rpartition(" ") for name in _kinds(known_folder(version)))
    return sorted(
        (api_version.lstrip("/") for api_version, _, name in names if name == kind),
        key=lambda api_version: ("alpha" in api_version, "beta" in api_version, api_version),
    )


def known_folder(version: str) -> str:
    """Return the folder of one Kubernetes minor version. Raises UsageError that lists the known ones."""
    folders = _folders()
    if version not in folders:
        raise UsageError(
            f"Kubernetes {version} is not supported. Use a version from "
            f"{next(iter(folders))} to {list(folders)[-1]}"
        )
    return folders[version]


@cache
def _package() -> str:
    # Searching sys.path takes microseconds, importlib's machinery a millisecond or more.
    for entry in sys.path:
        folder = os.path.join(entry, "kubernetes_validate")
        if os.path.isdir(os.path.join(folder, "kubernetes-json-schema")):
            return folder
    from importlib.util import find_spec

    spec = find_spec("kubernetes_validate")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(
            "the Python package kubernetes-validate is not installed. Install it; "
            "it contains the Kubernetes schemas"
        )
    return spec.submodule_search_locations[0]


@cache
def _folders() -> Mapping[str, str]:
    root = os.path.join(_package(), "kubernetes-json-schema")
    folders = {}
    for name in os.listdir(root):
        if name.startswith("v") and name.endswith("-local"):
            numbers = name[1:].split("-")[0].split(".")
            folders[int(numbers[0]), int(numbers[1])] = os.path.join(root, name)
    return {f"{major}.{minor}": folders[major, minor] for major, minor in sorted(folders)}


def _kinds(folder: str) -> Mapping[str, str]:
    """Return the definition of each "group/version kind", cached like the definitions."""
    index: Mapping[str, str] = _from_all(folder, "kinds", _kinds_in)
    return index


def _kinds_in(every: Mapping[str, Schema]) -> dict[str, str]:
    return {
        "{group}/{version} {kind}".format_map(entry): name
        for name, schema in every.items()
        for entry in schema.get("x-kubernetes-group-version-kind", ())
    }


def _from_all(folder: str, name: str, derive: Callable[[Mapping[str, Schema]], Any]) -> Any:
    """Return the result of `derive` for all definitions in a folder, stored in the cache folder."""

    def of_all() -> Any:
        depends_on(_file(folder))
        return derive(_all(folder))

    return derived(f"{folder} {name}", of_all, part=f"kubernetes-{os.path.basename(folder)}")


def _file(folder: str) -> str:
    return os.path.join(folder, "_definitions.json")


@cache
def _all(folder: str) -> Mapping[str, Schema]:
    with open(_file(folder), "rb") as file:
        content = json.loads(file.read())
    definitions: Mapping[str, Schema] = content.get("$defs") or content["definitions"]
    return definitions


def closure(every: Mapping[str, Schema], root: str) -> dict[str, Schema]:
    """Return the definition `root` and all its references, trimmed."""
    definitions: dict[str, Schema] = {}
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name not in definitions:
            definitions[name] = trimmed(name, every[name], waiting)
    return definitions


def trimmed(name: str, schema: Schema, referred: list[str]) -> Schema:
    """Return a definition without descriptions; add the names of its references to `referred`."""
    for end, own in OWN_DECODERS.items():
        if name.endswith("." + end):
            return own
    return _trim(schema, referred)


def _trim(schema: Schema, referred: list[str]) -> Schema:
    parts = {key: schema[key] for key in KEPT if key in schema}
    if "$ref" in parts:
        parts["$ref"] = parts["$ref"].rpartition("/")[2]
        referred.append(parts["$ref"])
    if isinstance(parts.get("type"), list):
        parts["type"] = next(word for word in parts["type"] if word != "null")
    if "properties" in parts:
        parts["properties"] = {field: _trim(value, referred) for field, value in parts["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(parts.get(key), dict):
            parts[key] = _trim(parts[key], referred)
        elif key == "additionalProperties":
            parts.pop(key, None)
    return parts
