"""Opens an existing values file on the page: converts it to a state or reports its problems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kaito_pack.base.problems import Problem, ProblemsError
from kaito_pack.documents import read_text
from kaito_pack.form.model_choice import about, model_value
from kaito_pack.form.web.state import State
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.pack import Mode, Pack
from kaito_pack.pack.catalogue_schema import MODEL_ID
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import Source
from kaito_pack.values.layers import without_nulls
from kaito_pack.values.meanings import MODE
from kaito_pack.values.wrapping import unwrapped
from kaito_pack.workspace.engines import runs_on_kaito


def opened(text: bytes | str, file: str, pack: Pack, catalogue: Catalogue, pipeline: Pipeline) -> State:
    """Return the state that a values text describes.

    Raises ProblemsError, with all problems, if the meaning of the text is not certain: it is not YAML, has
    duplicate keys or values that YAML parsers read differently, or names no mode. The page shows all other
    problems beside its fields.
    """
    documents = read_text(text, file)
    document = documents[0]
    ambiguous = len(documents) > 1 or document.duplicates or document.odd_keys or document.surprises
    values = unwrapped(document).value
    name = values.get(MODE) if isinstance(values, dict) else None
    if ambiguous or not isinstance(name, str) or name not in pack.mode_names:
        raise ProblemsError(_problems(Source(file, documents), pipeline))
    mode = pack.mode(name)
    file_values = without_nulls(values, mode.schema)
    model_id = file_values.get(model_value(mode))
    model_id = model_id if isinstance(model_id, str) else ""
    start = {MODEL_ID: model_id, "engines": "\n".join(_engines(mode, model_id, catalogue))}
    return State(
        {part: text_typed for part, text_typed in start.items() if text_typed}, name, file_values=file_values
    )


def _problems(source: Source, pipeline: Pipeline) -> Sequence[Problem]:
    (outcome,) = pipeline.judge([source])
    return outcome.problems


def _engines(mode: Mode, model_id: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the engines of a file's model: the known ones and the one that the file uses."""
    engine: Any = mode.facts.get("engine")
    known_engines = about(model_id, catalogue).engines
    if not model_id or engine in known_engines or not runs_on_kaito([engine]):
        return ()
    return (*known_engines, engine)
