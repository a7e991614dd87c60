"""What a cluster would say of the answers: the same pipeline that renders files, over the file to be."""

from __future__ import annotations

from collections.abc import Sequence

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem, ProblemsError
from kaito_pack.documents import read_text
from kaito_pack.run.judgement import Judgement
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import Source


def judged(text: str, pipeline: Pipeline, file: str = "values.yaml") -> Judgement:
    """Return the manifests of a values text, or what is wrong with it, with places in the text."""
    try:
        source = Source(file, read_text(text, file))
    except ProblemsError as error:
        source = Source(file, problems=error.problems)
    (outcome,) = pipeline.judge([source])
    return outcome


def problems_at(problems: Sequence[Problem], path: FieldPath) -> list[Problem]:
    """Return those that belong to the value at `path`, or to a part of it."""
    return [problem for problem in problems if problem.path[: len(path)] == path]
