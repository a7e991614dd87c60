"""Finds the values of one mode that render to the input or come closest to it.

The search does not depend on templates. It uses the proposals of the `import:` section that the schema
accepts, tries the choices that no line reads, and puts missing parts into the values that hold the rest
(`[rest]`). Then it renders and compares all; remaining differences are losses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import ABSENT, get
from kaito_pack.importing.captures import Capture, captured, names_that_follow, part_of, rests
from kaito_pack.importing.comparable import weight
from kaito_pack.importing.completion import Completion
from kaito_pack.importing.fitting import is_alike, runs_engine
from kaito_pack.importing.given import (
    Given,
    ValuePath,
    holds_token,
    schema_paths,
    value_paths,
    with_value,
    without_value,
)
from kaito_pack.importing.likeness import could_hold, nearest, with_refused
from kaito_pack.importing.stream import Stream, StreamObject
from kaito_pack.importing.trial import Lost
from kaito_pack.pack import Mode, Pack
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.values.meanings import MODE

UNKNOWN = 3  # weight of an unreadable required value, in differing scalars


@dataclass(frozen=True)
class Candidate:
    """Values of one mode and the parts of the input that they do not express.

    `lost` are differences by object: None for the Workspace, else the object of the stream (or a rendered
    object that is not in the stream). `unknown` are required values that are not in the manifest, `silent`
    other values that it would not show. `refusals` are the problems of values that would express the losses,
    `skipped` the objects of a cluster that are left out.
    """

    mode: Mode
    given: Given
    lost: Sequence[Lost]
    unknown: Sequence[str]
    bare: int
    is_other_engine: bool
    refusals: Sequence[Problem] = ()
    silent: Sequence[str] = ()
    skipped: Sequence[StreamObject] = ()

    @property
    def weight(self) -> tuple[bool, bool, int]:
        """The sort key of candidates, lowest best: any losses, the wrong engine, the amount of losses.

        A patch can turn any mode into any pod, so the difference without the values that hold the rest
        (`bare`) counts as well. Unknown required values count more.
        """
        lost = sum(weight(difference) for _, difference in self.lost)
        return lost > 0, self.is_other_engine, lost + self.bare + UNKNOWN * len(self.unknown)


class Search(Completion):
    """A search for the values of one mode for one stream; `supplied` are values from the user."""

    def __init__(self, stream: Stream, mode: Mode, pack: Pack, renderer: Renderer, supplied: Given) -> None:
        super().__init__(stream, mode, pack, renderer, {**supplied, MODE: mode.name})
        self.chosen = supplied.get(MODE)
        meant = Stream(
            StreamObject(stream.workspace.document, stream.workspace.path, self.wanted), stream.others
        )
        self.proposals = [
            (path, value)
            for path, value in captured(meant, mode, pack)
            if get(supplied, path, ABSENT) is ABSENT
        ]

    @cached_property
    def nearness(self) -> tuple[bool, int]:
        """The difference without the values that hold the rest; the mode with the lowest is tried first."""
        return self.is_other_engine, self.distance(self.start)

    @property
    def fits(self) -> bool:
        """Whether the mode may have rendered the Workspace: its engine runs, or the user chose the mode."""
        return (self.chosen is not None or runs_engine(self.stream, self.mode)) and self.is_alike

    @property
    def is_possible(self) -> bool:
        """Whether the mode's schema accepts the supplied values."""
        return self.accepts(self.least)

    @property
    def least(self) -> Given:
        """The supplied values, and examples for the other required values."""
        return {**self.required, **self.supplied}

    @property
    def is_alike(self) -> bool:
        """Whether the mode renders the same as the Workspace has: a pod template or a preset."""
        manifests = self.rendered(self.least)
        return not manifests or is_alike(self.wanted, manifests[0].body)

    @property
    def is_other_engine(self) -> bool:
        """Whether the Workspace runs another engine than the mode's."""
        return self.stream.view.engine not in (None, self.mode.facts.get("engine"))

    def best(self) -> Candidate:
        """Return the candidate from the proposed values that differs least."""
        start = nearest(self, self.start, [path for path, _ in self.proposals], self.required)
        given = self.verified(start)
        refusals = self.refused_rests(given)
        given = self.pruned(self.with_rests(given))
        given, unknown = self.without_unknown(given)
        lost = list(self.lost({**self.required, **given}))
        return Candidate(
            self.mode,
            given,
            lost,
            unknown,
            self.distance(start),
            self.is_other_engine,
            refusals if lost else (),
        )

    @cached_property
    def start(self) -> Given:
        """The proposed values, with the choices that differ least if no line reads them."""
        start = self.least
        given, taken = with_refused(self, start, *self.settled(start, frozenset()))
        read = {path[0] for path in taken}
        for name, part in self.mode.schema.get("properties", {}).items():
            # Without a choice, the default applies.
            choices = [choice for choice in part.get("enum", ()) if choice != part.get("default")]
            if name in self.supplied or name in read or len(part.get("enum", ())) < 2:
                continue
            tried = [given]
            for choice in choices:
                if self.accepts(with_choice := {**given, name: choice}):
                    tried.append(self.settled(with_choice, taken)[0])
            given = min(tried, key=self.distance)  # among equals the first: no choice
        return given

    def settled(self, given: Given, taken: frozenset[ValuePath]) -> tuple[Given, frozenset[ValuePath]]:
        """Return `given` with every proposal that the schema accepts, and their paths.

        A value may be valid only with another one (a GPU count with the compute type), so this repeats until
        no more are accepted.
        """
        waiting = [proposal for proposal in self.proposals if not holds_token(proposal[1])]
        while waiting:
            left: list[Capture] = []
            for path, value in waiting:
                if path in taken:
                    continue
                if self.accepts(with_proposal := with_value(given, path, value)):
                    given, taken = with_proposal, taken | {path}
                else:
                    left.append((path, value))
            if len(left) == len(waiting):
                together = self._together(given, left)
                if together is None:
                    break
                given, paths = together
                taken = taken | paths
            waiting = left
        return given, taken

    def _together(self, given: Given, left: Sequence[Capture]) -> tuple[Given, frozenset[ValuePath]] | None:
        """Return `given` with all proposals inside one value if they are valid only together, else None."""
        for root in dict.fromkeys(path[0] for path, _ in left):
            inside: dict[ValuePath, object] = {}
            for path, value in left:
                if path[0] == root and len(path) > 1:
                    inside.setdefault(path, value)  # the first proposal is the most likely
            whole = given
            for path, value in inside.items():
                whole = with_value(whole, path, value)
            if len(inside) > 1 and self.accepts(whole):
                return whole, frozenset(inside)
        return None

    def verified(self, given: Given) -> Given:
        """Return `given` without the values read from an object that only looks like one of the mode's."""
        best = self.distance(whole) if self.has_lost_beside(whole := self.with_rests(given)) else 0
        for path in list(value_paths(given, self.mode.schema)) if best else ():
            less = without_value(given, path, {})
            is_free = path[0] not in self.required and get(self.supplied, path, ABSENT) is ABSENT
            if is_free and self.accepts(less) and (distance := self.distance(self.with_rests(less))) < best:
                given, best = less, distance
        return given

    def has_lost_beside(self, given: Given) -> bool:
        """Return whether another object than the Workspace differs."""
        return any(owner is not None for owner, _ in self.lost(given))

    def pruned(self, given: Given) -> Given:
        """Return `given` without values whose omission does not change the rendering.

        Values that follow from the served model stay because the checks need them. The test omits the values
        that hold the rest, which may be large, unless they make a difference.
        """
        rest = {name[0] for _, name in rests(self.mode, self.pack) if len(name) == 1 and name[0] in given}
        bare = {name: value for name, value in given.items() if name not in rest}
        less = self._pruned(bare)
        less = {name: value for name, value in given.items() if name in rest or name in less} | less
        return less if less == given or self.is_same(less, given) else self._pruned(given)

    def _pruned(self, given: Given) -> Given:
        follows = names_that_follow(self.mode, self.pack)
        required = self.mode.schema.get("required", ())
        for path in value_paths(given, self.mode.schema):
            if (len(path) == 1 and path[0] in required) or get(self.supplied, path, ABSENT) is not ABSENT:
                continue
            less = without_value(given, path, {})
            if path not in follows and self.accepts(less) and self.is_same(less, given):
                given = less
        return given

    def without_unknown(self, given: Given) -> tuple[Given, list[str]]:
        """Return `given` without required values that the manifest does not show, and their names."""
        unknown = []
        for name in self.required:
            is_read = ((name,), given[name]) in self.proposals or given[name] != self.required[name]
            if not is_read or not self.shows(given, (name,)):
                unknown.append(name)
        return {name: value for name, value in given.items() if name not in unknown}, unknown

    def silent(self, given: Given) -> Iterator[str]:
        """Yield the optional values that do not change a manifest, so they cannot be recovered from one.

        Values that follow from the served model are known anyway.
        """
        rest = [name for _, name in rests(self.mode, self.pack)]
        follows = names_that_follow(self.mode, self.pack)
        whole = {**self.required, **given}
        # The rests do not affect whether a value shows, and they may be large.
        whole = {name: value for name, value in whole.items() if (name,) not in rest}
        for path in schema_paths(self.mode.schema):
            known = path[0] in self.required or path in rest[-1:] or get(given, path, ABSENT) is not ABSENT
            known = known or path in follows or not could_hold(self, whole, path)
            if not known and not part_of(self.mode, path).get("x-opaque") and not self.shows(whole, path):
                yield ".".join(path)
