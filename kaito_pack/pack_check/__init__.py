"""Lists the content of a pack, and checks its schemas, templates, facts and examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kaito_pack.base import pack_files
from kaito_pack.base.pack_files import is_inside
from kaito_pack.base.problems import PackError, ProblemsError
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.root import ROOT
from kaito_pack.base.sentences import line as as_line
from kaito_pack.base.trees import mapping
from kaito_pack.documents import read_text
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Mode, Pack, json_schema
from kaito_pack.pack.files import API_VERSION, check_file
from kaito_pack.pack_check.engines import check_engines
from kaito_pack.pack_check.tables import check_schemas
from kaito_pack.rendering.context import GIVEN
from kaito_pack.rendering.render_child import ForeignTemplates
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.status.metrics import key_metrics
from kaito_pack.values.meanings import MODE


class Listed(NamedTuple):
    """One file of the packs: its origin, and the packs whose file of that name it hides."""

    name: str
    folder: Path
    hides: tuple[Path, ...]


def listed(pack: Pack) -> list[Listed]:
    """Return every template, schema and table, by name, with the pack that provides it."""
    homes: dict[str, list[Path]] = {}
    for folder in pack.folders:
        for part in ("templates", "schemas", "facts"):
            for file in sorted((folder / part).rglob("*")):
                if file.is_file() and not file.name.startswith("."):
                    homes.setdefault(file.relative_to(folder).as_posix(), []).append(folder)
    return [
        Listed(name, homes_of_file[0], tuple(homes_of_file[1:]))
        for name, homes_of_file in sorted(homes.items())
    ]


def check(pack: Pack, target: Target) -> list[str]:
    """Return the errors in the user's folders of `pack`, one line each."""
    own = pack.folders[:-1]
    broken = [line for folder in own for line in (*check_schemas(folder), *check_engines(folder))]
    if broken:
        return broken  # anything derived from them would repeat the error
    reader = ForeignTemplates(pack.template_folders)
    # Check the built-in modes as well: they may use a partial or a schema that the pack replaces.
    faults = [line for name in pack.mode_names for line in _check_mode(pack, name, reader)]
    # Examples are checked only if schemas and templates are valid.
    faults = faults or [line for folder in own for line in _check_examples(pack, folder, target)]
    return list(dict.fromkeys(faults))


def _check_mode(pack: Pack, name: str, reader: ForeignTemplates) -> Iterator[str]:
    from kaito_pack.importing import section_faults

    try:
        mode = pack.mode(name)
        file = next(
            candidate
            for folder in pack.template_folders
            if (candidate := folder / name / "mode.yaml").is_file()
        )
        text = pack_files.read_text(file.parent.parent, f"{name}/mode.yaml")
        yield from map(as_line, check_file(read_text(text, str(file))[0], "Mode"))
        yield from _check_schema(mode)
        if f"{name}/workspace.yaml.j2" not in mode.templates:
            yield f"templates/{name}/workspace.yaml.j2: missing. Every mode needs this template"
        for template in mode.templates:
            yield from _check_names(mode, template, reader)
        yield from section_faults(mode)
        if "metrics" in mode.facts:
            key_metrics(pack, mode)
    except ProblemsError as error:
        yield from map(as_line, error.problems)
    except PackError as error:
        yield str(error)


def _check_schema(mode: Mode) -> Iterator[str]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    where = f"schemas/values/{mode.name}.schema.json"
    try:
        Draft202012Validator.check_schema(mode.schema)
    except SchemaError as error:
        yield f"{where}: {'/'.join(map(str, error.absolute_path))}: {error.message}"
        return
    constant = mode.schema.get("properties", {}).get(MODE, {}).get("const")
    if constant != mode.name:
        yield f"{where}: properties.modelSource.const is {constant!r}, but the folder "
        f"of the mode is {mode.name}. Use one name"
    if mode.schema.get("additionalProperties") is not False:
        yield f"{where}: misspelt values are accepted. Add unevaluatedProperties: false"
    if not json_schema.is_quick(mode.schema):
        yield f"{where}: a keyword of the schema is not supported by the fast check, "
        "which makes every run slow"


def _check_names(mode: Mode, template: str, reader: ForeignTemplates) -> Iterator[str]:
    """Yield the names that a template reads but the schema does not define."""
    defined = set(mode.schema.get("properties", {})) | GIVEN
    waiting, seen, read = [template], set(), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            names, included = reader.names(name)
        except PackError as error:
            yield str(error)
            continue
        read |= set(names)
        waiting += included
    for name in sorted(read - defined):
        schema = f"schemas/values/{mode.name}.schema.json"
        yield f"templates/{template}: reads {name}, but {schema} does not define it"


def _check_examples(pack: Pack, folder: Path, target: Target) -> Iterator[str]:
    examples = sorted((folder / "values").glob("*.yaml"))
    for file in examples:
        if not is_inside(file, folder):
            yield f"{file}: points outside the pack. Replace it by a regular file"
            return
    examples = [file for file in examples if _field_of(file, "apiVersion") != API_VERSION]
    try:
        outcomes = Pipeline(pack, target).run([str(file) for file in examples])
    except PackError as error:
        yield str(error)
        return
    for outcome in outcomes:
        if outcome.unread:
            yield outcome.unread
        yield from (as_line(problem) for problem in outcome.problems if problem.is_error)
    shown = {name for name in pack.mode_names if (folder / "templates" / name / "mode.yaml").is_file()}
    for name in sorted(shown - _modes_of(examples)):
        yield f"{folder}/values: no example of mode {name}. Add one"


def _modes_of(examples: Sequence[Path]) -> set[str]:
    return {str(_field_of(example, MODE)) for example in examples}


def _field_of(example: Path, name: str) -> Any:
    """Return a top-level field of a file; None if it is missing or the file cannot be read."""
    try:
        text = pack_files.read_text(example.parent, example.name)
        value = read_text(text, str(example))[0].value
    except (PackError, ProblemsError):
        return None
    return mapping(value).get(name)


def origin_shown(folder: Path) -> str:
    """Return a pack's folder as `pack list` shows it; the built-in pack is "built in"."""
    return "built in" if folder == ROOT else str(folder)
