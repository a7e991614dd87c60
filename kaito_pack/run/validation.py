"""The verdict on any file: values, manifests, the pack's own files; one entry an object.

`verdict` is about the document itself: refused exactly if the API server or KAITO's webhook would
reject it. What breaks later is an error of an accepted document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kaito_pack.base.problems import ProblemsError
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.run.judgement import Entry
from kaito_pack.run.objects import opened
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import Source
from kaito_pack.values.layers import Layer


@dataclass(slots=True)
class Report:
    """All entries of a run for one target."""

    entries: list[Entry] = field(default_factory=list)


class Validator:
    """Judges files of any kind for one target."""

    def __init__(
        self, pack: Pack, target: Target, below: Sequence[Layer] = (), above: Sequence[Layer] = ()
    ) -> None:
        self._pipeline = Pipeline(pack, target, below, above)

    def run(self, sources: Sequence[Source], old: Sequence[Source] = ()) -> Report:
        """Return the verdicts on all documents of `sources`; `old` holds what is stored now.

        Raises ProblemsError if a file of `old` cannot be understood.
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
        """Return the report for each of several targets; values are rendered once for all of them.

        `progress` is called for each document, when it is rendered and when it is checked for a target.
        """
        self._pipeline.progress = progress
        documents = self._pipeline.opened([part for source in sources for part in opened(source)])
        stored, reports = self._stored(old), []
        for target in targets:
            documents = self._pipeline.aim(target, documents)
            judgements = self._pipeline.judge([document.unchecked() for document in documents], stored)
            reports.append(Report([entry for judgement in judgements for entry in judgement.entries()]))
        return reports

    def _stored(self, old: Sequence[Source]) -> list[Entry]:
        judgements = self._pipeline.opened([part for source in old for part in opened(source)])
        entries = [entry for judgement in judgements for entry in judgement.entries()]
        if broken := [problem for entry in entries for problem in entry.problems if entry.body is None]:
            raise ProblemsError(broken)
        return [entry for entry in entries if entry.body is not None]
