"""Validates any file: values, manifests, the pack's own files; one entry per object.

`verdict` is about the document itself: "refused" if the API server or KAITO's webhook would reject it. What
fails later is an error of an accepted document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kaito_pack.base.problems import ProblemsError
from kaito_pack.base.records import Slotted
from kaito_pack.facts.mutes import Mute, unused
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.run.judgement import Entry, Judgement
from kaito_pack.run.objects import opened
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import Source
from kaito_pack.run.versions import judge_for
from kaito_pack.values.layers import Layer


class Report(Slotted):
    """All entries of a run for one target."""

    __slots__ = ("entries", "used_mutes")

    def __init__(self, entries: list[Entry] | None = None, used_mutes: set[Mute] | None = None) -> None:
        self.entries = [] if entries is None else entries
        self.used_mutes = set() if used_mutes is None else used_mutes


class Validator:
    """A judge of files of any kind for one target."""

    def __init__(
        self, pack: Pack, target: Target, below: Sequence[Layer] = (), above: Sequence[Layer] = ()
    ) -> None:
        self._pipeline = Pipeline(pack, target, below, above)

    def run(self, sources: Sequence[Source], old: Sequence[Source] = ()) -> Report:
        """Return the verdicts on all documents of `sources`; `old` has the stored objects.

        Raises ProblemsError if a file of `old` is invalid.
        """
        (report,) = self.run_for([self._pipeline.target], sources, old)
        return report

    def run_for(
        self,
        targets: Sequence[Target],
        sources: Sequence[Source],
        old: Sequence[Source] = (),
        progress: Callable[[], None] = lambda: None,
    ) -> list[Report]:
        """Return a report for each target; values are rendered once for all of them.

        `progress` is called for each document, after rendering and after the check for each target.
        """
        self._pipeline.progress = progress
        documents = self._pipeline.opened([part for source in sources for part in opened(source)])
        runs = judge_for(self._pipeline, targets, documents, self._stored(old))
        for judgements in zip(*runs, strict=True):
            _report_unused(judgements)
        return [
            Report(
                [entry for judgement in judgements for entry in judgement.entries()],
                {mute for judgement in judgements for mute in judgement.used_mutes},
            )
            for judgements in runs
        ]

    def _stored(self, old: Sequence[Source]) -> list[Entry]:
        judgements = self._pipeline.opened([part for source in old for part in opened(source)])
        entries = [entry for judgement in judgements for entry in judgement.entries()]
        if broken := [problem for entry in entries for problem in entry.problems if entry.body is None]:
            raise ProblemsError(broken)
        return [entry for entry in entries if entry.body is not None]


def _report_unused(judgements: Sequence[Judgement]) -> None:
    """Add a warning for each mute of values that matched no problem for any target."""
    used = {mute for judgement in judgements for mute in judgement.used_mutes}
    for judgement in judgements:
        if judgement.objects:  # values that cannot be rendered are not checked further
            judgement.own += unused(judgement.mutes, used)


def unused_of_targets(targets: Sequence[Target], reports: Sequence[Report]) -> list[Entry]:
    """Return an entry for each target or fleet file with mutes that matched no problem in any report."""
    used = {mute for report in reports for mute in report.used_mutes}
    files: dict[str, Entry] = {}
    for mute in dict.fromkeys(mute for target in targets for mute in target.mutes):
        for warning in unused([mute], used):
            files.setdefault(mute.place.file, Entry(mute.place.file, 1, "Target")).problems.append(warning)
    return list(files.values())
