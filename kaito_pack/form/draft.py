"""A draft of a values file: the mode, the answers so far and the open questions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import PurePath
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.trees import ValuesMap, with_value
from kaito_pack.documents import Document
from kaito_pack.form.answers import submitted
from kaito_pack.form.large_models import Proposal, proposal
from kaito_pack.form.model_choice import About
from kaito_pack.form.questions import Question, questions
from kaito_pack.form.ways import with_answer
from kaito_pack.kaito.target import Target
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.pack import Mode, Pack, json_schema
from kaito_pack.values.layers import Layer, merge
from kaito_pack.values.meanings import MODE

NAME = "name"
NOTHING_KNOWN = About()


@dataclass(frozen=True)
class Ground:
    """The inputs of a form: the pack, the cluster, the known models and the values of the target."""

    pack: Pack
    target: Target
    catalogue: Catalogue
    below: Sequence[Layer] = ()


@dataclass(frozen=True)
class Draft:
    """The answers for one mode; `known` describes the model, `file` is the name of the file to write."""

    ground: Ground
    mode: Mode
    answers: ValuesMap = field(default_factory=dict)
    known: About = NOTHING_KNOWN
    file: str | None = None

    def questions(self) -> list[Question]:
        """Return the questions of the mode, given these answers, with a default for the name."""
        ground, proposed = self.ground, self.proposed
        answers = _filled(self.answers, proposed.defaults)
        asked = questions(ground.pack, self.mode, answers, self.known, ground.target, ground.catalogue)
        defaults = dict(proposed.defaults)
        if self.answers.get(NAME) is None:
            defaults[(NAME,)] = self.default_name()
        return [
            replace(question, value=None, default=defaults[question.path])
            if question.path in defaults
            else question
            for question in asked
        ]

    @cached_property
    def proposed(self) -> Proposal:
        """Return the defaults and instance types that suit a large model."""
        answers = merge([*self.ground.below, Layer(Document("", 1, self.answers), "")])
        return proposal(self.mode, answers, self.ground.target, self.ground.catalogue)

    def question(self, path: Sequence[str]) -> Question | None:
        """Return the question for one value; None if the form does not ask it at this point."""
        return next((question for question in self.questions() if question.path == tuple(path)), None)

    def missing(self) -> list[Question]:
        """Return the required questions that have neither an answer nor a default."""
        return [question for question in self.questions() if question.is_required and question.answer is None]

    def answered(self, path: Sequence[str], value: Any) -> Draft:
        """Return the draft with one answer added; the value None removes the answer."""
        parts = self.mode.schema.get("properties", {})
        return replace(self, answers=with_answer(parts, path, value, self.answers))

    def named(self) -> Draft:
        """Return the draft with the default name, if it has none, and the defaults for a large model."""
        name = self.answers.get(NAME) or self.default_name()
        draft = replace(self, answers=_filled(self.answers, self.proposed.defaults))
        return draft.answered((NAME,), name) if name else draft

    def document(self) -> dict[str, Any]:
        """Return the values document of these answers."""
        return submitted(self.mode, self.answers)

    def default_name(self) -> str | None:
        """Return the file name without its suffix if it is a valid name; else a name from the model."""
        filled = json_schema.with_defaults(self.mode.schema, self.answers)
        schema = json_schema.applicable(self.mode.schema, filled)["properties"].get(NAME, {})
        names = [PurePath(self.file).stem] if self.file else []
        served = [name for name in self.mode.schema.get("required", ()) if name not in (NAME, MODE)]
        names += [_as_name(self.answers.get(name), schema.get("maxLength")) for name in served]
        return next((name for name in names if name and json_schema.accepts(schema, name)), None)


def _filled(answers: ValuesMap, defaults: Mapping[FieldPath, Any]) -> ValuesMap:
    for path, value in defaults.items():
        answers = with_value(answers, [str(step) for step in path], value)
    return answers


def _as_name(value: Any, longest: int | None) -> str:
    """Return `org/Some_Model-1.0` as `some-model-1-0`."""
    if not isinstance(value, str):
        return ""
    words = re.findall("[a-z0-9]+", value.rpartition("/")[2].lower())
    return "-".join(words).lstrip("0123456789-")[:longest].rstrip("-")
