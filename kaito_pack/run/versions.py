"""Judges documents for several targets at once, each document for all targets in turn."""

from __future__ import annotations

from collections.abc import Sequence

from kaito_pack.base.records import NamedTuple
from kaito_pack.kaito.sharing import Shared
from kaito_pack.kaito.target import Surroundings, Target, WatchedTarget, watched
from kaito_pack.run import processes
from kaito_pack.run.judgement import Entry, Judgement, shorten_files
from kaito_pack.run.pipeline import Pipeline, Verdicts, surroundings, take
from kaito_pack.run.twins import report_twins


class TargetRun(NamedTuple):
    """The documents of a run for one target, and the surroundings in which each is checked."""

    target: Target
    judgements: list[Judgement]
    around: Surroundings


def judge_for(
    pipeline: Pipeline, targets: Sequence[Target], documents: Sequence[Judgement], stored: Sequence[Entry]
) -> list[list[Judgement]]:
    """Return the judgements of opened documents for each target.

    If the targets differ only in the KAITO version, and all values render to the same text for each, then
    checks that do not depend on the version run once.
    """
    runs, originals = [], list(documents)
    for target in watched(targets):
        originals = pipeline.aim(target, originals)
        judgements = [document.unchecked() for document in originals]
        report_twins(judgements)
        bodies = [entry.body for judgement in judgements for entry in judgement.objects]
        around = surroundings(target, [body for body in bodies if body is not None])
        runs.append(TargetRun(target, judgements, around))
    is_shared = isinstance(runs[0].target, WatchedTarget) and all(map(_is_same, runs, runs[1:]))

    def verdicts(index: int) -> list[Verdicts]:
        shared, answers = Shared() if is_shared else None, []
        for run in runs:
            pipeline.target, run.around.shared = run.target, shared
            pipeline.renderer.kaito = run.target.kaito
            answers.append(pipeline.verdicts(run.judgements[index], run.around, stored))
        return answers

    for index, answers in enumerate(processes.mapped(verdicts, range(len(documents)))):
        for run, answer in zip(runs, answers, strict=True):
            take(run.judgements[index], answer, run.target)
    for run in runs:
        shorten_files(run.judgements)
    return [run.judgements for run in runs]


def _is_same(run: TargetRun, other: TargetRun) -> bool:
    """Return whether two runs judge the same objects."""
    return all(
        left.body is right.body
        for judgement, twin in zip(run.judgements, other.judgements, strict=True)
        for left, right in zip(judgement.objects, twin.objects, strict=True)
    )
