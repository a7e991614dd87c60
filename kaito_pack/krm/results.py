"""Problems in the form of a KRM function: the `results` of a ResourceList, and lines for people.

The calling tool creates the text that a function reads, so a problem names the field of the functionConfig,
not a line.
"""

from __future__ import annotations

from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath, path_text
from kaito_pack.base.problems import Place, Problem
from kaito_pack.base.sentences import sentence
from kaito_pack.base.trees import Fields, Manifest, get, mapping
from kaito_pack.documents.document import Document, PlacedEntry
from kaito_pack.pack.files import API_VERSION
from kaito_pack.values.wrapping import KIND, is_wrapped

CONFIG: FieldPath = ("functionConfig",)
# The path for tools that keep items in files; the pack sets the path in its output tree.
PATH = "config.kubernetes.io/path"


def field_of(problem: Problem, config: Document) -> FieldPath:
    """Return the field of the functionConfig that a problem is about; () for the whole functionConfig."""
    if problem.rule.startswith("values/pack-file-"):  # about the file itself, here the functionConfig
        return problem.path[1:] if problem.path[:1] == CONFIG else problem.path
    if problem.layer in ("values", "model"):
        return ("spec", *problem.path)
    # The place of a problem of a manifest is that of the value that caused it.
    return path_at(config, problem.place) if problem.place else ()


def path_at(document: Document, place: Place) -> FieldPath:
    """Return the path of the value at `place`; () if there is no value."""
    todo: list[tuple[FieldPath, PlacedEntry | None]] = [((), document.root)]
    for path, entry in todo:
        if entry is None:
            continue
        if path and place in (document.place_of(entry.value), document.place_of(entry.key)):
            return path
        inside = entry.inside
        children = inside.items() if isinstance(inside, dict) else enumerate(inside or ())
        todo += [((*path, step), child) for step, child in children]
    return ()


def result(problem: Problem, field: FieldPath, config: Manifest) -> dict[str, Any]:
    """Return one entry of a ResourceList's `results`."""
    row: dict[str, Any] = {
        "message": words_of(problem),
        "severity": "info" if problem.ignored else problem.level,
        "tags": {"rule": problem.rule},
    }
    if is_wrapped(config):
        row["resourceRef"] = {"apiVersion": API_VERSION, "kind": KIND, "name": name_of(config)}
        annotations = metadata_of(config, "annotations")
        if file := annotations.get(f"internal.{PATH}") or annotations.get(PATH):
            row["file"] = {"path": str(file)}
    if field:
        row["field"] = {"path": path_text(field)}
    return row


def line(problem: Problem, field: FieldPath, config: Manifest) -> str:
    """Return the result as a line for people: name of the functionConfig, field, message, rule."""
    warning = "" if problem.is_error else f"{problem.severity}: "
    where = f"{path_text(field)}: " if field else ""
    return f"{label(config)} {warning}{where}{words_of(problem)} [{problem.rule}]"


def words_of(problem: Problem) -> str:
    """Return the message and the fix; a problem of a manifest also has its path."""
    words = " ".join(filter(None, [sentence(problem.message), sentence(problem.what_to_do)]))
    is_of_manifest = problem.path and problem.layer not in ("values", "model")
    return f"{path_text(problem.path)}: {words}" if is_of_manifest else words


def label(config: Manifest) -> str:
    """Return the name of the functionConfig in messages."""
    return f"{KIND} {shown(name_of(config), quote=False)}".rstrip() if is_wrapped(config) else "ResourceList"


def name_of(config: Manifest) -> str:
    """Return the name in the functionConfig's metadata; `""` if it has none."""
    return str(mapping(config.get("metadata")).get("name", ""))


def metadata_of(body: Manifest, part: str) -> Fields:
    """Return the labels or annotations of an object."""
    return mapping(get(body, ("metadata", part)))
