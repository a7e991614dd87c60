"""Everything that the page shows for a state, as plain JSON; no view is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from kaito_pack import hub
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.root import VALUES
from kaito_pack.base.trees import get
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.form import answers
from kaito_pack.form.draft import Ground
from kaito_pack.form.figures import facts_of
from kaito_pack.form.greeting import greeting
from kaito_pack.form.judging import judged
from kaito_pack.form.model_choice import instance_type_of, is_model_id, takes_model
from kaito_pack.form.questions import Question
from kaito_pack.form.web import choosing, figures
from kaito_pack.form.web.choosing import Asked
from kaito_pack.form.web.cluster import Chosen, chosen
from kaito_pack.form.web.fields import field, start_fields
from kaito_pack.form.web.opening import opened
from kaito_pack.form.web.state import State
from kaito_pack.form.web.telling import MISSING, Teller
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.rendering.manifests import as_yaml
from kaito_pack.run import judging as checks
from kaito_pack.run.judgement import Judgement
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.values.layers import Layer

FILE = "values.yaml"
TOKEN = "values/literal-token"  # a secret that must not stay in the browser's history
NOTHING: Mapping[str, Any] = {
    "questions": [],
    "notice": "",
    "parallel": None,
    "memory": None,
    "stops": False,
    "file": FILE,
    "isShareable": True,
    "values": "",
    "manifest": "",
}


class Views:
    """A factory of views of states, for one pack.

    `base` is the target unless the state has another one; `below` are the layers under all values.
    """

    def __init__(self, pack: Pack, base: Target, below: Sequence[Layer] = ()) -> None:
        self._ground = Ground(pack, base, checks.catalogue(base.catalogues), below)
        self._pipeline = Pipeline(pack, base, below)

    def opened(self, text: bytes | str, file: str = FILE) -> State:
        """Return the state of a values file; ProblemsError if the page cannot open it."""
        return opened(text, file, self._ground.pack, self._ground.catalogue, self._pipeline)

    @cached_property
    def _examples(self) -> list[dict[str, Any]]:
        """The example of each mode that has one, with the state that it opens as."""
        examples = []
        for name in self._ground.pack.mode_names:
            facts = self._ground.pack.mode(name).facts
            file = VALUES / str(facts.get("example", ""))
            if file.is_file():
                state = self.opened(file.read_bytes(), file.name)
                examples.append({"title": file.stem, "detail": facts["title"], "state": state.as_json()})
        return examples

    def ask_hub(self, model_id: str) -> list[str]:
        """Look a model up on the Hugging Face Hub and remember it; return remarks for the user.

        The page calls it only on the user's request, and only for a model that no catalogue has.
        """
        from kaito_pack.hub.asking import asked

        if not self._can_ask(model_id):
            return ["The Hub cannot be asked about this model."]
        model, remarks = asked(model_id)
        if model is not None:
            self._ground = replace(self._ground, catalogue=self._ground.catalogue.with_model(model))
            remarks = [*remarks, f"To keep these figures, run: kaito-pack models add {model.model_id}"]
        return remarks

    def _can_ask(self, model_id: str) -> bool:
        is_known = self._ground.catalogue.find(model_id) is not None
        return not is_known and is_model_id(model_id) and hub.is_available()

    def view(self, state: State) -> dict[str, Any]:
        """Return the content of the page for `state`."""
        pack, catalogue = self._ground.pack, self._ground.catalogue
        cluster = chosen(state.target, self._ground.target, pack)
        known = choosing.model_of(state, catalogue)
        modes = choosing.offered(state, known, pack)
        name = choosing.mode_of(state, modes, known)
        ground = replace(self._ground, target=cluster.target)
        asked = choosing.asked(state, ground, pack.mode(name), known) if name is not None else None
        is_start = name is None and not state.model_id
        return {
            "head": greeting(pack)._asdict(),
            "examples": self._examples if is_start else [],
            "askable": state.model_id if self._can_ask(state.model_id) else "",
            "modes": [_mode(pack, mode_name) for mode_name in modes],
            "mode": name,
            "start": start_fields(state, known, asked.model if asked else None, catalogue),
            "model": figures.model_facts(known),
            "target": [field(mode_name) for mode_name in cluster.questions],
            **(self._judged(asked, cluster) if asked else _without_mode(cluster)),
        }

    def _judged(self, asked: Asked, cluster: Chosen) -> dict[str, Any]:
        """Return the values of the answers and their validation result."""
        draft = asked.draft
        text = answers.values_text(draft.mode, draft.answers)
        self._pipeline.target = cluster.target
        outcome = judged(text, self._pipeline, FILE)
        reported = [problem for problem in outcome.problems if not _is_asked_for(problem, asked)]
        problems = [*cluster.problems, *reported, *_unanswered(asked, outcome)]
        is_good = not any(question.is_error for question in problems)
        manifest = as_yaml(outcome.manifests) if is_good else ""
        memory = figures.memory(draft)
        questions = {f"answers/{question.name}": question for question in asked.questions}
        questions |= {"start/modelId": asked.model} if asked.model else {}
        return {
            "questions": [
                field(question, facts_of(draft, question.path))
                for question in _with_instance_type(asked.questions, memory, instance_type_of(draft.mode))
            ],
            "notice": draft.mode.facts.get("notice", ""),
            "problems": Teller(questions | _target(cluster), text, FILE, manifest).rows(problems),
            "parallel": figures.parallel(draft, outcome),
            "memory": memory,
            "stops": _stops(memory, problems),
            "file": f"{outcome.values.filled['name']}.yaml" if outcome.values else FILE,
            "isShareable": not any(question.rule == TOKEN for question in problems),
            "values": text,
            "manifest": manifest,
        }


def _stops(memory: Mapping[str, Any] | None, problems: Sequence[Problem]) -> bool:
    """Return whether an accepted manifest will not be served, because of the memory or a warning."""
    is_too_large = memory is not None and memory.get("fits") is False and not memory["isOpen"]
    return is_too_large or any(get_rule(each.rule).stops for each in problems)


def _with_instance_type(
    questions: Sequence[Question], memory: Mapping[str, Any] | None, instance_type: FieldPath
) -> Iterator[Question]:
    """Yield the questions; the instance type is not under Advanced if the memory bar needs it."""
    is_asked_for = memory is not None and memory.get("lacks") == "memory"
    shown = [
        replace(question, is_more=False) if is_asked_for and question.path == instance_type else question
        for question in questions
    ]
    yield from sorted(shown, key=lambda question: question.is_more)


def _mode(pack: Pack, name: str) -> dict[str, Any]:
    facts = pack.mode(name).facts
    return {
        "name": name,
        "title": facts["title"],
        "description": facts["description"],
        "takesModel": takes_model(pack, name),
    }


def _without_mode(cluster: Chosen) -> dict[str, Any]:
    return {**NOTHING, "problems": Teller(_target(cluster), "", FILE).rows(cluster.problems)}


def _target(cluster: Chosen) -> dict[str, Question]:
    return {f"target/{question.name}": question for question in cluster.questions}


def _is_asked_for(problem: Problem, asked: Asked) -> bool:
    """Return whether a value that is missing is a map whose parts are questions without an answer so far."""
    if not problem.path or get(asked.draft.document(), problem.path) is not None:
        return False
    unanswered = (each for each in asked.questions if each.is_required and each.answer is None)
    return any(each.path != problem.path == each.path[: len(problem.path)] for each in unanswered)


def _unanswered(asked: Asked, outcome: Judgement) -> Iterator[Problem]:
    """Yield missing values that only the form requires: the token of a gated model."""
    reported = {question.path for question in outcome.problems}
    below = [layer.document.value for layer in asked.draft.ground.below]
    for question in asked.questions:
        is_there = question.answer is not None or any(
            get(values, question.path) is not None for values in below
        )
        if question.is_required and not is_there and question.path not in reported:
            yield problem(MISSING, question.path, field=question.name, fix="Give one")
