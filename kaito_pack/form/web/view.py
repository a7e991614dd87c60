"""All that the page shows of a state, as plain JSON: nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack import checks, json_schema
from kaito_pack.documents import Document, read_text
from kaito_pack.form import answers
from kaito_pack.form.judging import judged
from kaito_pack.form.model_choice import About, takes_model
from kaito_pack.form.questions import MODE, Question, meaning
from kaito_pack.form.web import choosing, figures
from kaito_pack.form.web.cluster import Chosen, chosen
from kaito_pack.form.web.fields import field, start_fields
from kaito_pack.form.web.opening import opened
from kaito_pack.form.web.state import State
from kaito_pack.form.web.telling import MISSING, Teller
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.pack import Pack
from kaito_pack.pipeline import Outcome, Pipeline
from kaito_pack.problems import Problem, ProblemsError
from kaito_pack.rendering import as_yaml
from kaito_pack.rules import problem
from kaito_pack.target import Target

FILE = "values.yaml"
TOKEN = "values/literal-token"  # a secret that must not stay in the browser's history
NOTHING: Mapping[str, Any] = {
    "questions": [],
    "notice": "",
    "parallel": None,
    "memory": None,
    "file": FILE,
    "isShareable": True,
    "values": "",
    "manifest": "",
}


class Views:
    """Makes views of states for one pack; `base` is the target where a state says nothing else."""

    def __init__(self, pack: Pack, base: Target) -> None:
        self.pack, self.base = pack, base
        self.pipeline = Pipeline(pack, base)

    @property
    def catalogue(self) -> Catalogue:
        """The models that are known."""
        return checks.catalogue(self.base.catalogues)

    def opened(self, text: str, file: str = FILE) -> State:
        """The state of a values file; ProblemsError where the page cannot open it."""
        return opened(text, file, self.pack, self.catalogue, self.pipeline)

    def view(self, state: State) -> dict[str, Any]:
        """Everything that the page shows of `state`."""
        cluster = chosen(state.target, self.base, self.pack)
        of = choosing.model_of(state, self.catalogue)
        modes = choosing.offered(state, of, self.pack)
        name = choosing.mode_of(state, modes, of)
        asked = None
        if name is not None:
            mode = self.pack.mode(name)
            asked = choosing.asked(state, mode, of, self.pack, cluster.target, self.catalogue)
        return {
            "head": self._head(),
            "modes": [self._mode(one) for one in modes],
            "mode": name,
            "start": start_fields(state, of, asked.model if asked else None, self.catalogue),
            "model": figures.model_facts(of),
            "target": [field(one) for one in cluster.questions],
            **(self._judged(asked, of, cluster) if asked else _without_mode(cluster)),
        }

    def _judged(self, asked: choosing.Asked, of: About, cluster: Chosen) -> dict[str, Any]:
        """The values that the answers come to, and what a cluster would say of them."""
        text = answers.values_text(asked.mode, asked.values)
        self.pipeline.target = cluster.target
        outcome = judged(text, self.pipeline, FILE)
        problems = [*cluster.problems, *outcome.problems, *_unanswered(asked.questions, outcome)]
        is_good = not any(one.is_error for one in problems)
        manifest = as_yaml(outcome.manifests) if is_good else ""
        questions = {f"answers/{one.name}": one for one in asked.questions}
        questions |= {"start/modelId": asked.model} if asked.model else {}
        serving = figures.serving_of(asked.mode, asked.values, outcome)
        return {
            "questions": [field(one) for one in asked.questions],
            "notice": asked.mode.facts.get("notice", ""),
            "problems": Teller(questions | _target(cluster), _document(text), manifest).rows(problems),
            "parallel": figures.parallel(serving, of),
            "memory": figures.memory(serving, asked.values.get("instanceType"), of, cluster.target),
            "file": f"{outcome.values.filled['name']}.yaml" if outcome.values else FILE,
            "isShareable": not any(one.rule == TOKEN for one in problems),
            "values": text,
            "manifest": manifest,
        }

    def _head(self) -> dict[str, str]:
        """What the values schemas say to everybody: what deploys the model, and what it is served for."""
        common = json_schema.resolve("values/common.schema.json", self.pack.schema_folders)["properties"]
        provider = common["provider"]
        return {"provider": meaning(provider, provider["enum"][0]), "source": common[MODE]["description"]}

    def _mode(self, name: str) -> dict[str, Any]:
        facts = self.pack.mode(name).facts
        return {
            "name": name,
            "title": facts["title"],
            "description": facts["description"],
            "takesModel": takes_model(self.pack, name),
        }


def _without_mode(cluster: Chosen) -> dict[str, Any]:
    return {**NOTHING, "problems": Teller(_target(cluster), None).rows(cluster.problems)}


def _target(cluster: Chosen) -> dict[str, Question]:
    return {f"target/{one.name}": one for one in cluster.questions}


def _unanswered(questions: list[Question], outcome: Outcome) -> Iterator[Problem]:
    """What the form requires although a file may leave it out: a gated model's token."""
    told = {one.path for one in outcome.problems}
    for one in questions:
        if one.is_required and one.answer is None and one.path not in told:
            yield problem(MISSING, one.path, fix="")


def _document(text: str) -> Document | None:
    try:
        return read_text(text, FILE)[0]
    except ProblemsError:
        return None
