"""Questions as fields of the page: those of a mode, of the target, and of the model to start from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kaito_pack.base.sentences import sentence
from kaito_pack.form.answers import first_sentence, written
from kaito_pack.form.model_choice import About, known_ids, model_schema
from kaito_pack.form.questions import Choice, Question
from kaito_pack.form.web.state import State
from kaito_pack.models.catalogue import Catalogue


def field(of: Question, facts: Iterable[str] = ()) -> dict[str, Any]:
    """A question as JSON, its values as a person would type them; `facts` of the model go with its help."""
    # Where each choice has its part of the help, nothing is said twice.
    is_said = bool(of.choices) and all(one.detail and one.detail in of.help for one in of.choices)
    return {
        "name": of.name,
        "kind": of.kind,
        "label": of.label,
        "help": " ".join(map(sentence, filter(None, ["" if is_said else of.help, *facts]))),
        "value": None if of.value is None else written(of, of.value, by_line=True),
        "default": written(of, of.default, by_line=True),
        "isRequired": of.is_required,
        "isMore": of.is_more,
        "choices": [
            {"value": written(of, one.value), "detail": one.detail, "command": one.command}
            for one in of.choices
        ],
        "suggestions": of.suggestions,
        "placeholder": of.placeholder,
        "note": of.note,
        "minimum": of.minimum,
        "maximum": of.maximum,
    }


def start_fields(
    state: State, of: About, model: Question | None, catalogue: Catalogue
) -> list[dict[str, Any]]:
    """The model's id, and what the catalogue does not know of it: its engines, and whether it is gated.

    `model` is the question of the chosen mode that the id answers, with the mode's own words and suggestions.
    """
    parts = model_schema()

    def asked(name: str, kind: Any, value: Any, **rest: Any) -> dict[str, Any]:
        title, help = parts[name]["title"], first_sentence(parts[name]["description"])
        return field(Question((name,), kind, title, help, value, is_more=False, **rest))

    ids = tuple(known_ids(catalogue))
    said = state.model_id or None
    words = {"label": model.label, "help": sentence(model.help)} if model else {}
    found = [asked("modelId", "text", said, default=None, is_required=True, suggestions=ids) | words]
    if said and of.figures is None:
        choices = tuple(Choice(one) for one in parts["engines"]["items"]["enum"])
        found.append(
            asked("engines", "list", list(of.engines), default=None, is_required=True, choices=choices)
        )
    if said and (of.figures is None or of.figures.gated is None):
        found.append(asked("gated", "switch", of.gated, default=False, is_required=False))
    return found
