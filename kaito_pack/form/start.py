"""The answers that exist before the first question: command-line options and layers of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kaito_pack.base.problems import Problem, UsageError
from kaito_pack.base.records import NamedTuple
from kaito_pack.documents import Document
from kaito_pack.form.checking import outcome_of, question_for
from kaito_pack.form.draft import Draft, Ground
from kaito_pack.form.flags import Flag
from kaito_pack.form.model_choice import (
    About,
    about,
    is_chosen_by_itself,
    model_value,
    modes_for,
    takes_model,
)
from kaito_pack.pack import Mode, Pack
from kaito_pack.values import layers
from kaito_pack.values.checking import check
from kaito_pack.values.layers import Layer
from kaito_pack.values.meanings import MODE


class Start(NamedTuple):
    """The options with their texts, the mode, the known facts of the model, further layers and the file."""

    given: Sequence[tuple[Flag, str]] = ()
    mode: str | None = None
    engines: tuple[str, ...] = ()
    gated: bool | None = None
    further: Sequence[Layer] = ()
    file: str | None = None

    @property
    def says_something(self) -> bool:
        """Whether any answer was given."""
        return bool(self.given or self.mode or self.further)

    @property
    def model_id(self) -> str | None:
        """The id of the model, if given."""
        named = next((text for flag, text in self.given if flag.path == (model_value(),)), None)
        return named or self._further(model_value())

    def known(self, ground: Ground) -> About:
        """Return the known facts of the model."""
        return about(self.model_id, ground.catalogue, self.engines, self.gated)

    def modes(self, ground: Ground) -> list[str]:
        """Return the possible modes: the named one, or all modes that accept the given values.

        Raises ProblemsError if the mode does not exist, or a layer is not a map.
        """
        if wrong := [layer for layer in self.further if not isinstance(layer.document.value, dict)]:
            check(wrong, ground.pack)
        named = self.mode or self._further(MODE)
        if named is not None:
            if named not in ground.pack.mode_names:
                check([_layer("--mode", {MODE: named})], ground.pack)
            self._refuse_another_engine(ground.pack, named)
            return [named]
        engines = self.known(ground).engines
        possible = modes_for(engines, ground.pack) if engines else list(ground.pack.mode_names)
        if self.model_id is not None:
            possible = [name for name in possible if takes_model(ground.pack, name)]
        return [name for name in possible if all(name in flag.field.parts for flag, _ in self.given)]

    def _refuse_another_engine(self, pack: Pack, named: str) -> None:
        """Raise UsageError if the mode's engine is not one of the named ones."""
        if (
            self.engines
            and named not in modes_for(self.engines, pack)
            and not is_chosen_by_itself(pack, named)
        ):
            engine, named_engines = pack.mode(named).facts["engine"], ", ".join(self.engines)
            raise UsageError(
                f"mode {named} uses {engine}, but --engine is {named_engines}. Change one of them"
            )

    def draft(self, ground: Ground, mode: Mode) -> Draft:
        """Return the given values as a draft of that mode."""
        values = layers.without_nulls(layers.merge(self._layers(mode)), mode.schema)
        values.pop(MODE, None)
        return Draft(ground, mode, values, self.known(ground), self.file)

    def problems(self, draft: Draft) -> list[Problem]:
        """Return the problems of the given values, each with its option or layer.

        Missing values are not reported here.
        """
        problems = outcome_of(draft.named(), self._layers(draft.mode)).problems
        missing = draft.missing()
        return [reported for reported in problems if question_for(reported, missing) is None]

    def _layers(self, mode: Mode) -> list[Layer]:
        named = _layer("--mode", {MODE: mode.name})
        return [named, *(flag.layer(mode, text) for flag, text in self.given), *self.further]

    def _further(self, name: str) -> str | None:
        value: Any = layers.merge(self.further).get(name)
        return value if isinstance(value, str) else None


def _layer(option: str, values: dict[str, Any]) -> Layer:
    return Layer(Document(option, 1, values), option)
