"""Reads values from a Workspace by the `import:` section of a mode, the reverse of the templates.

    import:
      metadata.name: workspace-<name>
      container.args[0]: https://huggingface.co/<modelId>/resolve/main/<ggufFile | urlencode>
      container.livenessProbe.initialDelaySeconds: <startupMinutes * 60>
      option["--max-model-len"]: <maxModelLen>
      PodMonitor.metadata.name: <monitoring.podMonitor = true>        (whatever the name is)

Each key is a path in the Workspace (paths.py), or begins with `container` (the one that serves the model),
`option` (its command line), `gpu` (the `resource` and `count` of its GPU limit), `served`
(workspace.WorkspaceView, and `quantized`, the format of its model) or the kind of another object of the
stream. A captured value is only a proposal: it is used if the manifest then renders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import unquote

from kaito_pack.base import pack_files
from kaito_pack.base.display import shown
from kaito_pack.base.problems import PackError
from kaito_pack.base.trees import ABSENT, Schema
from kaito_pack.documents import read_text
from kaito_pack.importing.paths import REST, Steps, look_up, parse
from kaito_pack.importing.stream import Stream
from kaito_pack.kaito.fields import PARTS
from kaito_pack.kaito.pod_gpus import gpu_limits
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.quantization import quantization_of
from kaito_pack.pack import Mode, Pack, json_schema
from kaito_pack.pack.json_schema import part_at
from kaito_pack.workspace.inference_sets import workspace_of

SHARED = "_partials/import.yaml"
MOST_TRIED = 200  # maximum number of places at which the literals of a pattern are tried
Capture = tuple[tuple[str, ...], Any]  # path in the values, and the value
_VALUE = re.compile(r"<\s*([\w.]+)\s*(?:\*\s*(\d+)|\|\s*(urlencode)|=\s*([\w.]+))?\s*>")


def sources(mode: Mode, pack: Pack) -> list[tuple[Steps, str]]:
    """Return the path and pattern of every line of the mode's `import:` section, then of the shared one."""
    own = mode.facts.get("import") or {}
    both = [*lines(own, mode), *lines(_shared(pack.template_folders), mode)]
    return [(parse(path), pattern) for path, pattern in both]


@cache
def _shared(folders: tuple[Any, ...]) -> Mapping[str, Any]:
    folder = next((folder for folder in folders if (folder / SHARED).is_file()), None)
    if folder is None:
        return {}
    text = pack_files.read_text(folder, SHARED)
    section: Mapping[str, Any] = read_text(text, str(folder / SHARED))[0].value
    return section


def lines(section: Mapping[str, Any], mode: Mode) -> Iterator[tuple[str, str]]:
    """Yield each path of an `import:` section with each pattern, `${fact}` filled from the mode's facts."""
    for path, patterns in section.items():
        for pattern in patterns if isinstance(patterns, list) else [patterns]:
            yield path, re.sub(r"\$\{(\w+)\}", lambda match: str(mode.facts.get(match[1])), str(pattern))


def captured(
    stream: Stream, mode: Mode, pack: Pack, beginnings: Sequence[str] | None = None
) -> list[Capture]:
    """Return the proposals of the manifest for the mode's values, the most likely first.

    `beginnings` limits them to paths that begin with one of these words.
    """
    captures: list[Capture] = []
    for path, pattern in sources(mode, pack):
        if path[-1] != REST and (beginnings is None or path[0] in beginnings):
            for value in _values_at(stream, path):
                captures += _matched(pattern, value, mode)
    return captures


def rests(mode: Mode, pack: Pack) -> list[tuple[Steps, tuple[str, ...]]]:
    """Return the paths of the values that hold the parts that the mode's rendering does not write."""
    paths_and_names = [
        (path[:-1], tuple(name.split(".")))
        for path, pattern in sources(mode, pack)
        for name in names_of(pattern)
        if path[-1] == REST
    ]
    return [
        (path, name)
        for path, name in paths_and_names
        if "not" not in part_at(mode.schema, name[:1], {"not": {}})
    ]


def names_that_follow(mode: Mode, pack: Pack) -> set[tuple[str, ...]]:
    """Return the values that are read from the served model, not from a field."""
    patterns = [pattern for path, pattern in sources(mode, pack) if path[0] == "served"]
    return {tuple(name.split(".")) for pattern in patterns for name in names_of(pattern)}


def part_of(mode: Mode, path: Sequence[str]) -> Schema:
    """Return the schema of the value at `path`; empty if the mode has no such value."""
    return part_at(mode.schema, path)


