"""What differs between two manifests, leaf by leaf, told as a person reads it.

Items of lists are matched by name where they have one, arguments by their flag, everything else by place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kaito_pack.base.paths import FieldPath

ABSENT = object()


class Difference(NamedTuple):
    """One leaf: `old` or `new` is ABSENT where it comes or goes."""

    path: FieldPath
    old: Any
    new: Any


def differences(old: Any, new: Any, path: FieldPath = ()) -> Iterator[Difference]:
    """The leaves in which `new` differs from `old`; a list whose items only stand otherwise is one leaf."""
    if isinstance(old, list) and isinstance(new, list):
        found = list(differences(*_keyed(old, new, path), path))
        yield from found or ([] if _same(old, new) else [Difference(path, old, new)])
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), (*path, key))
    elif not _same(old, new):
        yield Difference(path, old, new)


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_same(part, new[key]) for key, part in old.items())
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _keyed(
    old: Sequence[Any], new: Sequence[Any], path: FieldPath
) -> tuple[Mapping[Any, Any], Mapping[Any, Any]]:
    """Both lists as maps whose keys mean the same item."""
    for key_of in (_by_name, _by_flag) if path and path[-1] == "args" else (_by_name,):
        first, second = key_of(old), key_of(new)
        if first is not None and second is not None:
            return first, second
    return dict(enumerate(old)), dict(enumerate(new))


def _by_name(items: Sequence[Any]) -> dict[str, Any] | None:
    names = [item.get("name") if isinstance(item, Mapping) else None for item in items]
    if (
        not names
        or len(set(map(str, names))) < len(names)
        or not all(isinstance(name, str) for name in names)
    ):
        return None
    return dict(zip(map(str, names), items, strict=True))


def _by_flag(words: Sequence[Any]) -> dict[str, Any] | None:
    """`["--model", "a", "--quiet"]` as `{"--model": "a", "--quiet": None}`; None for a flag given twice."""
    found: dict[str, Any] = {}
    key = None
    for index, word in enumerate(words):
        if not isinstance(word, str):
            return None
        if word.startswith("--"):
            key, _, value = word.partition("=")
            if key in found:
                return None
            found[key] = value or None
        elif key is not None and found[key] is None:
            found[key] = word
        else:
            key = None
            found[f"[{index}]"] = word
    return found


def keyed_path(manifest: Any, path: FieldPath) -> FieldPath:
    """`path` as `differences` would say it, items by name; it ends before a list that has other keys."""
    found: list[str | int] = []
    for step in path:
        names = _by_name(manifest) if isinstance(manifest, list) else None
        inside = isinstance(manifest, list) and isinstance(step, int) and step < len(manifest)
        if inside and names is not None:
            found.append(list(names)[int(step)])
        elif inside and found and found[-1] == "args" and _by_flag(manifest) is not None:
            break
        else:
            found.append(step)
        manifest = manifest[step] if inside else manifest.get(step) if isinstance(manifest, Mapping) else None
    return tuple(found)
