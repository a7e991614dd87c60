"""The main job: values files in, proven manifests out, with every problem of every file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kaito_pack import checks, layers, values
from kaito_pack.documents import Document, read_file
from kaito_pack.layers import Layer
from kaito_pack.pack import Pack
from kaito_pack.problems import Problem, ProblemsError, UsageError
from kaito_pack.rendering import Manifest, Renderer
from kaito_pack.rules import problem
from kaito_pack.target import Surroundings, Target
from kaito_pack.values import Values


@dataclass(slots=True)
class Outcome:
    """What became of one values file: its manifests, or why there are none.

    `unread` is the reason why the file could not be judged at all.
    """

    file: str
    values: Values | None = None
    manifests: Sequence[Manifest] = ()
    problems: list[Problem] = field(default_factory=list)
    unread: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether the manifests may be printed."""
        return self.unread is None and not any(found.is_error for found in self.problems)


class Pipeline:
    """Renders and checks values for one target."""

    def __init__(self, pack: Pack, target: Target) -> None:
        self.pack, self.target = pack, target
        self._renderer = Renderer(pack)

    def run(self, files: Sequence[str]) -> list[Outcome]:
        """One outcome a file, in the order given; files that claim one Workspace are told of each other."""
        outcomes = [self._rendered(file) for file in files]
        _tell_of_twins(outcomes)
        surroundings = self._surroundings(outcomes)
        for outcome in outcomes:
            for manifest in outcome.manifests:
                outcome.problems += self._checked(outcome, manifest, surroundings)
        return outcomes

    def _rendered(self, file: str) -> Outcome:
        outcome = Outcome(file)
        try:
            outcome.values = values.check([Layer(_only_document(read_file(file)))], self.pack)
            outcome.manifests = self._renderer.render(outcome.values)
        except UsageError as error:
            outcome.unread = str(error)
        except ProblemsError as error:
            outcome.problems = error.problems
        return outcome

    def _surroundings(self, outcomes: Sequence[Outcome]) -> Surroundings:
        bodies = [manifest.body for outcome in outcomes for manifest in outcome.manifests]
        return Surroundings(
            self.target,
            config_maps=[body for body in bodies if body.get("kind") == "ConfigMap"],
            workspaces=[body for body in bodies if checks.is_workspace(body)],
        )

    def _checked(self, outcome: Outcome, manifest: Manifest, surroundings: Surroundings) -> list[Problem]:
        found = checks.check(manifest.body, surroundings)
        if not found or outcome.values is None:
            return []
        from kaito_pack.trace import told_of_values  # only where there is something to tell

        return [told_of_values(one, outcome.values, manifest, self._renderer) for one in found]


def _only_document(documents: Sequence[Document]) -> Document:
    """The one document of a values file."""
    if len(documents) > 1:
        raise ProblemsError([problem("values/several-documents", (), documents[1].place(()))])
    return documents[0]


def _tell_of_twins(outcomes: Sequence[Outcome]) -> None:
    """Two files that would give the same Workspace, the later overwriting the earlier, are an error."""
    first: dict[tuple[str, str], Outcome] = {}
    for outcome in outcomes:
        if outcome.values is None or not outcome.manifests:
            continue
        metadata: Mapping[str, str] = outcome.manifests[0].body["metadata"]
        key = (metadata["namespace"], metadata["name"])
        other = first.setdefault(key, outcome)
        if other is not outcome and other.values is not None:
            facts = {"namespace": key[0], "name": key[1]}
            for one, twin in ((outcome, other), (other, outcome)):
                assert one.values is not None and twin.values is not None
                place = layers.place(one.values.layers, ("name",))
                twin_place = layers.place(twin.values.layers, ("name",))
                one.problems.append(
                    problem("values/same-workspace", ("name",), place, other=str(twin_place), **facts)
                )
