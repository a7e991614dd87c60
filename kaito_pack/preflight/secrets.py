"""Checks that the Secrets that manifests read exist with their keys. Values are never requested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath, path_text
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, children, mapping
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.facts.tables import table
from kaito_pack.preflight.asking import ClusterReader


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in a manifest that reads a Secret; `key` is None if it reads all keys or any key."""

    path: FieldPath
    secret: str
    key: str | None = None
    is_optional: bool = False


def references(body: Any, path: FieldPath = ()) -> Iterator[Reference]:
    """Yield every Secret that a manifest reads: environment, volumes, image pulls, KAITO's own fields."""
    fields = table("kaito/cluster.json")["secretFields"]
    for key, part in children(body):
        where = (*path, key)
        inside = mapping(part)
        optional = inside.get("optional") is True
        if key in fields and isinstance(part, str):
            yield Reference(where, part, fields[key])
        elif key == "secretKeyRef" and isinstance(inside.get("name"), str):
            yield Reference(where, inside["name"], _text(inside.get("key")), optional)
        elif key == "secretRef" and isinstance(inside.get("name"), str):
            yield Reference(where, inside["name"], None, optional)
        elif key == "secret" and (name := inside.get("secretName") or inside.get("name")):
            items = inside.get("items")
            keys = [_text(mapping(item).get("key")) for item in items] if isinstance(items, list) else [None]
            yield from (Reference(where, str(name), item_key, optional) for item_key in keys)
        elif key == "imagePullSecrets" and isinstance(part, list):
            names = (mapping(item).get("name") for item in part)
            yield from (Reference(where, name) for name in names if isinstance(name, str))
        else:
            yield from references(part, where)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def check(bodies: Sequence[Manifest], cluster: ClusterReader, namespace: str) -> Iterator[Problem]:
    """Yield a problem for each Secret and key, unless the manifests include the Secret."""
    rendered = {_name(body) for body in bodies if body.get("kind") == "Secret"}
    seen: set[tuple[str, str | None]] = set()
    for body in bodies:
        for reference in references(body):
            if reference.secret not in rendered and (reference.secret, reference.key) not in seen:
                seen.add((reference.secret, reference.key))
                if (answer := _check(reference, cluster, namespace)) is not None:
                    yield answer


@rule(
    "preflight/secret-missing",
    "preflight/secret-key-missing",
    "preflight/secret-key-optional",
    "preflight/secret-there",
    on="part",
)
def _check(reference: Reference, cluster: ClusterReader, namespace: str) -> Problem | None:
    facts = {
        "secret": shown(reference.secret),
        "key": shown(reference.key),
        "path": path_text(reference.path),
        "namespace": shown(namespace),
    }
    missing = ("preflight/secret-missing", "preflight/secret-key-missing")
    if reference.is_optional:
        missing = ("preflight/secret-key-optional", "preflight/secret-key-optional")
    try:
        keys = cluster.keys_of_secret(reference.secret, namespace)
    except LookupError:
        return problem(missing[0], **facts)
    if keys is None:
        return None
    if reference.key is not None and reference.key not in keys:
        return problem(missing[1], **facts)
    with_key = f" with key {shown(reference.key)}" if reference.key else ""
    return problem("preflight/secret-there", keys=with_key, **facts)


def _name(body: Manifest) -> Any:
    return mapping(body.get("metadata")).get("name")
