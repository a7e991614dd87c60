"""A manifest with one value changed: a test states what differs from a base that is right."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

DROP: Any = object()  # the value that takes away what stands at the path


def with_value(base: Any, path: Sequence[str | int], value: Any) -> Any:
    """A copy of `base` with `value` at `path`, maps that are missing made on the way; () is the whole."""
    if not path:
        return copy.deepcopy(value)
    whole = copy.deepcopy(base)
    owner = whole
    for step in path[:-1]:
        owner = owner.setdefault(step, {}) if isinstance(owner, dict) else owner[step]
    if value is DROP:
        del owner[path[-1]]
    else:
        owner[path[-1]] = copy.deepcopy(value)
    return whole
