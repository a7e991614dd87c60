"""Literal secrets in values and manifests, as problems that never show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kaito_pack.base.display import looks_like_token, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.secrets import literal_secrets, looks_like_secret, secret_places
from kaito_pack.base.trees import get, walk
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem


@rule("values/literal-secret", on="part")
@rule("values/literal-token", on="shared")
def secret_problems(value: Any) -> Iterator[Problem]:
    """Yield an error for each literal secret in a values file, with its path."""
    for path, name, is_token in secrets_in(value):
        if is_token:
            yield problem("values/literal-token", path)
        else:
            yield problem("values/literal-secret", path, name=shown(name), remedy=remedy(name))


def secrets_in(value: Any) -> Iterator[tuple[FieldPath, str, bool]]:
    """Yield each secret in a tree: its path, its name, and whether it is a Hugging Face token.

    A secret that is a key of a map has the path of the map.
    """
    reported: set[FieldPath] = set()
    named = {secret.path: secret.name for secret in literal_secrets(value)}
    for owner, path, text in _secret_texts(value):
        if owner not in reported:
            reported.add(owner)
            name = named.get(owner) or (_name_at(value, path) if owner == path else "a key")
            yield owner, name, looks_like_token(text)
    for path, name in named.items():
        if path not in reported:
            yield path, name, False


def _secret_texts(value: Any) -> Iterator[tuple[FieldPath, FieldPath, str]]:
    """Yield each key and text in a tree that is a secret by its form: its owner's path, its own, the text."""
    for path, part in walk(value):
        if path and looks_like_secret(str(path[-1])):
            yield path[:-1], path, str(path[-1])
        if path and isinstance(part, str) and looks_like_secret(part):
            yield path, path, part


def _name_at(tree: Any, path: FieldPath) -> str:
    """Return the name that the text at `path` belongs to: a variable, an argument, or a key of the tree."""
    *above, last = path
    owner = get(tree, tuple(above))
    if last == "value" and isinstance(owner, dict) and isinstance(owner.get("name"), str):
        return str(owner["name"])
    if isinstance(last, int) and isinstance(owner, list):
        before = owner[last - 1] if last else None
        if isinstance(before, str) and before.startswith("-"):
            return before
        return next((step for step in reversed(above) if isinstance(step, str)), "an item")
    return str(last)


class SecretPlaces:
    """The places of the secrets in a tree, collected once; a plan or an import queries each difference.

    `renamed` returns another form of a path, such as one with the names of items; both forms match.
    """

    def __init__(self, tree: Any, renamed: Callable[[FieldPath], FieldPath] | None = None) -> None:
        paths = {path for path, _, _ in secrets_in(tree)} | set(secret_places(tree))
        self._paths = paths | set(map(renamed, paths)) if renamed else paths
        self._above = {path[:depth] for path in self._paths for depth in range(len(path))}

    def covers(self, path: FieldPath) -> bool:
        """Return whether the part of the tree at `path` is a secret, contains one, or is part of one."""
        parts = (path[:depth] for depth in range(len(path) + 1))
        return path in self._above or any(part in self._paths for part in parts)


def remedy(name: str) -> str:
    """Return the fix for a secret that is the value of the argument or variable `name`."""
    remedies = get_rule("values/literal-secret").parameters["remedies"]
    text: str = remedies.get(name, remedies["any"])
    return text
