"""Checks that the objects that manifests name exist: ConfigMaps, claims, service accounts, pod classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath, path_text
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, mapping, walk
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.facts.tables import table
from kaito_pack.preflight.asking import ClusterReader


class ObjectReference(NamedTuple):
    """A place in a manifest that names an object of a kind, which may be cluster-scoped."""

    path: FieldPath
    kind: str
    name: str


def references(body: Manifest) -> Iterator[ObjectReference]:
    """Yield every object that a manifest needs, except Secrets and optional objects."""
    kinds: Mapping[str, str] = table("kaito/cluster.json")["references"]
    for path, part in walk({key: value for key, value in body.items() if key != "metadata"}):
        field = str(path[-1]) if path else ""
        is_config = field != "config" or path[-2:-1] in (("inference",), ("tuning",))
        if field not in kinds or not is_config:
            continue
        name = part.get("name") if isinstance(part, dict) and part.get("optional") is not True else part
        if isinstance(name, str) and name:
            yield ObjectReference(path, kinds[field], name)


@rule("preflight/object-missing", "preflight/object-there", on="part")
def check(bodies: Sequence[Manifest], cluster: ClusterReader, namespace: str) -> Iterator[Problem]:
    """Yield a problem for each named object, unless it is among the manifests."""
    rendered = {(body.get("kind"), mapping(body.get("metadata")).get("name")) for body in bodies}
    seen: set[tuple[str, str]] = set()
    for body in bodies:
        for reference in references(body):
            key = (reference.kind, reference.name)
            if key in rendered or key in seen:
                continue
            seen.add(key)
            is_there = cluster.has(reference.kind, reference.name, namespace)
            facts = {"kind": reference.kind, "name": shown(reference.name), "path": path_text(reference.path)}
            if is_there is not None:
                name = "preflight/object-there" if is_there else "preflight/object-missing"
                yield problem(name, namespace=shown(namespace), **facts)
