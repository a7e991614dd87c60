"""Which Secrets manifests read, and whether they are there with their keys. Values are never asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath, path_text
from kaito_pack.base.trees import Manifest, mapping
from kaito_pack.facts.tables import table
from kaito_pack.preflight.asking import Cluster
from kaito_pack.preflight.findings import Finding, finding


@dataclass(frozen=True, slots=True)
class Reference:
    """One place of a manifest that reads a Secret; `key` is None where all of it, or any, is read."""

    path: FieldPath
    secret: str
    key: str | None = None
    is_optional: bool = False


def references(body: Any, path: FieldPath = ()) -> Iterator[Reference]:
    """Every Secret that a manifest reads: environment, volumes, image pulls, KAITO's own fields."""
    fields = table("kaito/cluster.json")["secretFields"]
    for key, part in _parts(body):
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
            yield from (Reference(where, str(name), one, optional) for one in keys)
        elif key == "imagePullSecrets" and isinstance(part, list):
            names = (mapping(item).get("name") for item in part)
            yield from (Reference(where, name) for name in names if isinstance(name, str))
        else:
            yield from references(part, where)


def _parts(body: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(body, Mapping):
        yield from body.items()
    elif isinstance(body, list):
        yield from enumerate(body)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def check(bodies: Sequence[Manifest], cluster: Cluster, namespace: str) -> Iterator[Finding]:
    """One finding a Secret and key, unless a manifest brings the Secret along."""
    brought = {_name(body) for body in bodies if body.get("kind") == "Secret"}
    seen: set[tuple[str, str | None]] = set()
    for body in bodies:
        for one in references(body):
            if one.secret not in brought and (one.secret, one.key) not in seen:
                seen.add((one.secret, one.key))
                if (found := _check(one, cluster, namespace)) is not None:
                    yield found


def _check(one: Reference, cluster: Cluster, namespace: str) -> Finding | None:
    facts = {
        "secret": shown(one.secret),
        "key": shown(one.key),
        "path": path_text(one.path),
        "namespace": shown(namespace),
    }
    try:
        keys = cluster.keys_of_secret(one.secret, namespace)
    except LookupError:
        return finding("secret-key-optional" if one.is_optional else "secret-missing", **facts)
    if keys is None:
        return None
    if one.key is not None and one.key not in keys:
        return finding("secret-key-optional" if one.is_optional else "secret-key-missing", **facts)
    return finding("secret-there", keys=f" with key {shown(one.key)}" if one.key else "", **facts)


def _name(body: Manifest) -> Any:
    return mapping(body.get("metadata")).get("name")
