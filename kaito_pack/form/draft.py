"""A values file in the making: the mode, the answers there are, and what is still to be asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from kaito_pack.base.trees import ValuesMap
from kaito_pack.form.answers import answered, submitted
from kaito_pack.form.model_choice import About
from kaito_pack.form.questions import Question, questions
from kaito_pack.kaito.target import Target
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.pack import Mode, Pack, json_schema
from kaito_pack.values.layers import Layer
from kaito_pack.values.meanings import MODE

NAME = "name"
NOTHING_KNOWN = About()


@dataclass(frozen=True)
class Ground:
    """What a form is based on: the pack, the cluster, the known models, the values of the target."""

    pack: Pack
    target: Target
    catalogue: Catalogue
    below: Sequence[Layer] = ()


@dataclass(frozen=True)
class Draft:
    """The answers for one mode; `known` is what is known of the model, `file` the name of the file to be."""

    ground: Ground
    mode: Mode
    answers: ValuesMap = field(default_factory=dict)
    known: About = NOTHING_KNOWN
    file: str | None = None

    def questions(self) -> list[Question]:
        """Return what the mode asks under these answers, with a default for the name."""
        ground = self.ground
        asked = questions(ground.pack, self.mode, self.answers, self.known, ground.target, ground.catalogue)
        return [
            replace(question, default=self.default_name())
            if question.path == (NAME,) and question.value is None
            else question
            for question in asked
        ]

    def question(self, path: Sequence[str]) -> Question | None:
        """Return the question of one value; None if it is not asked now."""
        return next((question for question in self.questions() if question.path == tuple(path)), None)

    def missing(self) -> list[Question]:
        """Return the required questions that have neither an answer nor a default."""
        return [question for question in self.questions() if question.is_required and question.answer is None]

    def answered(self, path: Sequence[str], value: Any) -> Draft:
        """Return the same with one more answer; None takes it away."""
        return replace(self, answers=answered(self.answers, path, value))

    def named(self) -> Draft:
        """Return the same with the default name if it has none."""
        name = self.answers.get(NAME) or self.default_name()
        return self.answered((NAME,), name) if name else self

    def document(self) -> dict[str, Any]:
        """Return the values document that these answers are."""
        return submitted(self.mode, self.answers)

    def default_name(self) -> str | None:
        """Return the file's name without its end, if it is a good name; else one made from what is served."""
        filled = json_schema.with_defaults(self.mode.schema, self.answers)
        schema = json_schema.applicable(self.mode.schema, filled)["properties"].get(NAME, {})
        names = [PurePath(self.file).stem] if self.file else []
        served = [name for name in self.mode.schema.get("required", ()) if name not in (NAME, MODE)]
        names += [_as_name(self.answers.get(name), schema.get("maxLength")) for name in served]
        return next((name for name in names if name and json_schema.accepts(schema, name)), None)


def _as_name(value: Any, longest: int | None) -> str:
    """Return `org/Some_Model-1.0` as `some-model-1-0`."""
    if not isinstance(value, str):
        return ""
    words = re.findall("[a-z0-9]+", value.rpartition("/")[2].lower())
    return "-".join(words).lstrip("0123456789-")[:longest].rstrip("-")
