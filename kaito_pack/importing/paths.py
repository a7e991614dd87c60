"""Parses the paths of `import:` sections, and looks them up in a manifest.

metadata.labels["app.kubernetes.io/name"]      keys, quoted if they have more than letters
container.args[0]                              an index
container.env[name=HF_TOKEN].valueFrom         the list item with that field, or the map with that field
imagePullSecrets[each].name                    the same part of every item of a list
adapters[each]{name=source.name}               a map of named parts; absent parts are omitted
ConfigMap.data["settings.yaml"].vllm           a text is parsed as YAML
option["--trust-remote-code"][absent]          true if the path does not exist
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from kaito_pack.base.display import shown
from kaito_pack.base.problems import PackError, ProblemsError
from kaito_pack.base.trees import ABSENT
from kaito_pack.documents import read_text


class Shape(NamedTuple):
    """A map of named parts: the path of each part by name."""

    parts: tuple[tuple[str, tuple[Any, ...]], ...]


Step = str | int | tuple[str, str] | Shape
Steps = tuple[Step, ...]

MISSING = ("absent", "")  # `[absent]`
REST = ("rest", "")  # `[rest]`: the part that the rendering does not write
EACH = ("each", "")  # `[each]`
_STEP = re.compile(
    r'\.?([A-Za-z][\w-]*)|\["([^"]+)"\]|\[(\d+)\]|\[(rest|absent|each)\]|\[([\w-]+)=([^\]]+)\]'
    r"|\{([^{}]+)\}"
)


@cache
def parse(text: str) -> Steps:
    """Return the steps of a path; PackError if it is not valid."""
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise PackError(f"import: {shown(text)} is not a path of a manifest")
        word, quoted, index, special, field, value, shape = match.groups()
        if shape:
            pairs = (pair.strip().partition("=") for pair in shape.split(","))
            steps.append(Shape(tuple((name, parse(path)) for name, _, path in pairs)))
        elif special or field:
            steps.append((special, "") if special else (field, value))
        else:
            steps.append(int(index) if index else word or quoted)
        position = match.end()
    return tuple(steps)


def look_up(value: Any, steps: Steps) -> Any:
    """Return the value at `steps` of `value`; ABSENT if there is none. Never raises."""
    if steps and steps[-1] == MISSING:
        return True if look_up(value, steps[:-1]) is ABSENT else ABSENT
    for index, step in enumerate(steps):
        if step == EACH:
            return _each(value, steps[index + 1 :])
        value = _stepped(value, step)
        if value is ABSENT:
            return ABSENT
    return value


def _each(value: Any, steps: Steps) -> Any:
    """Return the values at `steps` of every item; ABSENT if one is missing or there is no list."""
    parts = [look_up(item, steps) for item in value] if isinstance(value, list) else [ABSENT]
    return ABSENT if any(part is ABSENT for part in parts) else parts


def _stepped(value: Any, step: Step) -> Any:
    if isinstance(value, str):
        value = _as_yaml(value)
    if isinstance(step, Shape):
        parts = {name: look_up(value, steps) for name, steps in step.parts}
        return {name: part for name, part in parts.items() if part is not ABSENT}
    if isinstance(step, tuple):
        items = value if isinstance(value, list) else [value]
        field, wanted = step
        return next(
            (item for item in items if isinstance(item, Mapping) and item.get(field) == wanted), ABSENT
        )
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else ABSENT
    return value.get(step, ABSENT) if isinstance(value, Mapping) else ABSENT


def _as_yaml(text: str) -> Any:
    try:
        return read_text(text, "text")[0].value
    except ProblemsError:
        return ABSENT
