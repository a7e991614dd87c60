"""Converts the questions of a mode, of the target and of the model to fields of the page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kaito_pack.base.sentences import sentence
from kaito_pack.form.answers import first_sentence, written
from kaito_pack.form.model_choice import About, is_gating_unknown, known_ids, model_schema
from kaito_pack.form.questions import Choice, Question
from kaito_pack.form.web.state import State
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.pack.catalogue_schema import MODEL_ID
from kaito_pack.workspace.engines import engine


def field(question: Question, facts: Iterable[str] = ()) -> dict[str, Any]:
    """Return a question as JSON, with values as the user types them; its help includes the `facts`."""
    # If every choice has its own help, the text is not repeated.
    is_said = bool(question.choices) and all(
        choice.detail and choice.detail in question.help for choice in question.choices
    )
    return {
        "name": question.name,
        "kind": question.kind,
        "label": question.label,
        "help": " ".join(map(sentence, filter(None, ["" if is_said else question.help, *facts]))),
        "value": None if question.value is None else written(question, question.value, by_line=True),
        "default": written(question, question.default, by_line=True),
        "isRequired": question.is_required,
        "isMore": question.is_more,
        "group": question.group,
        "choices": [
            {
                "value": written(question, choice.value),
                "title": choice.title or written(question, choice.value),
                "detail": choice.detail,
                "command": choice.command,
            }
            for choice in question.choices
        ],
        "suggestions": question.suggestions,
        "placeholder": question.placeholder,
        "note": question.note,
        "minimum": question.minimum,
        "maximum": question.maximum,
    }


def start_fields(
    state: State, known: About, model: Question | None, catalogue: Catalogue
) -> list[dict[str, Any]]:
    """Return the fields for the model id and, if no catalogue has the model, for its engines and access.

    `model` is the question of the chosen mode that the id answers, with the mode's wording and suggestions.
    """
    parts = model_schema()

    def asked(name: str, kind: Any, value: Any, **rest: Any) -> dict[str, Any]:
        title, help = parts[name]["title"], first_sentence(parts[name]["description"])
        return field(Question((name,), kind, title, help, value, is_more=False, **rest))

    ids = tuple(known_ids(catalogue))
    model_id = state.model_id or None
    words = {"label": model.label, "help": sentence(model.help)} if model else {}
    fields = [asked(MODEL_ID, "text", model_id, default=None, is_required=True, suggestions=ids) | words]
    if model_id and known.figures is None:
        names = parts["engines"]["items"]["enum"]
        choices = tuple(Choice(name, title=str(engine(name).get("title", name))) for name in names)
        fields.append(
            asked("engines", "list", list(known.engines), default=None, is_required=True, choices=choices)
        )
    if model_id and (known.figures is None or is_gating_unknown(known.figures)):
        fields.append(asked("gated", "switch", known.gated, default=False, is_required=False))
    return fields
