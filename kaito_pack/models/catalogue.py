"""The catalogue: models by id, and the architectures that each vLLM image supports.

The pack's own figures are read at the first lookup of a model (about 3 ms), not when a catalogue is opened.
A test, not every run, checks them against their schema.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kaito_pack.base import derived
from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem, ProblemsError
from kaito_pack.base.root import VALUES
from kaito_pack.documents import Document
from kaito_pack.facts import presets
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.facts.tables import Rows, per_pack, table
from kaito_pack.models.images import vllm_of
from kaito_pack.models.model import CatalogueEntry, Model, model_of
from kaito_pack.pack import files as pack_files
from kaito_pack.pack.catalogue_schema import MODEL_ID

FOLDER = VALUES / "catalogue"


class Catalogue:
    """The pack's own models and those of a team's files, `added`, which take precedence."""

    def __init__(self, added: Mapping[str, Model] = MappingProxyType({})) -> None:
        self.added = added

    @classmethod
    def open(cls, paths: Iterable[str | Path] = ()) -> Catalogue:
        """Return the pack's own catalogue, overridden by the files `paths`.

        An entry replaces entries of earlier files with the same modelId as a whole. Raises UsageError for
        a file that cannot be opened, and ProblemsError, with all problems of all files, for invalid files.
        """
        added: dict[str, Model] = {}
        problems: list[Problem] = []
        for path in paths:
            document = pack_files.read(path)
            wrong = list(check_catalogue(document))
            problems += wrong
            if not wrong:
                added |= by_id(document.value["models"])
        if problems:
            raise ProblemsError(problems)
        return cls(MappingProxyType(added))

    def find(self, model_id: str) -> Model | None:
        """Return the model of that Hugging Face id, case-insensitively as on the Hub; None if unknown."""
        wanted = model_id.lower()
        return self.added.get(wanted) or own_model(wanted)

    def with_model(self, model: Model) -> Catalogue:
        """Return the catalogue with a model added or replaced."""
        return Catalogue(MappingProxyType({**self.added, model.model_id.lower(): model}))

    def find_preset(self, name: str) -> Model | None:
        """Return the model of a KAITO preset, by its id or the name of its repository; None if unknown.

        KAITO names most presets after the repository, in lower case (v0.12.0); the table has the others.
        """
        preset = presets.find(name)
        wanted = (preset.model if preset and preset.model else name).lower()
        if "/" in wanted:
            return self.find(wanted)
        return self._by_repository.get(wanted)

    @cached_property
    def models(self) -> Sequence[Model]:
        """All models, sorted by id."""
        merged = {**own_models(), **self.added}
        return [merged[key] for key in sorted(merged)]

    @cached_property
    def _by_repository(self) -> Mapping[str, Model]:
        """The models by the name of their repository, in lower case; without those that share a name."""
        names = [model.model_id.lower().rpartition("/")[2] for model in self.models]
        counts = Counter(names)
        return {name: model for name, model in zip(names, self.models, strict=True) if counts[name] == 1}

    def image_knows(self, image: str, architecture: str) -> bool | None:
        """Return whether the vLLM in that image supports the architecture; None if the image is unknown."""
        vllm = vllm_of(image)
        versions = [version(known) for known in vllm_table()["kaitoBase"].values()]
        if vllm is None or not versions[0] <= version(vllm) <= versions[-1]:
            return None
        return knows(vllm, architecture)

    def first_image_with(self, architecture: str) -> str | None:
        """Return the tag of the oldest kaito-base image whose vLLM supports the architecture, if any."""
        tags: Mapping[str, str] = vllm_table()["kaitoBase"]
        return next((tag for tag, vllm in tags.items() if knows(vllm, architecture)), None)


@rule("values/pack-file-duplicate-model", on="part")
def check_catalogue(document: Document) -> Iterator[Problem]:
    """Yield the problems of a catalogue file with their places: schema errors and duplicate models."""
    problems = list(pack_files.check_file(document, "Catalogue"))
    yield from problems
    if problems:
        return
    seen: set[str] = set()
    for index, entry in enumerate(document.value["models"]):
        key = entry[MODEL_ID].lower()
        if key in seen:
            path = ("models", index, MODEL_ID)
            model = shown(entry[MODEL_ID])
            yield problem("values/pack-file-duplicate-model", path, document.place(path), model=model)
        seen.add(key)


def by_id(entries: Iterable[CatalogueEntry]) -> dict[str, Model]:
    """Return the models of a valid catalogue's entries, by modelId in lower case."""
    return {entry[MODEL_ID].lower(): model_of(entry) for entry in entries}


@per_pack
def own_catalogue() -> Catalogue:
    """Return the pack's own catalogue, without other files."""
    return Catalogue()


@per_pack
def own_model(key: str) -> Model | None:
    """Return the pack's own model with that id in lower case; None if it has none."""
    entry = _entries().get(key)
    return None if entry is None else model_of(entry)


@per_pack
def own_models() -> Mapping[str, Model]:
    """Return the pack's own models, by modelId in lower case."""
    return MappingProxyType({key: model_of(entry) for key, entry in _entries().items()})


@per_pack
def _entries() -> Mapping[str, CatalogueEntry]:
    """Return the entries of the pack's own file by modelId in lower case, cached in the cache folder."""
    entries: Mapping[str, CatalogueEntry] = derived.derived("models", lambda: _read(FOLDER / "models.yaml"))
    return entries


def _read(file: Path) -> Any:
    derived.depends_on(file)
    return {entry[MODEL_ID].lower(): entry for entry in pack_files.read(file).value["models"]}


@per_pack
def vllm_table() -> Rows:
    """Return `facts/vllm.json`: the vLLM of images, and the first and last vLLM of architectures."""
    return MappingProxyType(table("vllm.json"))


def knows(vllm: str, architecture: str) -> bool:
    """Return whether that vLLM version supports the architecture."""
    first_and_last = vllm_table()["architectures"].get(architecture)
    if first_and_last is None:
        return False
    first, last = (version(text) for text in first_and_last)
    return first <= version(vllm) <= last


def version(text: str) -> tuple[int, ...]:
    """Return `"0.10.1.1"` as a tuple of numbers, for comparisons."""
    return tuple(int(part) for part in text.split("."))
