"""The values of one mode that render what was read, or come nearest to it.

Nothing here knows a template. What the `import:` section proposes is taken if the schema accepts it;
choices that no line reads are tried out; what is still missing goes into the values that hold the rest
(`[rest]`); then the whole is rendered and compared, and what differs is lost.
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

UNKNOWN = 3  # scalars that differ: what a required value that is not to be read weighs


@dataclass(frozen=True)
class Candidate:
    """Values of one mode with what they do not express.

    `lost` are differences by object: None for the Workspace, else the object of the stream (or the
    rendered one that the stream has not). `unknown` are required values that the manifest does not
    hold, `silent` others that it would not show. `refusals` are the problems of values that would express
    what is lost, `skipped` the objects of a cluster that are left out.
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
        """What the best candidate has least of: losses at all, another engine than runs, losses.

        A patch can make any pod out of any mode, so how near the mode comes by itself (`bare`, what differs
        without the values that hold the rest) counts as well; what is required and unknown counts more.
        """
        lost = sum(weight(difference) for _, difference in self.lost)
        return lost > 0, self.is_other_engine, lost + self.bare + UNKNOWN * len(self.unknown)


class Search(Completion):
    """Finds the values of one mode for one stream; `supplied` are values that the user has given."""

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
        """How near the mode comes without the values that hold the rest: the lowest is to be tried first."""
        return self.is_other_engine, self.distance(self.start)

    @property
    def fits(self) -> bool:
        """Whether the mode can have rendered the Workspace: it runs its engine, or the user chose it."""
        return (self.chosen is not None or runs_engine(self.stream, self.mode)) and self.is_alike

    @property
    def is_possible(self) -> bool:
        """Whether the mode's schema accepts what was supplied."""
        return self.accepts(self.least)

    @property
    def least(self) -> Given:
        """What was supplied, and examples of what else is required."""
        return {**self.required, **self.supplied}

    @property
    def is_alike(self) -> bool:
        """Whether the mode renders a pod template if the Workspace has one, or a preset if it has that."""
        manifests = self.rendered(self.least)
        return not manifests or is_alike(self.wanted, manifests[0].body)

    @property
    def is_other_engine(self) -> bool:
        """Whether another engine runs than the mode's."""
        return self.stream.view.engine not in (None, self.mode.facts.get("engine"))

    def best(self) -> Candidate:
        """Return the candidate that differs least, out of the values that are proposed."""
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
        """What is proposed, with the choices that differ least if no line reads them."""
        start = self.least
        given, taken = with_refused(self, start, *self.settled(start, frozenset()))
        read = {path[0] for path in taken}
        for name, part in self.mode.schema.get("properties", {}).items():
            # The default is the choice left open.
            choices = [choice for choice in part.get("enum", ()) if choice != part.get("default")]
            if name in self.supplied or name in read or len(part.get("enum", ())) < 2:
                continue
            tried = [given]
            for choice in choices:
                if self.accepts(with_choice := {**given, name: choice}):
                    tried.append(self.settled(with_choice, taken)[0])
            given = min(tried, key=self.distance)  # the first of equals: the choice left open
        return given

    def settled(self, given: Given, taken: frozenset[ValuePath]) -> tuple[Given, frozenset[ValuePath]]:
        """Return `given` with every proposal that the schema accepts, and the paths of those.

        One value may become valid by another (a GPU count by the compute type), so it goes on while any does.
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
        """Return `given` with all proposals inside one value, if they are only valid together; else None."""
        for root in dict.fromkeys(path[0] for path, _ in left):
            inside: dict[ValuePath, object] = {}
            for path, value in left:
                if path[0] == root and len(path) > 1:
                    inside.setdefault(path, value)  # the first proposal is the likeliest
            whole = given
            for path, value in inside.items():
                whole = with_value(whole, path, value)
            if len(inside) > 1 and self.accepts(whole):
                return whole, frozenset(inside)
        return None

    def verified(self, given: Given) -> Given:
        """Return `given` without what was read from an object that only looks like one of the mode's."""
        best = self.distance(whole) if self.has_lost_beside(whole := self.with_rests(given)) else 0
        for path in list(value_paths(given, self.mode.schema)) if best else ():
            less = without_value(given, path, {})
            is_free = path[0] not in self.required and get(self.supplied, path, ABSENT) is ABSENT
            if is_free and self.accepts(less) and (distance := self.distance(self.with_rests(less))) < best:
                given, best = less, distance
        return given

    def has_lost_beside(self, given: Given) -> bool:
        """Return whether an object beside the Workspace differs."""
        return any(owner is not None for owner, _ in self.lost(given))

    def pruned(self, given: Given) -> Given:
        """Return `given` without what renders the same when it is omitted.

        What follows from the model that is served stays: the checks need it. It is tried without the values
        that hold the rest, which may be large; and in full if these make a difference.
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
        """Return `given` without required values that no part of the manifest shows, and their names."""
        unknown = []
        for name in self.required:
            is_read = ((name,), given[name]) in self.proposals or given[name] != self.required[name]
            if not is_read or not self.shows(given, (name,)):
                unknown.append(name)
        return {name: value for name, value in given.items() if name not in unknown}, unknown

    def silent(self, given: Given) -> Iterator[str]:
        """Yield the optional values that would change no manifest, so that they cannot be recovered from one.

        What follows from the model that is served is known either way.
        """
        rest = [name for _, name in rests(self.mode, self.pack)]
        follows = names_that_follow(self.mode, self.pack)
        whole = {**self.required, **given}
        # Whether a value shows does not depend on the rests, which may be large.
        whole = {name: value for name, value in whole.items() if (name,) not in rest}
        for path in schema_paths(self.mode.schema):
            known = path[0] in self.required or path in rest[-1:] or get(given, path, ABSENT) is not ABSENT
            known = known or path in follows or not could_hold(self, whole, path)
            if not known and not part_of(self.mode, path).get("x-opaque") and not self.shows(whole, path):
                yield ".".join(path)