def names_of(pattern: str) -> list[str]:
    """Return the values that a pattern captures."""
    return [match[1] for match in _VALUE.finditer(pattern)]


def _values_at(stream: Stream, path: Steps) -> Iterator[Any]:
    values = (look_up(root, inside) for root, inside in roots(stream, path))
    return (value for value in values if value is not ABSENT and value is not None)


def roots(stream: Stream, path: Steps) -> list[tuple[Any, Steps]]:
    """Return the roots of a path: the Workspace, a named part of it, or objects of a kind."""
    root, inside = str(path[0]), path[1:]
    if root == "container":
        return [(stream.container, inside)]
    if root == "option":
        return [(stream.options, inside)]
    if root == "gpu":
        return [
            ({"resource": name, "count": count}, inside) for name, count in gpu_limits(stream.container)[:1]
        ]
    if root == "served":
        return [({**stream.view._asdict(), "quantized": _quantized(stream.view.model_id)}, inside)]
    if root[0].isupper():
        return [(body, inside) for body in stream.of_kind(root)]
    body = stream.workspace.body
    # The parts of a Workspace; an InferenceSet has them in its template.
    return [(workspace_of(body) if root in PARTS else body, path)]


def _quantized(model_id: str | None) -> str | None:
    """Return the format of a quantized model, from the pack's catalogue or the name; None for others."""
    quantization = quantization_of(model_id, Catalogue()) if model_id else None
    return quantization.format if quantization else None


def _matched(pattern: str, value: Any, mode: Mode) -> Iterator[Capture]:
    places = list(_VALUE.finditer(pattern))
    if len(places) == 1 and places[0][0] == pattern:
        yield from _proposed(places[0], value, mode)
    elif isinstance(value, str):
        parts = [part_of(mode, tuple(place[1].split("."))) for place in places]
        for place, text in zip(places, _texts_between(_literals(pattern), value, parts), strict=False):
            yield from _proposed(place, text, mode)


@cache
def _literals(pattern: str) -> tuple[str, ...]:
    """Return the texts of a pattern before, between and after its values."""
    literals = tuple(_VALUE.split(pattern)[:: _VALUE.groups + 1])
    if len(literals) < 2:
        raise PackError(f"import: {shown(pattern)} has no <value>")
    return literals


def _texts_between(literals: Sequence[str], text: str, parts: Sequence[Schema]) -> list[str]:
    """Return the texts between `literals` in `text`, each as short as the schemas of all values accept.

    The list is empty if `text` does not match, or if no match is found in MOST_TRIED tries.
    """
    first, *_, last = literals
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return []
    return _split(text[len(first) : len(text) - len(last)], literals[1:-1], parts, [MOST_TRIED]) or []


def _split(text: str, literals: Sequence[str], parts: Sequence[Schema], tries: list[int]) -> list[str] | None:
    """Return `text` split at `literals` into values that `parts` accept; None if that is impossible."""
    if not literals:
        return [text] if text and json_schema.accepts(parts[0], text) else None
    stop = 0
    while (stop := text.find(literals[0], stop + 1)) > 0 and tries[0] > 0:
        tries[0] -= 1
        if json_schema.accepts(parts[0], text[:stop]):
            rest = _split(text[stop + len(literals[0]) :], literals[1:], parts[1:], tries)
            if rest is not None:
                return [text[:stop], *rest]
    return None


def _proposed(place: re.Match[str], value: Any, mode: Mode) -> Iterator[Capture]:
    name, times, encoded, constant = place.groups()
    where = tuple(name.split("."))
    part = part_of(mode, where)
    if constant:
        value = read_text(constant, "import")[0].value
    if encoded and isinstance(value, str):
        value = unquote(value)
    if part.get("type") == "integer" and isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    if times is not None:
        if not isinstance(value, int) or isinstance(value, bool) or value % int(times):
            return
        value //= int(times)
    yield where, value


def section_faults(mode: Mode) -> Iterator[str]:
    """Yield the errors in the paths and values of the mode's `import:` section, one line each."""
    for path, pattern in lines(mode.facts.get("import") or {}, mode):
        parse(path)
        names = names_of(pattern)
        if not names:
            yield f"templates/{mode.name}/mode.yaml: import: {pattern} has no <value>"
        for name in names:
            if not part_of(mode, name.split(".")):
                schema = f"schemas/values/{mode.name}.schema.json"
                yield f"templates/{mode.name}/mode.yaml: import reads {name}, which {schema} does not define"
