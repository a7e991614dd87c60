"""The main job: values files in, proven manifests out, with every problem of every file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem, ProblemsError
from kaito_pack.base.trees import Manifest
from kaito_pack.documents import Document
from kaito_pack.facts.rules import problem
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.pack import Pack
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.run import judging as checks
from kaito_pack.run import processes as fanout
from kaito_pack.run.sources import Named, Source, fruitless, read_sources
from kaito_pack.run.tally import Footprint, Tally, footprint_of
from kaito_pack.values import checking
from kaito_pack.values.checking import Values
from kaito_pack.values.layers import Layer
from kaito_pack.values.wrapping import unwrapped


@dataclass(slots=True)
class Outcome:
    """What became of one values file: its manifests, or why there are none.

    `unread` is the reason why the file could not be judged at all.
    """

    file: str
    values: Values | None = None
    manifests: Sequence[RenderedManifest] = ()
    problems: list[Problem] = field(default_factory=list)
    unread: str | None = None
    kept: Any = None

    @property
    def is_good(self) -> bool:
        """Whether the manifests may be printed."""
        return self.unread is None and not any(found.is_error for found in self.problems)


Keep = Callable[[Sequence[RenderedManifest]], Any]  # what is to stay of the manifests of one values file


class Pipeline:
    """Renders and checks values for one target; `below` and `above` are layers under and over each file.

    `with_advice` False leaves advice out of the problems, for commands that do not tell it: finding the
    values line behind a problem renders again and again, a piece of advice costs 1 to 10 ms.
    """

    def __init__(
        self,
        pack: Pack,
        target: Target,
        below: Sequence[Layer] = (),
        above: Sequence[Layer] = (),
        with_advice: bool = True,
    ) -> None:
        self.pack, self.target, self.with_advice = pack, target, with_advice
        self._below, self._above = below, above
        self.renderer = Renderer(pack)

    def run(self, files: Sequence[str]) -> list[Outcome]:
        """One outcome a file, in the order given; files that claim one Workspace are told of each other."""
        return self.run_sources(read_sources(files))

    def run_sources(self, sources: Sequence[Source]) -> list[Outcome]:
        """The same for files that were read already."""
        outcomes = list(fanout.mapped(self.rendered, sources, sent, self._received))
        tell_of_twins(outcomes)
        around = surroundings(self.target, [one.body for outcome in outcomes for one in outcome.manifests])

        def problems(outcome: Outcome) -> list[Problem]:
            return self._problems(outcome, around)

        for outcome, found in zip(outcomes, fanout.mapped(problems, outcomes), strict=True):
            outcome.problems += found
        return outcomes

    def run_lean(
        self, files: Sequence[Named], keep: Keep, each: Callable[[], None] = lambda: None
    ) -> list[Outcome]:
        """The same verdicts, but of good files `keep` alone says what stays in memory, as `Outcome.kept`.

        Each file is judged by itself. They are read again, and judged together, only where they have to do
        with each other: one Workspace twice, a ConfigMap in another file. `each` is called after a file,
        in whichever process. What `keep` gives must be such that pickle takes it.
        """

        def one(file: Named) -> tuple[Outcome | None, Footprint]:
            outcome, footprint = self._alone(file, keep)
            each()
            return outcome, footprint

        tally, outcomes = Tally(), []
        for outcome, footprint in fanout.mapped(one, files):
            tally.add(footprint)
            outcomes += [outcome] if outcome is not None else []
        if tally.is_entangled:
            outcomes = self.run_sources([source for file in files if (source := file.read()) is not None])
            outcomes = [_lean(outcome, keep) for outcome in outcomes]
        return outcomes + [Outcome(folder, unread=reason) for folder, reason in fruitless(files, outcomes)]

    def _alone(self, file: Named, keep: Keep) -> tuple[Outcome | None, Footprint]:
        source = file.read()
        if source is None:
            return None, Footprint()
        outcome = self.rendered(source)
        around = surroundings(self.target, [one.body for one in outcome.manifests])
        outcome.problems += self._problems(outcome, around)
        footprint = footprint_of(outcome.manifests, around)
        return _lean(outcome, keep), footprint

    def _problems(self, outcome: Outcome, around: Surroundings) -> list[Problem]:
        checked = (self.checked(outcome, manifest, around) for manifest in outcome.manifests)
        return self.model_problems(outcome) + [found for of_one in checked for found in of_one]

    def rendered(self, source: Source) -> Outcome:
        """The manifests of one values file, unchecked; or why it has none."""
        outcome = Outcome(source.file, problems=list(source.problems), unread=source.unread)
        if source.problems or source.unread:
            return outcome
        documents = source.documents
        try:
            if len(documents) > 1:
                raise ProblemsError([problem("values/several-documents", (), documents[1].place(()))])
            outcome.values = checking.check(self._layers(source), self.pack)
            outcome.manifests = self.renderer.render(outcome.values)
        except ProblemsError as error:
            outcome.problems = error.problems
        return outcome

    def _layers(self, source: Source) -> list[Layer]:
        return [*self._below, Layer(unwrapped(source.documents[0])), *self._above]

    def _received(self, source: Source, found: Sent) -> Outcome:
        """The outcome that another process made of `source`."""
        mode, given, filled, manifests = found
        made = [
            RenderedManifest(template, text, Document("", 1, body), origins)
            for template, text, body, origins in manifests
        ]
        return Outcome(source.file, Values(self.pack.mode(mode), self._layers(source), given, filled), made)

    def checked(self, outcome: Outcome, manifest: RenderedManifest, around: Surroundings) -> list[Problem]:
        """The problems of one rendered manifest, told in terms of the values line that caused each."""
        of = outcome.values
        if of is None:
            return []
        is_extended = manifest is outcome.manifests[0] and checks.is_extended(of.filled)
        found = checks.check(manifest.body, around, with_model=is_extended, is_rendered=True) or []
        if is_extended:
            from kaito_pack.rendering.links import check_links  # only additions can have broken one

            links = list(check_links(of, manifest))
            # A broken link names the values to set, so the engine need not report the same field.
            broken = {link.path for link in links}
            found = [one for one in found if one.layer not in ("model", "advice") or one.path not in broken]
            found += links
        if not self.with_advice:
            found = [one for one in found if one.layer != "advice"]
        if not found:
            return []
        from kaito_pack.rendering.trace import told_of_values  # only where there is something to tell

        return [one if one.place else told_of_values(one, of, manifest, self.renderer) for one in found]

    def model_problems(self, outcome: Outcome) -> list[Problem]:
        """What the mode's engine would say of the model, with paths in the values."""
        of = outcome.values
        if of is None or not outcome.manifests:
            return []
        found = checks.check_model_of_values(
            of.filled, of.mode.facts, outcome.manifests[0].body, self.target, self.with_advice
        )
        return [one.at(of.place(one.path)) for one in found]


