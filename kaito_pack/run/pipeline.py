"""The main job for any number of files: read or render, compare, check, and locate each problem."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kaito_pack.base.display import few_guesses
from kaito_pack.base.masking import masked
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem, ProblemsError, shorten
from kaito_pack.base.trees import Manifest, text
from kaito_pack.documents import Document
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.pack import Pack
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.run import judging, processes
from kaito_pack.run.ignoring import ignore_rules
from kaito_pack.run.judgement import Entry, Judgement, entry_of, shorten_files
from kaito_pack.run.sources import Named, Source, fruitless, read_sources
from kaito_pack.run.tally import Footprint, Tally, footprint_of
from kaito_pack.run.twins import report_twins
from kaito_pack.values import checking
from kaito_pack.values.checking import Values
from kaito_pack.values.layers import Layer
from kaito_pack.values.meanings import decisive_path, is_extended
from kaito_pack.values.wrapping import refuse_manifest, unwrapped
from kaito_pack.workspace.inference_sets import is_inference_set, workspace_of
from kaito_pack.workspace.workloads import differs, workloads

Keep = Callable[[Sequence[RenderedManifest]], Any]  # returns what to keep of a values file's manifests
Verdicts = list[tuple[list[Problem], bool]]  # for the document, then for each object: problems, is it known?


class Pipeline:
    """Renders and checks for one target; `below` and `above` are layers under and over each values file.

    `with_advice` False omits advice from the problems, for commands that do not report it.
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
        self.renderer = Renderer(pack, target.kaito)
        self.progress: Callable[[], None] = lambda: None  # called twice per document: rendered, checked

    def run(self, files: Sequence[str]) -> list[Judgement]:
        """Judge values files: one judgement per file, in the given order."""
        return self.judge(read_sources(files))

    def judge(self, parts: Sequence[Source | Judgement], stored: Sequence[Entry] = ()) -> list[Judgement]:
        """Judge values that are already read and documents of objects, all in the context of each other.

        Values that claim the same Workspace are errors. `stored` are the objects that others would update.
        """
        return self._together(parts, stored)[0]

    def judge_apart(
        self, files: Sequence[Named], keep: Keep, each: Callable[[], None] = lambda: None
    ) -> list[Judgement]:
        """Judge values files, and keep only the result of `keep` for the valid ones, as `content`.

        Each file is checked separately. The files are read again and judged together only if they depend on
        each other: the same Workspace twice, a ConfigMap in another file. `each` is called after each file,
        in any process. pickle must support the result of `keep`.
        """

        def alone(file: Named) -> tuple[Judgement | None, Footprint]:
            judgement, footprint = self._alone(file, keep)
            each()
            return judgement, footprint

        tally, judgements = Tally(), []
        for judgement, footprint in processes.mapped(alone, files):
            tally.add(footprint)
            judgements += [judgement] if judgement is not None else []
        if tally.is_entangled:
            sources = [source for file in files if (source := file.read()) is not None]
            judgements = [_lean(judgement, keep) for judgement in self.judge(sources)]
        unread = fruitless(files, judgements)
        return judgements + [Judgement(folder, unread=reason) for folder, reason in unread]

    def _alone(self, file: Named, keep: Keep) -> tuple[Judgement | None, Footprint]:
        source = file.read()
        if source is None:
            return None, Footprint()
        (judgement,), around = self._together([source])
        footprint = footprint_of(judgement.manifests, around)
        return _lean(judgement, keep), footprint

    def _together(
        self, parts: Sequence[Source | Judgement], stored: Sequence[Entry] = ()
    ) -> tuple[list[Judgement], Surroundings]:
        judgements = self.opened(parts)
        report_twins(judgements)
        entries = [entry for judgement in judgements for entry in judgement.objects]
        around = surroundings(self.target, [entry.body for entry in entries if entry.body is not None])

        def verdicts(judgement: Judgement) -> Verdicts:
            return self.verdicts(judgement, around, stored)

        for judgement, answers in zip(judgements, processes.mapped(verdicts, judgements), strict=True):
            take(judgement, answers, self.target)
        shorten_files(judgements)
        return judgements, around

    @few_guesses()
    def verdicts(self, judgement: Judgement, around: Surroundings, stored: Sequence[Entry]) -> Verdicts:
        """Return the verdicts on a document and each of its objects, for `take`."""
        self.progress()
        return list(self._verdicts(judgement, around, stored))

    def opened(self, parts: Sequence[Source | Judgement]) -> list[Judgement]:
        """Return an unchecked judgement of each part, with values rendered."""
        sources = [part for part in parts if isinstance(part, Source)]
        rendered = iter(list(processes.mapped(self.rendered, sources, _sent, self._received)))
        return [next(rendered) if isinstance(part, Source) else part for part in parts]

    @few_guesses()
    def aim(self, target: Target, judgements: Sequence[Judgement]) -> list[Judgement]:
        """Return unchecked copies of judgements for another target, and make it the pipeline's target.

        Values are rendered again only if the target's KAITO has their object in another API version.
        """
        before, self.target = self.target.kaito, target
        copies = [judgement.unchecked() for judgement in judgements]
        for copy in copies:
            kind = text(copy.manifests[0].body.get("kind")) if copy.values and copy.objects else ""
            if copy.values and kind in workloads() and differs(kind, before, target.kaito):
                copy.objects = _objects(self._manifests(copy.values), copy)
        return copies

    @rule("values/several-documents", on="shared")
    def rendered(self, source: Source) -> Judgement:
        """Return the manifests of one values file, unchecked, or the reason why it has none."""
        self.progress()
        judgement = Judgement(source.file, own=list(source.problems), unread=source.unread)
        if source.problems or source.unread:
            return judgement
        documents = source.documents
        judgement.number = documents[0].number
        try:
            refuse_manifest(documents[0])
            if len(documents) > 1:
                raise ProblemsError([problem("values/several-documents", (), documents[1].place(()))])
            judgement.values = checking.check(self._layers(source), self.pack)
            judgement.objects = _objects(self._manifests(judgement.values), judgement)
        except ProblemsError as error:
            judgement.own = error.problems
        return judgement

    def _manifests(self, values: Values) -> list[RenderedManifest]:
        self.renderer.kaito = self.target.kaito
        return self.renderer.render(values)

    def _layers(self, source: Source) -> list[Layer]:
        return [*self._below, Layer(unwrapped(source.documents[0])), *self._above]

    def _received(self, source: Source, sent: Sent) -> Judgement:
        """Return the judgement that another process made of `source`."""
        mode, given, filled, manifests = sent
        values = Values(self.pack.mode(mode), self._layers(source), given, filled)
        judgement = Judgement(source.file, source.documents[0].number, values=values)
        rendered = [
            RenderedManifest(template, text, Document("", 1, body), origins)
            for template, text, body, origins in manifests
        ]
        judgement.objects = _objects(rendered, judgement)
        return judgement

    def _verdicts(
        self, judgement: Judgement, around: Surroundings, stored: Sequence[Entry]
    ) -> Iterator[tuple[list[Problem], bool]]:
        """Yield the problems of a document, then of each of its objects."""
        values = judgement.values
        yield (self._model_problems(values, judgement, around) if values is not None else []), True
        for entry in judgement.objects:
            seen = _with_stored(around, entry, stored) if stored else around
            if entry.manifest is not None and values is not None:
                yield self._of_rendered(values, entry.manifest, entry is judgement.objects[0], seen), True
            elif entry.body is not None and judgement.written is not None:
                from kaito_pack.run import objects

                yield objects.check(entry, judgement.written, seen, self.pack)
            else:
                yield [], True

    def _of_rendered(
        self, values: Values, manifest: RenderedManifest, is_first: bool, around: Surroundings
    ) -> list[Problem]:
        """Return the problems of one rendered manifest, each at the values line that caused it."""
        is_changed = is_first and is_extended(values.filled, values.mode.facts)
        problems = judging.check(manifest.body, around, with_model=is_changed, is_rendered=True) or []
        if is_changed:
            from kaito_pack.rendering.links import check_links

            links = masked(check_links(values, manifest), values.filled, manifest.body)
            # A broken link names the values to set, so the engine's report on the same field is not needed.
            broken = {link.path for link in links}
            problems = [
                each for each in problems if each.layer not in ("model", "advice") or each.path not in broken
            ]
            problems += links
        if not self.with_advice:
            problems = [each for each in problems if each.layer != "advice"]
        if not problems:
            return []
        shorten([problems])  # before their values are located
        from kaito_pack.rendering.locating import Locator

        def locator_of() -> Locator:
            return Locator(values, manifest, self.renderer)

        locator = around.shared.once("locator", manifest, locator_of) if around.shared else locator_of()
        return [each if each.place else locator.located(each) for each in problems]

    def _model_problems(self, values: Values, judgement: Judgement, around: Surroundings) -> list[Problem]:
        """Return the problems that the mode's engine would report for the model, with paths in the values."""
        if not judgement.objects:
            return []
        workspace = workspace_of(judgement.manifests[0].body)
        given, facts = values.given, values.mode.facts

        def problems() -> Iterator[Problem]:
            target, filled = around.target, values.filled
            yield from judging.check_model_of_values(filled, facts, workspace, target, self.with_advice)

        every = masked(around.problems("values", workspace, problems), values.filled)
        return [each.located(values.place(decisive_path(each.path, given, facts))) for each in every]


