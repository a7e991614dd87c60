"""Problems of one answer, while it is typed: what the schema and the whole pipeline say of the draft."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.documents import Document
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.form.draft import Draft
from kaito_pack.form.questions import Question
from kaito_pack.run.judgement import Judgement
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import Source
from kaito_pack.values.layers import Layer


def outcome_of(draft: Draft, above: Sequence[Layer] = ()) -> Judgement:
    """Return the result of the pipeline that renders files for the draft, with `above` laid over it.

    Without advice: who fills in a form has asked for none.
    """
    ground = draft.ground
    pipeline = Pipeline(ground.pack, ground.target, ground.below, above, with_advice=False)
    source = Source(draft.file or "", [Document(draft.file or "", 1, draft.document())])
    (outcome,) = pipeline.judge([source])
    return outcome


def problems_of(draft: Draft) -> list[Problem]:
    """Return all that is wrong with the draft; with a name by default if it has none yet."""
    return outcome_of(draft.named()).problems


@rule("values/missing", on="shared")
def refused(draft: Draft, question: Question) -> Callable[[object], list[Problem]]:
    """Return a function that reports which errors an answer to `question` would bring.

    An error that is there without the answer, such as that no node is known to have GPUs, is not its fault;
    but that a value is missing is the fault of whoever gives none.
    """
    before = {
        reported.rule
        for reported in problems_of(draft.answered(question.path, None))
        if reported.layer != "values"
    }

    def of_answer(value: object) -> list[Problem]:
        if value is None and question.is_required and question.default is None:
            return [problem("values/missing", question.path, field=question.name, fix="Give one")]
        problems = problems_of(draft.answered(question.path, value))
        return [
            reported
            for reported in problems
            if reported.is_error and belongs(reported, question) and reported.rule not in before
        ]

    return of_answer


def in_words_of_form(problem: Problem, question: Question) -> Problem:
    """Return a problem in the words of a form: who types entries of a map knows nothing of YAML."""
    if question.kind != "map" or not isinstance(question.value, str):
        return problem
    parts = question.value.replace(",", "\n").splitlines()
    bare = next((part.strip() for part in parts if part.strip() and "=" not in part), question.value)
    return problem._replace(message=f"{shown(bare)} has no `=`", fix="Write key=value")


def belongs(problem: Problem, question: Question) -> bool:
    """Return whether a question is the one to answer because of a problem.

    What is missing is reported at its place in the manifest, whose last step is the name of the value.
    """
    if problem.path[: len(question.path)] == question.path:
        return True
    steps = [step for step in problem.path if isinstance(step, str)]
    if steps[-1:] == ["name"] and steps[0] != "metadata":
        steps.pop()  # the name of what the step above is about, such as a preset, not of the deployment
    return steps[-1:] == [question.path[-1]]


def question_for(problem: Problem, asked: Iterable[Question]) -> Question | None:
    """Return the question to ask again because of a problem; None if no question can help."""
    return next((question for question in asked if belongs(problem, question)), None)
