"""Facts as data: the JSON tables of `facts/`, with those of the user's packs laid over them row by row.

The command selects these packs once, before any check (`use`). So a new KAITO version or a changed rule is a
file in a pack. `per_pack` caches data derived from a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from kaito_pack.base import json_text, pack_files
from kaito_pack.base.derived import derived
from kaito_pack.base.display import shown
from kaito_pack.base.problems import PackError
from kaito_pack.base.root import ROOT
from kaito_pack.base.sentences import either
from kaito_pack.base.trees import Schema

Function = TypeVar("Function", bound=Callable[..., Any])

Rows = Mapping[str, Any]  # a table of facts: its rows by name
Row = Mapping[str, Any]  # a row of a table: its fields by name

_packs: list[Path] = []  # the user's packs in search order; the built-in pack comes last
_forget: list[Callable[[], None]] = []


def use(packs: Sequence[Path]) -> None:
    """Lay the tables of `packs` over the built-in ones from now on; the first pack takes precedence."""
    if list(packs) != _packs:
        _packs[:] = packs
        for forget in _forget:
            forget()


def folders() -> tuple[Path, ...]:
    """Return the packs in search order, the built-in pack last."""
    return (*_packs, ROOT)


def is_foreign() -> bool:
    """Return whether the user's packs, which may come from a stranger, are in use."""
    return bool(_packs)


def per_pack(function: Function) -> Function:
    """Cache the result of `function` until other packs are used."""
    cached = cache(function)
    _forget.append(cached.cache_clear)
    return cached  # type: ignore[return-value]


def recent_per_pack(size: int) -> Callable[[Function], Function]:
    """Return a decorator that caches the last `size` results of a function until other packs are used."""

    def keep(function: Function) -> Function:
        cached = lru_cache(size)(function)
        _forget.append(cached.cache_clear)
        return cached  # type: ignore[return-value]

    return keep


def table(name: str) -> Rows:
    """Return the built-in table `facts/<name>` with those of the user's packs laid over it row by row.

    A row that is a map is merged with the row below it, so a pack lists only what differs. Raises PackError
    if a file cannot be read, or if a row of a pack has other types than the built-in one.
    """
    if not is_foreign():
        own: Rows = derived(f"facts/{name}", lambda: _own_table(name))
        return own
    rows: dict[str, Any] = {}
    for folder in reversed(folders()):
        if not (folder / "facts" / name).is_file():
            continue
        own = read_json(folder, f"facts/{name}")
        if folder != ROOT:
            _require_likeness(own, read_json(ROOT, f"facts/{name}"), folder, name)
        for key, row in own.items():
            below = rows.get(key)
            rows[key] = {**below, **row} if isinstance(below, dict) and isinstance(row, dict) else row
    return rows


def _own_table(name: str) -> Rows:
    return read_json(ROOT, f"facts/{name}") if (ROOT / "facts" / name).is_file() else {}


def first(name: str) -> Rows:
    """Return the table `facts/<name>` of the first pack that has it. Raises PackError if none has."""
    return _first("facts", name)


def schema(name: str) -> Schema:
    """Return the JSON Schema `schemas/<name>` of the first pack that has it. Raises PackError if none has."""
    return _first("schemas", name)


def _first(part: str, name: str) -> Rows:
    if not is_foreign() and (ROOT / part / name).is_file():
        own: Rows = derived(f"{part}/{name}", lambda: read_json(ROOT, f"{part}/{name}"))
        return own
    folder = next((folder for folder in folders() if (folder / part / name).is_file()), None)
    if folder is None:
        raise PackError(f"{part}/{name}: not in any pack")
    return read_json(folder, f"{part}/{name}")


def files(name: str) -> list[Path]:
    """Return every `facts/<name>`, in the search order of the packs."""
    return [file for folder in folders() if (file := folder / "facts" / name).is_file()]


def read_json(folder: Path, name: str) -> Rows:
    """Return the JSON object in a file of the pack in `folder`. Raises PackError if it is not an object."""
    content = parsed_json(pack_files.read_text(folder, name), str(folder / name))
    if not isinstance(content, dict):
        raise PackError(f"{folder / name}: not a JSON object")
    return content


def parsed_json(text: str, file: str) -> Any:
    """Return the content of a JSON text. Raises PackError, naming `file`, if it is not JSON."""
    try:
        return json_text.parsed(text)
    except (ValueError, RecursionError) as error:
        raise PackError(f"{file}: not JSON: {error}") from None


def _require_likeness(rows: Rows, ours: Rows, folder: Path, name: str) -> None:
    """Raise PackError for the first value of a pack's table whose type differs from the built-in table."""
    for key, row in rows.items():
        misfit = _misfit(row, [ours[key]] if key in ours else list(ours.values()), shown(key, quote=False))
        if misfit is not None:
            raise PackError(f"{folder / 'facts' / name}: {misfit}")


def _misfit(value: Any, examples: Sequence[Any], path: str) -> str | None:
    """Return the type error of a value whose type none of `examples` has; None if the type is valid."""
    types = {_type_name(example) for example in examples}
    if _type_name(value) not in types:
        return f"{path} is {_type_name(value)}. Write {either(sorted(types))}"
    if isinstance(value, dict):
        maps = [example for example in examples if isinstance(example, dict)]
        parts = (
            (f"{path}.{shown(key, quote=False)}", part, [m[key] for m in maps if key in m])
            for key, part in value.items()
        )
    elif isinstance(value, list):
        items = [item for example in examples if isinstance(example, list) for item in example]
        parts = ((f"{path}[{index}]", item, items) for index, item in enumerate(value))
    else:
        return None
    misfits = (_misfit(part, like, where) for where, part, like in parts if like)
    return next(filter(None, misfits), None)


def _type_name(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    names = {dict: "a map", list: "a list", str: "a string", int: "a number", float: "a number"}
    return names.get(type(value), "null")
