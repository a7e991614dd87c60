"""The start from a model: the known facts and the modes that can serve it."""

from __future__ import annotations

from collections.abc import Iterable

from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Schema
from kaito_pack.facts.rules import get_rule
from kaito_pack.form.hints import hints
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.model import Model
from kaito_pack.pack import Mode, Pack, json_schema
from kaito_pack.pack.catalogue_schema import MODEL_ID, catalogue_schema
from kaito_pack.values.meanings import NO_MODE, named_values
from kaito_pack.workspace.engines import GGUF, hub_engines, runs_on_kaito

GPUS = ("resources", "gpu")  # the path of the GPU count of a replica


class About(NamedTuple):
    """The known facts of the model that a form starts from.

    `engines` is empty and `gated` is None if not known. `figures` come from the catalogue; they are None for
    a model that it does not have.
    """

    engines: tuple[str, ...] = ()
    gated: bool | None = None
    figures: Model | None = None

    @property
    def runs(self) -> bool | None:
        """Whether the model runs on KAITO at all; None if its engines are not known."""
        return runs_on_kaito(self.engines) if self.engines else None


def about(
    model_id: str | None, catalogue: Catalogue, engines: Iterable[str] = (), gated: bool | None = None
) -> About:
    """Return the facts of a model: the user's (`engines`, `gated`) first, then the catalogue's.

    For a GGUF repository without its own catalogue entry, only the engine is known.
    """
    figures = catalogue.find(model_id) if model_id else None
    named_engines = tuple(engines)
    if figures is None:
        is_gguf = model_id and is_gguf_repository(model_id, catalogue)
        return About(named_engines or (hub_engines(GGUF) if is_gguf else ()), gated)
    if gated is None:
        gated = None if is_gating_unknown(figures) else bool(figures.gated)
    return About(named_engines or figures.engines, gated, figures)


def is_gguf_repository(model_id: str, catalogue: Catalogue) -> bool:
    """Return whether a repository has GGUF files, by the catalogue or by the suffix of its name."""
    names = map(str.lower, gguf_repositories(catalogue))
    return model_id.lower().endswith(f"-{GGUF}") or model_id.lower() in names


def is_gating_unknown(model: Model) -> bool:
    """Return whether it is unknown if a model is gated; models under an open license are not gated."""
    is_open = model.license in get_rule("model/may-be-gated").parameters["openLicenses"]
    return model.gated is None and not is_open


def gguf_repositories(catalogue: Catalogue) -> list[str]:
    """Return all repositories of GGUF files that the catalogue names."""
    return [*dict.fromkeys(name for model in catalogue.models for name in model.gguf_repositories)]


def known_ids(catalogue: Catalogue) -> list[str]:
    """Return the model ids that a form suggests: those of the catalogue, then their GGUF repositories."""
    return [*(model.model_id for model in catalogue.models), *gguf_repositories(catalogue)]


def modes_for(engines: Iterable[str], pack: Pack) -> list[str]:
    """Return the modes that can serve a Hub model with one of `engines`, the preferred mode first."""
    supported = set(engines)
    served = [engine for engine in hub_engines() if engine in supported]
    return [mode for engine in served for mode in pack.mode_names if _serves(pack, mode, engine)]


def _serves(pack: Pack, name: str, engine: str) -> bool:
    mode = pack.mode(name)
    return mode.facts.get("engine") == engine and takes_model(pack, name)


def model_value(mode: Mode | None = None) -> str:
    """Return the name of the value for a Hub model in a mode; without `mode`, the usual name."""
    return named_values(mode.facts if mode else NO_MODE)["model"]


def instance_type_of(mode: Mode) -> tuple[str, ...]:
    """Return the path of the instance type."""
    return (named_values(mode.facts)["instanceType"],)


def is_model_id(text: str) -> bool:
    """Return whether a text has the form of a model id in a catalogue."""
    return json_schema.accepts(model_schema()[MODEL_ID], text)


def takes_model(pack: Pack, mode: str) -> bool:
    """Return whether a mode starts from a Hub model rather than its own list."""
    return model_value(pack.mode(mode)) in pack.mode(mode).schema.get("properties", {})


def is_chosen_by_itself(pack: Pack, mode: str) -> bool:
    """Return whether a mode must be chosen by name, because no Hub model leads to it."""
    return not (takes_model(pack, mode) and runs_on_kaito([pack.mode(mode).facts.get("engine", "")]))


def asks_for_files(mode: Mode) -> bool:
    """Return whether a mode asks for the repository of a model's GGUF files, which may be a separate one."""
    part = mode.schema.get("properties", {}).get(model_value(mode), {})
    return hints(part, mode.name).suggest == "ggufRepositories"


def has_files_elsewhere(mode: Mode, known: About) -> bool:
    """Return whether a mode asks for a repository of files that differs from the model's own.

    The model's own repository is used if it has only GGUF files and no other repository is known for it.
    """
    model = known.figures
    is_own = model is None or (set(model.engines) <= set(hub_engines(GGUF)) and not model.gguf_repositories)
    return asks_for_files(mode) and not is_own


def gated_value(mode: Mode) -> str | None:
    """Return the value that only gated models need; None if the mode has none."""
    parts = mode.schema.get("properties", {})
    return next((name for name, part in parts.items() if hints(part, mode.name).ask == "gated"), None)


def model_schema() -> Schema:
    """Return the schema of the fields of a catalogue entry by name; a form asks for them in its words."""
    parts: Schema = catalogue_schema()["$defs"]["model"]["properties"]
    return parts
