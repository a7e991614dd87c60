"""Evaluates a state: the facts of its model, its mode, and its answers as a draft of values."""

from __future__ import annotations

from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import ValuesMap
from kaito_pack.form import answers
from kaito_pack.form.draft import Draft, Ground
from kaito_pack.form.model_choice import (
    About,
    about,
    has_files_elsewhere,
    is_chosen_by_itself,
    model_value,
    modes_for,
)
from kaito_pack.form.questions import Question
from kaito_pack.form.ways import with_answer
from kaito_pack.form.web.state import State
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.pack import Mode, Pack
from kaito_pack.values.meanings import MODE


class Asked(NamedTuple):
    """The draft that results from the answers, and its questions.

    `model` is the question that the start of the page answers, if the mode has one.
    """

    draft: Draft
    questions: list[Question]
    model: Question | None


def model_of(state: State, catalogue: Catalogue) -> About:
    """Return the known facts of the model that the state starts from."""
    return about(state.model_id or None, catalogue, state.engines, state.gated)


def offered(state: State, known: About, pack: Pack) -> list[str]:
    """Return the modes to choose from: those that can serve the model, then those with their own list.

    Without a model all modes are available.
    """
    if not state.model_id:
        return list(pack.mode_names)
    served = modes_for(known.engines, pack)
    return [*served, *(name for name in pack.mode_names if is_chosen_by_itself(pack, name))]


def mode_of(state: State, modes: list[str], known: About) -> str | None:
    """Return the chosen mode; if there is none and the model's engines are known, the usual mode."""
    if state.mode in modes:
        return state.mode
    return modes[0] if state.model_id and known.runs else None


def asked(state: State, ground: Ground, mode: Mode, known: About) -> Asked:
    """Return the questions of `mode` and the draft that results from the texts of the state.

    An answer can add questions, so the texts are read until no new question appears. Texts for questions
    that are not asked (any more) are ignored.
    """
    texts = _texts(state, mode, known)
    draft = Draft(ground, mode, _file_values(state, mode), known)
    while True:
        questions = draft.questions()
        ready = [question for question in questions if question.name in texts]
        # A way decides which other questions exist, so it is read alone.
        ready = [question for question in ready if question.is_way][:1] or ready
        if not ready:
            break
        for question in ready:
            draft = draft.answered(
                question.path, answers.parsed(question, texts.pop(question.name), by_line=True)
            )
    is_own = has_files_elsewhere(mode, known)
    name = model_value(mode)
    model = None if is_own else next((question for question in questions if question.name == name), None)
    return Asked(draft.named(), [question for question in questions if question is not model], model)


def _file_values(state: State, mode: Mode) -> ValuesMap:
    """Return the values of an opened file: all of them in its own mode, only the valid ones in another.

    An empty text removes a value, even one that no question asks for.
    """
    is_own = state.file_values.get(MODE) == mode.name
    file_values = state.file_values if is_own else answers.of_mode(mode, state.file_values)
    values: ValuesMap = {name: value for name, value in file_values.items() if name != MODE}
    parts = mode.schema.get("properties", {})
    for name, text in state.answers.items():
        values = values if text else with_answer(parts, name.split("."), None, values)
    return values


def _texts(state: State, mode: Mode, known: About) -> dict[str, str]:
    """Return the answers as typed, including the model that the page starts from."""
    if not has_files_elsewhere(mode, known):
        return {**state.answers, model_value(mode): state.model_id}
    assert known.figures is not None
    return {model_value(mode): next(iter(known.figures.gguf_repositories), ""), **state.answers}
