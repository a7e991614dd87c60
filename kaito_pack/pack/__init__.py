"""Opens a pack: its folders, its modes, and its JSON Schemas with every reference resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from kaito_pack.base import pack_files
from kaito_pack.base.derived import depends_on, derived
from kaito_pack.base.display import shown
from kaito_pack.base.problems import PackError, ProblemsError, UsageError
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.root import ROOT
from kaito_pack.base.trees import ModeFacts, Schema
from kaito_pack.facts import tables
from kaito_pack.facts.rules import minor
from kaito_pack.facts.tables import table
from kaito_pack.pack import json_schema
from kaito_pack.pack.references import resolve

COMMON = "_common"  # the folder of templates that all modes use


class Mode(NamedTuple):
    """One folder of `templates/`; its name is the value of `modelSource`.

    `facts` is the content of its `mode.yaml`. `templates` are the names of its manifests, the Workspace
    first, relative to `templates/`. `is_quick` is whether the fast check supports every keyword of the
    schema.
    """

    name: str
    facts: ModeFacts
    templates: tuple[str, ...]
    schema: Schema
    is_quick: bool


class Pack:
    """The templates and schemas of one or more folders; the first folder that has a file takes precedence.

    `folders` are the user's packs, searched before the built-in pack.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self.folders = (*(folder.resolve() for folder in folders), ROOT)
        tables.use(self.folders[:-1])
        self._modes: dict[str, Mode] = {}

    @property
    def is_foreign(self) -> bool:
        """Whether templates of the user's packs may be rendered."""
        return len(self.folders) > 1

    @cached_property
    def mode_names(self) -> tuple[str, ...]:
        """The names of the modes, sorted: every folder of `templates/` that has a `mode.yaml`."""
        own: list[str] = derived("modes", lambda: _modes_of(ROOT))
        return tuple(sorted({*own, *(name for folder in self.folders[:-1] for name in _modes_of(folder))}))

    @property
    def schema_folders(self) -> tuple[Path, ...]:
        """The folders to search for schemas."""
        return tuple(folder / "schemas" for folder in self.folders)

    @property
    def template_folders(self) -> tuple[Path, ...]:
        """The folders to search for templates."""
        return tuple(folder / "templates" for folder in self.folders)

    @cached_property
    def kaito_versions(self) -> tuple[str, ...]:
        """The KAITO minors in the table of versions that have a Workspace schema, oldest first."""
        rows = table("kaito/versions.json")
        return tuple(sorted((name for name in rows if self._has_schema(name, rows[name])), key=minor))

    def _has_schema(self, name: str, row: Mapping[str, Any]) -> bool:
        file = f"facts/kaito/{row.get('schema', name)}.json"
        return any((folder / file).is_file() for folder in self.folders)

    def kaito_version(self, asked: str | None = None) -> str:
        """Return the requested minor of KAITO ("0.12", "v0.12.0"), the newest for None."""
        if asked is None:
            return self.kaito_versions[-1]
        name = ".".join(asked.removeprefix("v").split(".")[:2])
        if name not in self.kaito_versions:
            known = ", ".join(self.kaito_versions)
            raise UsageError(f"KAITO {shown(asked)} is not supported. Use one of {known}")
        return name

    def _common(self) -> tuple[str, ...]:
        """Return the templates that all modes share; empty for a mode.yaml with `common: false`."""
        names = set()
        for folder in self.template_folders:
            depends_on(folder / COMMON)
            names |= {file.name for file in folder.glob(f"{COMMON}/*.yaml.j2")}
        return tuple(f"{COMMON}/{name}" for name in sorted(names))

    def mode(self, name: str) -> Mode:
        """Return the mode called `name`, read on first use. Raises PackError if it is incomplete."""
        if name not in self._modes:
            self._modes[name] = self._read_mode(name)
        return self._modes[name]

    def _are_facts(self, facts: Any) -> bool:
        """Return whether the facts of a mode have the types that the code expects."""
        schema = resolve("mode.schema.json", self.schema_folders)
        return json_schema.accepts(_types_of(schema), facts)

    def _read_mode(self, name: str) -> Mode:
        if self.is_foreign:
            facts, templates, is_quick = self._described(name)
        else:
            facts, templates, is_quick = derived(f"mode {name}", lambda: self._described(name))
        schema = resolve(f"values/{name}.schema.json", self.schema_folders)
        return Mode(name, facts, tuple(templates), schema, is_quick)

    def _described(self, name: str) -> tuple[Any, list[str], bool]:
        """Return the facts of a mode, its templates, and whether the fast check supports its schema."""
        from kaito_pack.documents import read_text

        homes = [folder / name for folder in self.template_folders if (folder / name).is_dir()]
        for home in homes:
            depends_on(home)
        files = {file.name: file for home in reversed(homes) for file in home.iterdir()}
        if "mode.yaml" not in files:
            raise PackError(f"mode {name}: no templates/{name}/mode.yaml in the pack")
        own = sorted(file for file in files if file.endswith(".yaml.j2"))
        own.sort(key=lambda file: file != "workspace.yaml.j2")
        schema = resolve(f"values/{name}.schema.json", self.schema_folders)
        file = files["mode.yaml"]
        document = read_text(pack_files.read_text(file.parent.parent, f"{name}/mode.yaml"), str(file))[0]
        facts = document.value
        if self.folders[-1] not in files["mode.yaml"].parents and not self._are_facts(facts):
            from kaito_pack.pack.files import check_file

            raise ProblemsError(list(check_file(document, "Mode")))
        names = [f"{name}/{file}" for file in own]
        names += self._common() if facts.get("common", True) else ()
        return facts, names, json_schema.is_quick(schema)


def _modes_of(folder: Path) -> list[str]:
    depends_on(folder / "templates")
    homes = [file for file in (folder / "templates").glob("*") if file.is_dir()]
    for home in homes:
        depends_on(home)
    return [home.name for home in homes if (home / "mode.yaml").exists()]


def _types_of(schema: Any) -> Any:
    """Return the part of a schema that defines types."""
    types = {"type": schema["type"]} if "type" in schema else {}
    fields = {name: _types_of(part) for name, part in schema.get("properties", {}).items()}
    items = {"items": _types_of(schema["items"])} if "items" in schema else {}
    return {**types, **items, "properties": fields}