def take(judgement: Judgement, verdicts: Verdicts, target: Target) -> None:
    """Add the verdicts on a document to its judgement, and mark those of ignored rules."""
    judgement.own += verdicts[0][0]
    for entry, (problems, is_known) in zip(judgement.objects, verdicts[1:], strict=True):
        entry.problems += problems
        entry.is_known = is_known
    ignore_rules(judgement, target)


def _objects(manifests: Sequence[RenderedManifest], judgement: Judgement) -> list[Entry]:
    return [
        entry_of(manifest.body, judgement.file, judgement.number, manifest=manifest) for manifest in manifests
    ]


def _lean(judgement: Judgement, keep: Keep) -> Judgement:
    if judgement.is_good and judgement.objects:
        judgement.content = keep(judgement.manifests)
    judgement.own, judgement.objects, judgement.values = judgement.problems, [], None
    return judgement


# Plain data that a process sends for valid values: mode, values given and filled, manifests.
Sent = tuple[
    str, Mapping[str, Any], Mapping[str, Any], list[tuple[str, str, Any, dict[FieldPath, FieldPath]]]
]


def _sent(judgement: Judgement) -> Sent | None:
    """Return what is sent of a judgement; None if it has problems, so that the parent judges again."""
    values = judgement.values
    if values is None or judgement.own:
        return None
    manifests = [(each.template, each.text, each.body, dict(each.origins)) for each in judgement.manifests]
    return values.mode.name, values.given, values.filled, manifests


def surroundings(target: Target, bodies: Sequence[Manifest]) -> Surroundings:
    """Return the surroundings in which each of `bodies`, the manifests of one run, is checked."""
    return Surroundings(
        target,
        config_maps=[body for body in bodies if body.get("kind") == "ConfigMap"],
        workspaces=[workspace_of(body) for body in bodies if is_workspace(body) or is_inference_set(body)],
        services=[body for body in bodies if body.get("kind") == "Service"],
        claims=[body for body in bodies if body.get("kind") == "PersistentVolumeClaim"],
        scalers=[body for body in bodies if body.get("kind") == "ScaledObject"],
    )


def _with_stored(around: Surroundings, entry: Entry, stored: Sequence[Entry]) -> Surroundings:
    """Return the surroundings with the stored object that `entry` would update, if it exists."""
    for other in stored:
        is_same = (other.kind, other.name) == (entry.kind, entry.name)
        # If one of them has no namespace, kubectl adds one: assume that of the other.
        if is_same and (other.namespace == entry.namespace or not (other.namespace and entry.namespace)):
            return around.with_old(other.body)
    return around
