"""Checks an answer while the user types it, with the schema and the whole rendering pipeline."""

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
    """Return the result of the rendering pipeline for the draft, with the layers `above` on top.

    Advice is left out because users of a form have not asked for it.
    """
    ground = draft.ground
    pipeline = Pipeline(ground.pack, ground.target, ground.below, above, with_advice=False)
    source = Source(draft.file or "", [Document(draft.file or "", 1, draft.document())])
    (outcome,) = pipeline.judge([source])
    return outcome


def problems_of(draft: Draft) -> list[Problem]:
    """Return all problems of the draft; if it has no name yet, it gets the default one."""
    return outcome_of(draft.named()).problems


@rule("values/missing", on="shared")
def refused(draft: Draft, question: Question) -> Callable[[object], list[Problem]]:
    """Return a function that returns the errors that an answer to `question` would cause.

    Errors that exist without the answer, such as no node with GPUs, do not count. The exception is a missing
    value, which counts if the answer is empty.
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
    """Return a problem in the words of a form; users who type map entries need not know YAML."""
    if question.kind != "map" or not isinstance(question.value, str):
        return problem
    parts = question.value.replace(",", "\n").splitlines()
    bare = next((part.strip() for part in parts if part.strip() and "=" not in part), question.value)
    return problem._replace(message=f"{shown(bare)} has no `=`", fix="Write key=value")


def belongs(problem: Problem, question: Question) -> bool:
    """Return whether the answer to a question can fix a problem.

    A missing value is reported at its path in the manifest; the last step of the path is the value's name.
    """
    if problem.path[: len(question.path)] == question.path:
        return True
    steps = [step for step in problem.path if isinstance(step, str)]
    if steps[-1:] == ["name"] and steps[0] != "metadata":
        steps.pop()  # the name of the object one step up, such as a preset, not of the deployment
    return steps[-1:] == [question.path[-1]]


def question_for(problem: Problem, asked: Iterable[Question]) -> Question | None:
    """Return the question to ask again to fix a problem; None if no question can fix it."""
    return next((question for question in asked if belongs(problem, question)), None)
