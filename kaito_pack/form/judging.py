"""Validates the answers as a cluster would, with the pipeline that also renders values files."""

from __future__ import annotations

from kaito_pack.base.problems import ProblemsError
from kaito_pack.documents import read_text
from kaito_pack.run.judgement import Judgement
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import Source


def judged(text: str, pipeline: Pipeline, file: str = "values.yaml") -> Judgement:
    """Return the manifests of a values text, or its problems with their places in the text."""
    try:
        source = Source(file, read_text(text, file))
    except ProblemsError as error:
        source = Source(file, problems=error.problems)
    (outcome,) = pipeline.judge([source])
    return outcome
