"""The API server's checks of a custom resource whose CRD the pack knows.

A file `facts/crds/<group>_<kind>.json` has `group`, `kind` and, by API version, the structural schema of the
CRD. Adding such a file is enough to support a kind.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest
from kaito_pack.facts.tables import files, first, per_pack
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.kubernetes.decoding.decoding import Findings, ValueCheck, decode
from kaito_pack.kubernetes.decoding.findings import problems_of
from kaito_pack.kubernetes.decoding.foreign_schema import custom_check
from kaito_pack.kubernetes.decoding.object_meta import check_metadata


def check_custom(manifest: Manifest, kubernetes: str) -> list[Problem] | None:
    """Return the API server's problems with a custom resource; None if the pack has no schema for it."""
    api_version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return None
    group, _, version = api_version.rpartition("/")
    check = _check_of(group, kind, version) if _is_word(group) and _is_word(kind) else None
    if check is None:
        return None
    return list(check_resource(manifest, check, kubernetes, f"a {kind} of {api_version}"))


def check_resource(manifest: Manifest, check: ValueCheck, kubernetes: str, owner: str) -> Iterator[Problem]:
    """Yield the problems that `check`, compiled from its CRD, and the rules of `metadata` find.

    `owner` is the name of the kind in problems: "a PodMonitor of monitoring.coreos.com/v1".
    """
    findings: Findings = []
    check(dict(manifest), None, findings)
    yield from problems_of(findings, "crd", owner=owner)
    known = definitions.definition(kubernetes)
    metadata = manifest.get("metadata")
    wrong = list(decode(metadata, definitions.OBJECT_META, known, case_sensitive=True))
    yield from problems_of(wrong, "crd", ("metadata",), owner=owner)
    yield from problems_of(check_metadata(metadata), "crd", owner=owner)


def _is_word(name: str) -> bool:
    # The name becomes part of a file name.
    return 0 < len(name) <= 100 and all(letter.isalnum() or letter in ".-" for letter in name)


@per_pack
def _check_of(group: str, kind: str, version: str) -> ValueCheck | None:
    file = f"crds/{group}_{kind}.json"
    known = first(file) if files(file) else {}
    # On a file system that ignores case, the file also opens for `podmonitor`.
    schema = known["versions"].get(version) if known.get("kind") == kind else None
    return None if schema is None else custom_check(schema, file)
