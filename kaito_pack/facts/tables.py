"""Facts as data: the JSON tables of `facts/`, with those of the user's packs laid over them row by row.

Which packs those are is chosen once, by the front door, before anything is judged (`use`); so a new KAITO
version or a changed rule is a file in a pack. What is derived from a table is kept with `per_pack`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from kaito_pack.base.problems import PackError
from kaito_pack.base.root import ROOT

Function = TypeVar("Function", bound=Callable[..., Any])

_packs: list[Path] = []  # the user's, searched first to last; ours comes behind them
_forget: list[Callable[[], None]] = []


def use(packs: Sequence[Path]) -> None:
    """Lay the tables of `packs` over ours from now on, the first one winning."""
    if list(packs) != _packs:
        _packs[:] = packs
        for forget in _forget:
            forget()


def folders() -> tuple[Path, ...]:
    """The packs in the order in which they are searched, ours last."""
    return (*_packs, ROOT)


def per_pack(function: Function) -> Function:
    """Keep what `function` gives, until other packs are used."""
    cached = cache(function)
    _forget.append(cached.cache_clear)
    return cached  # type: ignore[return-value]


def table(name: str) -> Mapping[str, Any]:
    """The table `facts/<name>`: ours, and over it, row by row, those of the user's packs.

    A row that is a map is merged with the row below it, so that a pack names only what differs.
    """
    rows: dict[str, Any] = {}
    for file in reversed(files(name)):
        for key, row in _read(file).items():
            below = rows.get(key)
            rows[key] = {**below, **row} if isinstance(below, dict) and isinstance(row, dict) else row
    return rows


def first(name: str) -> Mapping[str, Any]:
    """Return the table `facts/<name>` of the first pack that has it. Raises PackError if none has."""
    return _first("facts", name)


def schema(name: str) -> Mapping[str, Any]:
    """Return the JSON Schema `schemas/<name>` of the first pack that has it. Raises PackError if none has."""
    return _first("schemas", name)


def _first(part: str, name: str) -> Mapping[str, Any]:
    file = next((file for folder in folders() if (file := folder / part / name).is_file()), None)
    if file is None:
        raise PackError(f"{part}/{name}: in no pack")
    return _read(file)


def files(name: str) -> list[Path]:
    """Every `facts/<name>` that there is, in the order in which packs are searched."""
    return [file for folder in folders() if (file := folder / "facts" / name).is_file()]


def _read(file: Path) -> Mapping[str, Any]:
    try:
        read: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise PackError(f"{file}: not JSON: {error}") from None
    if not isinstance(read, dict):
        raise PackError(f"{file}: not a JSON object")
    return read
