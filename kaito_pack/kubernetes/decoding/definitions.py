"""The Kubernetes API definitions, out of the data files of the installed kubernetes-validate.

The package is found without importing it (135 ms). A definitions file has 1.5 MB; what one kind refers
to is a few dozen KB, so that is derived once, stripped of its descriptions, and kept in the cache folder
(`cache_files`); where that cannot be used, the definitions are derived again.

A trimmed schema has OpenAPI's own words: type, properties, items, additionalProperties, required, $ref,
format, enum, x-kubernetes-*. Null is always allowed and not said. Formats of this pack's own: "quantity",
"int-or-string", "date-time", "micro-time"; a schema without type takes any JSON.
"""

# os.path, not pathlib: this runs at every start.

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from kaito_pack.base import cache_files
from kaito_pack.base.problems import UsageError
from kaito_pack.base.trees import Schema

FORMAT_OF_CACHE = "1"
POD_TEMPLATE = "io.k8s.api.core.v1.PodTemplateSpec"
VOLUME = "io.k8s.api.core.v1.Volume"
OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
NO_OBJECTS = "io.k8s.apimachinery."  # kinds that only requests and answers have, such as DeleteOptions
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
# Types with a decoder of their own, by the end of their name; the OpenAPI text does not tell them apart.
OWN_DECODERS: Mapping[str, Schema] = {
    "resource.Quantity": {"format": "quantity"},
    "intstr.IntOrString": {"format": "int-or-string"},
    "meta.v1.Time": {"format": "date-time"},
    "meta.v1.MicroTime": {"format": "micro-time"},
    "meta.v1.FieldsV1": {},
    "runtime.RawExtension": {},
}


class Definitions(NamedTuple):
    """One definition and all it refers to: `schemas` by name, `root` the name asked for, `version` "1.35"."""

    version: str
    root: str
    schemas: Mapping[str, Schema]

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def versions() -> list[str]:
    """Return the Kubernetes minor versions that the installed kubernetes-validate knows, oldest first."""
    return list(_folders())


def newest() -> str:
    """Return the newest Kubernetes minor version that the installed kubernetes-validate knows."""
    return versions()[-1]


def version(asked: str | None = None) -> str:
    """Return the minor that is asked for ("1.35", "v1.35.4"), the newest for None; UsageError if unknown."""
    if asked is None:
        return newest()
    name = ".".join(asked.removeprefix("v").split(".")[:2])
    known_folder(name)
    return name


@cache
def definition(version: str, name: str = POD_TEMPLATE) -> Definitions:
    """Return the definition `name` of a Kubernetes minor version, with all it refers to.

    Raises UsageError for a version that kubernetes-validate does not know, KeyError for an unknown name.
    """
    folder = known_folder(version)
    file = _cache_file(folder, name)
    schemas = _read_cache(file, name)
    if schemas is None:
        schemas = closure(_all(folder), name)
        _write_cache(file, schemas)
    return Definitions(version, name, schemas)


@cache
def of_kind(version: str, api_version: str, kind: str) -> Definitions | None:
    """Return the definition of a kind (`v1`, `Service`), None if Kubernetes has none of that name."""
    group, _, api = api_version.rpartition("/")
    words = [kind, *group.split("."), api]
    if not kind or not all(word.replace("-", "").isalnum() and word.isascii() for word in words if word):
        return None
    name = _kinds(known_folder(version)).get(f"{group}/{api} {kind}")
    return definition(version, name) if name and not name.startswith(NO_OBJECTS) else None


def is_own_group(version: str, api_version: str) -> bool:
    """Return whether the group is one of Kubernetes' own, to which no CRD can add a kind.

    A group without a dot always is: a CRD's has one.
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
    """Return the folder of one Kubernetes minor version; raises UsageError that names the known ones."""
    folders = _folders()
    if version not in folders:
        raise UsageError(
            f"Kubernetes {version} is not supported. Use a version from "
            f"{next(iter(folders))} to {list(folders)[-1]}"
        )
    return folders[version]


@cache
def _package() -> str:
    # A look into sys.path costs microseconds, importlib's machinery a millisecond and more.
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


@cache
def _package_version() -> str:
    with open(os.path.join(_package(), "version.py"), encoding="utf-8") as file:
        return "".join(c for c in file.read().partition("=")[2] if c.isalnum() or c == ".")


def _kinds(folder: str) -> Mapping[str, str]:
    """Return the definition of each "group/version kind", cached as the definitions are."""
    file = _cache_file(folder, "kinds")
    index: Mapping[str, str] | None = _read_cache(file, None)
    if index is None:
        index = {
            "{group}/{version} {kind}".format_map(entry): name
            for name, schema in _all(folder).items()
            for entry in schema.get("x-kubernetes-group-version-kind", ())
        }
        _write_cache(file, index)
    return index


@cache
def _all(folder: str) -> Mapping[str, Schema]:
    with open(os.path.join(folder, "_definitions.json"), "rb") as file:
        content = json.loads(file.read())
    definitions: Mapping[str, Schema] = content.get("$defs") or content["definitions"]
    return definitions


def closure(every: Mapping[str, Schema], root: str) -> dict[str, Schema]:
    """Return the definition `root` and all it refers to, trimmed."""
    definitions: dict[str, Schema] = {}
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name not in definitions:
            definitions[name] = trimmed(name, every[name], waiting)
    return definitions


def trimmed(name: str, schema: Schema, referred: list[str]) -> Schema:
    """Return a definition without descriptions; the names it refers to are added to `referred`."""
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


def _cache_file(folder: str, name: str) -> str:
    version = os.path.basename(folder).removesuffix("-local")
    return f"definitions-{FORMAT_OF_CACHE}-{_package_version()}-{version}-{name}.json"


def _read_cache(file: str, root: str | None) -> dict[str, Any] | None:
    """Return the content of a cache file; None if it is missing or incomplete."""
    try:
        content = json.loads(cache_files.read(file) or b"")
    except (ValueError, RecursionError):
        return None
    whole = isinstance(content, dict) and content.pop("", None) == len(content)
    return content if whole and (root is None or root in content) else None


def _write_cache(file: str, content: Mapping[str, Any]) -> None:
    # The number of entries guards against a file that is JSON, but not all of it.
    cache_files.write(file, json.dumps({**content, "": len(content)}, separators=(",", ":")).encode())
