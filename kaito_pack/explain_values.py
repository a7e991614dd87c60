"""Where a value came from, and what made a line of a manifest: which template line, which values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from kaito_pack import layers
from kaito_pack.json_schema import applicable
from kaito_pack.pack import Pack
from kaito_pack.problems import Path, shown
from kaito_pack.rendering import Manifest, Renderer
from kaito_pack.templates import Environment
from kaito_pack.trace import at, culprits, written_at
from kaito_pack.values import Values

_STEP = re.compile(r'\.?([^.\[\]"]+)|\["([^"]+)"\]|\[(\d+)\]')


def path_of(text: str) -> Path:
    """`containers[0].labels["a.b"]` as `("containers", 0, "labels", "a.b")`; `a\\.b` is one key, too."""
    steps: list[str | int] = []
    for name, quoted, index in _STEP.findall(text.replace("\\.", "\0")):
        steps.append(int(index) if index else (quoted or name).replace("\0", "."))
    return tuple(steps)


def origin_text(values: Values, path: Path) -> list[str] | None:
    """What a value is and where it came from, as lines; None where there is no such value."""
    value = at(values.filled, path)
    if not _is_known(values.mode.schema, path):
        return None
    name = ".".join(map(str, path))
    if value is None:
        return [f"{name} is not set, and has no default"]
    lines = [f"{name}: {_plain(value)}"]
    if _given(values.given, path):
        layer = layers.origin(values.layers, path)
        what = "the values file" if layer.title == "values" else layer.title
        lines.append(f"  from {layer.document.place(path)} ({what})")
        lines += [f"  over {where}" for where in _hidden(values, path, layer)]
    else:
        lines.append(f"  the schema's default{_reason(values, path)}")
    return lines


def _is_known(schema: Mapping[str, Any], path: Path) -> bool:
    for step in path:
        if schema.get("x-opaque") or "properties" not in schema:
            return True
        if step not in schema["properties"]:
            return False
        schema = schema["properties"][step]
    return True


def _given(given: Any, path: Path) -> bool:
    for step in path:
        try:
            given = given[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _hidden(values: Values, path: Path, winner: layers.Layer) -> Iterator[str]:
    for layer in reversed(values.layers):
        if layer is not winner and _given(layer.document.value, path):
            yield f"{layer.document.place(path)}: {_plain(at(layer.document.value, path))}"


def _reason(values: Values, path: Path) -> str:
    """Why the default is what it is, where a condition of the schema chose it."""
    plain = values.mode.schema.get("properties", {}).get(path[0], {}).get("default")
    chosen = applicable(values.mode.schema, values.given).get("properties", {}).get(path[0], {})
    told = f": {chosen['description']}" if chosen.get("description") else ""
    return f" (chosen by another value){told}" if len(path) == 1 and chosen.get("default") != plain else told


def _plain(value: Any) -> str:
    import json

    return shown(
        json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value, quote=False
    )


@dataclass(frozen=True)
class TemplateLine:
    """One line of a template, and the line of output that it gave."""

    template: str
    number: int
    text: str


def manifest_text(
    values: Values, manifest: Manifest, path: Path, pack: Pack, renderer: Renderer
) -> list[str] | None:
    """What stands at `path` of a manifest and what made it, as lines; None where nothing stands there."""
    value = at(manifest.body, path)
    if value is None:
        return None
    lines = [f"{manifest.body.get('kind')}: {_plain(value)}"]
    if (written := written_at(path, manifest)) is not None:
        return [*lines, f"  written at {values.place(written)} ({'.'.join(map(str, written))})"]
    if (line := template_line(values, manifest, path, pack)) is not None:
        lines.append(f"  by templates/{line.template}:{line.number}: {line.text.strip()}")
    for cause in culprits(values, manifest, path, renderer):
        lines += [f"  {text}" for text in origin_text(values, cause) or ()]
    return lines


def template_line(values: Values, manifest: Manifest, path: Path, pack: Pack) -> TemplateLine | None:
    """The line of a template, its partials included, that emitted what stands at `path`.

    Each line of the templates is marked in turn by a comment of YAML's, which is looked for in the output.
    """
    wanted = manifest.document.place(path).line
    context = {**values.filled, "mode": values.mode.facts}
    environment = _Marking(pack.template_folders)
    marked = environment.get_template(manifest.template).render(context).strip("\n").split("\n")
    if not 0 < wanted <= len(marked):  # 0: rewritten by additions of the user's
        return None
    found = _MARK.findall(marked[wanted - 1])
    if not found:
        return None
    name, number = environment.marks[int(found[0])]
    source = next(file for folder in pack.template_folders if (file := FilePath(folder) / name).is_file())
    return TemplateLine(name, number, source.read_text(encoding="utf-8").splitlines()[number - 1])


_MARK = re.compile("\u2063(\\d+)\u2063")
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_SILENT = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)


class _Marking(Environment):
    """Templates whose lines of output end in an invisible number that leads back to the line."""

    def __init__(self, folders: tuple[FilePath, ...]) -> None:
        super().__init__(folders, is_cached=False)
        self.marks: list[tuple[str, int]] = []

    def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:
        """Mark each line that emits text and ends outside of a tag."""
        # Blocks and comments emit nothing; blanked out, what is left of a line is what it emits.
        left = _SILENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source).split("\n")
        open_ends = {
            source.count("\n", 0, match.start()) for match in _TAG.finditer(source) if "\n" in match[0]
        }
        lines = source.split("\n")
        for index, line in enumerate(lines):
            if left[index].strip() and index not in open_ends:
                lines[index] = f"{line}\u2063{len(self.marks)}\u2063"
                self.marks.append((name or "", index + 1))
        return "\n".join(lines)
