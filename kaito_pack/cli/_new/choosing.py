"""The first questions of `new`: which model to serve, and in which mode."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from kaito_pack import hub
from kaito_pack.cli._new.asking import Option
from kaito_pack.cli._new.wizard import words
from kaito_pack.form.checking import refused
from kaito_pack.form.draft import Draft, Ground
from kaito_pack.form.model_choice import (
    About,
    about,
    has_files_elsewhere,
    is_chosen_by_itself,
    known_ids,
    model_schema,
    model_value,
    modes_for,
)
from kaito_pack.form.questions import question_of
from kaito_pack.form.start import Start
from kaito_pack.models.words import hub_id

if TYPE_CHECKING:
    from kaito_pack.cli._new.asking import Terminal

HUB = ""  # the choice without a mode


class Choosing:
    """The questions that lead from `start` to the draft of one mode; `start` may answer some of them."""

    def __init__(self, ground: Ground, start: Start, terminal: Terminal) -> None:
        self._ground, self._start, self._terminal = ground, start, terminal

    def draft(self) -> Draft:
        """Return the draft of the mode that the user chooses."""
        possible = self._start.modes(self._ground) or list(self._ground.pack.mode_names)
        if len(possible) == 1:
            return self._drafted(possible[0], self._start.known(self._ground))
        own = [name for name in possible if is_chosen_by_itself(self._ground.pack, name)]
        of_hub = [name for name in possible if name not in own]
        name = HUB
        if own and (self._start.model_id is None or not of_hub):
            name = self._mode("What do you want to serve?", own, with_hub=bool(of_hub))
        return self._drafted(name, self._start.known(self._ground)) if name else self._of_hub(of_hub)

    def _of_hub(self, possible: list[str]) -> Draft:
        """Return the draft for a Hub model; ask until the user names one that KAITO can run."""
        model_id = self._start.model_id
        while True:
            model_id = hub_id(model_id or self._model_id(possible))
            model = self._known(model_id)
            modes = [name for name in modes_for(model.engines, self._ground.pack) if name in possible]
            # A name that ends in -GGUF excludes vLLM, whatever else is known.
            modes = [name for name in modes if not self._refused([name], model_id)] or modes
            if modes:
                name = modes[0] if len(modes) == 1 else self._mode("How do you want to serve it?", modes)
                return self._drafted(name, model, model_id)
            self._terminal.say(f"KAITO serves models with {' or '.join(engines())}; Choose another model.")
            model_id = None

    def _model_id(self, possible: list[str]) -> str:
        part = self._ground.pack.mode(possible[0]).schema["properties"][model_value()]
        ids = known_ids(self._ground.catalogue)
        return self._terminal.text(part["title"], lambda text: self._refused(possible, text), suggestions=ids)

    def _refused(self, possible: Iterable[str], model_id: str) -> str:
        """Return why none of the modes accepts that id; empty if one does."""
        reason = ""
        for name in possible:
            mode = self._ground.pack.mode(name)
            name_of_model = model_value(mode)
            question = question_of((name_of_model,), mode.schema["properties"][name_of_model])
            errors = refused(Draft(self._ground, mode), question)(hub_id(model_id) or None)
            if not errors:
                return ""
            reason = reason or words(errors[0], question)
        return reason

    def _known(self, model_id: str) -> About:
        """Return the facts of the model, from the catalogue or the user."""
        model = about(model_id, self._ground.catalogue, self._start.engines, self._start.gated)
        if model.figures is None and self._ask_hub(model_id):
            model = about(model_id, self._ground.catalogue, self._start.engines, self._start.gated)
        if model.engines:
            return model
        part = model_schema()["engines"]
        self._terminal.say(part["description"], dim=True)
        picked = self._terminal.choose_any(part["title"], [Option(name, name) for name in engines()])
        return model._replace(engines=tuple(picked))

    def _ask_hub(self, model_id: str) -> bool:
        """Offer to ask the Hub about a model that no catalogue has; return whether that made it known."""
        if not hub.is_available():
            return False
        self._terminal.say(
            f"{model_id} is not in any catalogue. The Hugging Face Hub has its figures.", dim=True
        )
        if not self._terminal.confirm("Ask the Hub now? This uses the network.", False):
            return False
        from kaito_pack.hub.asking import asked

        model, remarks = asked(model_id)
        self._terminal.say(*remarks)
        if model is None:
            return False
        self._ground = replace(self._ground, catalogue=self._ground.catalogue.with_model(model))
        self._terminal.say("To keep these figures for later checks, run:")
        self._terminal.show(f"kaito-pack models add {model.model_id}")
        return True

    def _mode(self, message: str, names: Iterable[str], with_hub: bool = False) -> str:
        modes = [self._ground.pack.mode(name) for name in names]
        options = [Option(mode.name, mode.facts["title"], mode.facts["description"]) for mode in modes]
        hub = [Option(HUB, "A model of the Hugging Face Hub", "by its ID")] if with_hub else []
        name: str = self._terminal.choose(message, [*hub, *options])
        return name

    def _drafted(self, name: str, model: About, model_id: str | None = None) -> Draft:
        mode = self._ground.pack.mode(name)
        self._terminal.say(mode.facts.get("notice", ""))
        draft = replace(self._start.draft(self._ground, mode), known=model)
        if model_id is None or model_id == self._start.model_id:
            return draft
        return draft.answered((model_value(mode),), None if has_files_elsewhere(mode, model) else model_id)


def engines() -> list[str]:
    """Return the engines that a catalogue can name."""
    names: list[str] = model_schema()["engines"]["items"]["enum"]
    return names
