"""What the API server says of a custom resource whose CRD the pack knows.

A file `schemas/crds/<group>_<kind>.json` has `group`, `kind` and, by API version, the structural schema of
the CRD; putting one there is all that makes a kind known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kaito_pack.kaito.crd import check_object_meta
from kaito_pack.kaito.structural import Check, custom_resource
from kaito_pack.kubernetes.decoding import Found
from kaito_pack.kubernetes.findings import problems_of
from kaito_pack.problems import Problem
from kaito_pack.tables import files, first, per_pack


def check_custom(manifest: Mapping[str, Any], kubernetes: str) -> list[Problem] | None:
    """What the API server refuses in a custom resource; None where no schema here is its own."""
    api_version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return None
    group, _, version = api_version.rpartition("/")
    check = _check_of(group, kind, version) if _is_word(group) and _is_word(kind) else None
    if check is None:
        return None
    found: Found = []
    check(dict(manifest), None, found)
    owner = f"a {kind} of {api_version}"
    metadata = check_object_meta(manifest.get("metadata"), kubernetes, owner)
    return [*problems_of(found, "crd", owner=owner), *metadata]


def _is_word(name: str) -> bool:
    # The name becomes part of a file's name.
    return 0 < len(name) <= 100 and all(letter.isalnum() or letter in ".-" for letter in name)


@per_pack
def _check_of(group: str, kind: str, version: str) -> Check | None:
    file = f"crds/{group}_{kind}.json"
    known = first(file) if files(file) else {}
    # A file system that ignores letter case finds the file for `podmonitor`, too.
    schema = known["versions"].get(version) if known.get("kind") == kind else None
    return None if schema is None else custom_resource(schema)