def _lean(outcome: Outcome, keep: Keep) -> Outcome:
    if outcome.is_good and outcome.manifests:
        outcome.kept = keep(outcome.manifests)
    outcome.manifests, outcome.values = (), None
    return outcome


# What another process sends of a good outcome, in plain data: mode, values given and filled, manifests.
Sent = tuple[
    str, Mapping[str, Any], Mapping[str, Any], list[tuple[str, str, Any, dict[FieldPath, FieldPath]]]
]


def sent(outcome: Outcome) -> Sent | None:
    """What is sent of an outcome; None where something is wrong, and it is made once more instead."""
    of = outcome.values
    if of is None or outcome.problems:
        return None
    manifests = [(one.template, one.text, one.body, dict(one.origins)) for one in outcome.manifests]
    return of.mode.name, of.given, of.filled, manifests


def surroundings(target: Target, bodies: Sequence[Manifest]) -> Surroundings:
    """What each of `bodies`, the manifests of one run, is judged in."""
    return Surroundings(
        target,
        config_maps=[body for body in bodies if body.get("kind") == "ConfigMap"],
        workspaces=[body for body in bodies if is_workspace(body)],
        services=[body for body in bodies if body.get("kind") == "Service"],
    )


def tell_of_twins(outcomes: Sequence[Outcome]) -> None:
    """Two files that would give the same Workspace, the later overwriting the earlier, are an error."""
    first: dict[tuple[str, str], Outcome] = {}
    for outcome in outcomes:
        if outcome.values is None or not outcome.manifests:
            continue
        metadata: Mapping[str, str] = outcome.manifests[0].body["metadata"]
        twin = first.setdefault((metadata["namespace"], metadata["name"]), outcome)
        if twin.values is not None and twin is not outcome:
            outcome.problems.append(_same_workspace(outcome.values, twin.values, metadata))
            twin.problems.append(_same_workspace(twin.values, outcome.values, metadata))


def _same_workspace(of: Values, other: Values, metadata: Mapping[str, str]) -> Problem:
    path: FieldPath = ("name",)
    facts = {"namespace": metadata["namespace"], "name": metadata["name"]}
    return problem("values/same-workspace", path, of.place(path), other=str(other.place(path)), **facts)
