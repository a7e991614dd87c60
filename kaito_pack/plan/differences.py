"""Compares two manifests leaf by leaf, with readable paths.

List items are matched by name if they have one, arguments by their flag, everything else by position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.trees import Difference, by_key, by_place, differences


def named_differences(old: Any, new: Any) -> Iterator[Difference]:
    """Return the leaves in which `new` differs from `old`; list items are named by name or flag."""
    return differences(old, new, (), _by_name_or_flag)


def _by_name_or_flag(
    old: list[Any], new: list[Any], path: FieldPath
) -> tuple[Mapping[Any, Any], Mapping[Any, Any]]:
    """Pair the items of two lists by name or flag, if all items have one."""
    for key_of in (_by_name, _by_flag) if path and path[-1] == "args" else (_by_name,):
        first, second = key_of(old), key_of(new)
        if first is not None and second is not None:
            return first, second
    return by_place(old, new, path)


def _by_name(items: list[Any]) -> dict[Any, Any] | None:
    return by_key(items, "name") or None


def _by_flag(words: Sequence[Any]) -> dict[str, Any] | None:
    """Return `{"--model": "a", "-q": None}` for `["--model", "a", "-q"]`; None for a duplicate flag."""
    if not all(isinstance(word, str) for word in words):
        return None
    values: dict[str, Any] = {}
    for key, value, is_flag in _flags(words):
        if is_flag and key in values:
            return None
        values[key] = value
    return values


def _flags(words: Sequence[str]) -> Iterator[tuple[str, str | None, bool]]:
    """Yield for each word its key, the value of the key so far, and whether the word is the flag itself.

    A word after a flag without a value is its value; the key of any other word is its position.
    """
    flag, is_open = "", False
    for place, word in enumerate(words):
        if word.startswith("--"):
            flag, _, value = word.partition("=")
            is_open = not value
            yield flag, value or None, True
        else:
            yield (flag if is_open else f"[{place}]"), word, False
            is_open = False


def keyed_path(manifest: Any, path: FieldPath, with_flags: bool = False) -> FieldPath:
    """Return `path` as `named_differences` writes it, with items by name.

    It ends before arguments that have flags, unless `with_flags` asks for the flag.
    """
    named: list[str | int] = []
    for step in path:
        names = _by_name(manifest) if isinstance(manifest, list) else None
        inside = isinstance(manifest, list) and isinstance(step, int) and step < len(manifest)
        if inside and names is not None:
            named.append(list(names)[int(step)])
        elif inside and named and named[-1] == "args" and _by_flag(manifest) is not None:
            if not with_flags:
                break
            named.append([key for key, _, _ in _flags(manifest)][int(step)])
        else:
            named.append(step)
        manifest = manifest[step] if inside else manifest.get(step) if isinstance(manifest, Mapping) else None
    return tuple(named)
