"""Values read out of a Workspace by the `import:` section of a mode: the templates, read backwards.

    import:
      metadata.name: workspace-<name>
      container.args[0]: https://huggingface.co/<modelId>/resolve/main/<ggufFile | urlencode>
      container.livenessProbe.initialDelaySeconds: <startupMinutes * 60>
      option["--max-model-len"]: <maxModelLen>

Each key is a path of the Workspace (paths.py), or begins with `container` (the one that serves the model),
`option` (its command line), `served` (workspace.WorkspaceView) or the kind of another object of the
stream. What is captured is only a proposal: it counts where the manifest then renders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any
from urllib.parse import unquote

from kaito_pack.importing.paths import ABSENT, REST, Steps, look_up, parse
from kaito_pack.importing.stream import Stream
from kaito_pack.pack import Mode, Pack
from kaito_pack.problems import PackError

SHARED = "_partials/import.yaml"
Capture = tuple[tuple[str, ...], Any]  # where in the values, and what
_VALUE = re.compile(r"<\s*([\w.]+)\s*(?:\*\s*(\d+)|\|\s*(urlencode))?\s*>")


def sources(mode: Mode, pack: Pack) -> list[tuple[Steps, str]]:
    """Path and pattern of every line of the mode's `import:` section, then of the shared one."""
    own = mode.facts.get("import") or {}
    both = [*_lines(own, mode), *_lines(_shared(pack.template_folders), mode)]
    return [(parse(path), pattern) for path, pattern in both]


@cache
def _shared(folders: tuple[Any, ...]) -> Mapping[str, Any]:
    from kaito_pack.documents import read_file

    file = next((folder / SHARED for folder in folders if (folder / SHARED).is_file()), None)
    return read_file(str(file))[0].value if file else {}


def _lines(section: Mapping[str, Any], mode: Mode) -> Iterator[tuple[str, str]]:
    for path, patterns in section.items():
        for pattern in patterns if isinstance(patterns, list) else [patterns]:
            yield path, re.sub(r"\$\{(\w+)\}", lambda match: str(mode.facts.get(match[1])), str(pattern))


def captured(stream: Stream, mode: Mode, pack: Pack) -> list[Capture]:
    """What the manifest proposes for the mode's values, the likeliest first."""
    found: list[Capture] = []
    for path, pattern in sources(mode, pack):
        if path[-1] != REST:
            for value in _at(stream, path):
                found += _matched(pattern, value, mode)
    return found


def rests(mode: Mode, pack: Pack) -> list[tuple[Steps, str]]:
    """Where the values stand that hold whatever the mode's own rendering does not write."""
    known = mode.schema.get("properties", {})
    return [
        (path[:-1], name)
        for path, pattern in sources(mode, pack)
        if path[-1] == REST and "not" not in known.get(name := _names(pattern)[0], {"not": {}})
    ]


def declared(mode: Mode, pack: Pack) -> set[str]:
    """The values (top-level names) that some line of the sections reads."""
    return {name.partition(".")[0] for _, pattern in sources(mode, pack) for name in _names(pattern)}


def _names(pattern: str) -> list[str]:
    return [match[1] for match in _VALUE.finditer(pattern)]


def _at(stream: Stream, path: Steps) -> Iterator[Any]:
    root, inside = str(path[0]), path[1:]
    if root == "container":
        candidates = [look_up(stream.container, inside)]
    elif root == "option":
        candidates = [look_up(stream.options, inside)]
    elif root == "served":
        candidates = [look_up(asdict(stream.view), inside)]
    elif root[0].isupper():
        same = [found.body for found in stream.others if found.body.get("kind") == root]
        candidates = [look_up(body, inside) for body in same]
    else:
        candidates = [look_up(stream.workspace.body, path)]
    return (value for value in candidates if value is not ABSENT and value is not None)


def _matched(pattern: str, value: Any, mode: Mode) -> Iterator[Capture]:
    whole = _VALUE.fullmatch(pattern)
    if whole:
        yield from _proposed(whole, value, mode)
    elif isinstance(value, str) and (match := _compiled(pattern).fullmatch(value)):
        for place, text in zip(_VALUE.finditer(pattern), match.groups(), strict=True):
            yield from _proposed(place, text, mode)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    literal = _VALUE.split(pattern)[:: _VALUE.groups + 1]
    if len(literal) < 2:
        raise PackError(f"import: {pattern} captures no <value>")
    return re.compile("(.+?)".join(map(re.escape, literal)), re.DOTALL)


def _proposed(place: re.Match[str], value: Any, mode: Mode) -> Iterator[Capture]:
    name, times, encoded = place.groups()
    where = tuple(name.split("."))
    part: Any = mode.schema
    for step in where:
        part = part.get("properties", {}).get(step, {})
    if encoded and isinstance(value, str):
        value = unquote(value)
    if part.get("type") == "integer" and isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    if times is not None:
        if not isinstance(value, int) or isinstance(value, bool) or value % int(times):
            return
        value //= int(times)
    yield where, value
