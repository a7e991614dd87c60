"""The values of one mode that render what was read, or come nearest to it.

Nothing here knows a template. What the `import:` section proposes is taken if the schema accepts it;
choices that no line reads are tried out; what is still missing goes into the values that hold the rest
(`[rest]`); then the whole is rendered and compared, and what differs is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kaito_pack.base.trees import ABSENT, get
from kaito_pack.importing.captures import Capture, captured, names_that_follow, part_of, rests, roots
from kaito_pack.importing.comparable import comparable, weight
from kaito_pack.importing.given import (
    Given,
    ValuePath,
    example_of,
    holds_token,
    schema_paths,
    value_paths,
    with_value,
    without_value,
)
from kaito_pack.importing.likeness import could_hold, nearest, with_refused
from kaito_pack.importing.patches import patch_between
from kaito_pack.importing.paths import Steps, look_up
from kaito_pack.importing.stream import Stream, StreamObject
from kaito_pack.importing.trial import Lost, Trial, namespace_of
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Mode, Pack
from kaito_pack.rendering.extending import HASH
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.workspace.identity import identity
from kaito_pack.workspace.inference_sets import pod_template_path

UNKNOWN = 3  # scalars that differ: what a required value that is not to be read weighs


@dataclass(frozen=True)
class Candidate:
    """Values of one mode with what they do not express.

    `lost` are differences by object: None for the Workspace, else the object of the stream (or the
    rendered one that the stream has not). `unknown` are required values that the manifest does not
    hold, `silent` others that it would not show.
    """

    mode: Mode
    given: Given
    lost: Sequence[Lost]
    unknown: Sequence[str]
    silent: Sequence[str]
    bare: int
    is_other_engine: bool

    @property
    def weight(self) -> tuple[bool, bool, int]:
        """What the best candidate has least of: losses at all, another engine than runs, losses.

        A patch can make any pod out of any mode, so how near the mode comes by itself (`bare`, what differs
        without the values that hold the rest) counts as well; what is required and unknown counts more.
        """
        lost = sum(weight(difference) for _, difference in self.lost)
        return lost > 0, self.is_other_engine, lost + self.bare + UNKNOWN * len(self.unknown)


class Search(Trial):
    """Finds the values of one mode for one stream; `supplied` are values that the user has given."""

    def __init__(self, stream: Stream, mode: Mode, pack: Pack, renderer: Renderer, supplied: Given) -> None:
        super().__init__(stream, mode, pack, renderer)
        self.supplied = {**supplied, "modelSource": mode.name}
        meant = Stream(
            StreamObject(stream.workspace.document, stream.workspace.path, self.wanted), stream.others
        )
        self.proposals = [
            (path, value)
            for path, value in captured(meant, mode, pack)
            if get(supplied, path, ABSENT) is ABSENT
        ]

    @cached_property
    def required(self) -> Given:
        """Examples of what the schema requires, so that a candidate is valid before all is known."""
        parts = self.mode.schema.get("properties", {})
        names = [name for name in self.mode.schema.get("required", ()) if name not in self.supplied]
        return {name: example_of(parts.get(name, {})) for name in names}

    def best(self) -> Candidate | None:
        """Return the candidate that differs least; None if nothing valid follows from what was supplied."""
        given = self.with_choices()
        if given is None:
            return None
        given = nearest(self, given, [path for path, _ in self.proposals], self.required)
        bare = self.distance(given)
        given = self.verified(given)
        given = self.in_order(given)
        given = self.pruned(given)
        given, unknown = self.without_unknown(given)
        lost = list(self.lost({**self.required, **given}))
        other = self.stream.view.engine not in (None, self.mode.facts.get("engine"))
        return Candidate(self.mode, given, lost, unknown, list(self.silent(given)), bare, other)

    def with_choices(self) -> Given | None:
        """Return what is proposed; if no line reads a choice, the choice that differs least."""
        start = {**self.required, **self.supplied}
        if not self.accepts(start):
            return None
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
        """`given` with every proposal that the schema accepts, and the paths of those.

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
                break
            waiting = left
        return given, taken

    def verified(self, given: Given) -> Given:
        """`given` without what was read from an object that only looks like one of the mode's."""
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

    def in_order(self, given: Given) -> Given:
        """`given` with the values that hold the rest; if keys then are in another order, the rest
        takes over what a single value says (an `env` of a podTemplate, not of the template)."""
        whole = self.with_rests(given)
        disorder = self.disorder(whole)
        for path in value_paths(given, self.mode.schema) if disorder else ():
            less = without_value(given, path, {})
            if path[0] not in self.required and self.accepts(less):
                other = self.with_rests(less)
                remaining = self.disorder(other)
                if remaining is not None and remaining < (disorder or 0):
                    given, whole, disorder = less, other, remaining
        return whole

    def with_rests(self, given: Given) -> Given:
        """`given`, and in the values made for it what the rendering does not write yet."""
        for path, name in rests(self.mode, self.pack):
            if get(self.supplied, name, ABSENT) is not ABSENT or not (rest := self.rest(given, path, name)):
                continue
            with_rest = with_value(given, name, rest)
            if (
                not holds_token(rest)
                and self.accepts(with_rest)
                and self.distance(with_rest) < self.distance(given)
            ):
                given = with_rest
        return given

    def rest(self, given: Given, path: Steps, name: ValuePath) -> Any:
        """Return what is at `path` and not rendered: the tail of a list, a patch of a map, more objects."""
        manifests = self.rendered(given)
        if not manifests:
            return None
        if path == ("objects",):
            return self.further_objects(manifests)
        rendered = Stream(
            StreamObject(manifests[0].document, (), comparable(manifests[0].body)),
            [StreamObject(first_root.document, (), first_root.body) for first_root in manifests[1:]],
        )
        wanted = Stream(StreamObject(manifests[0].document, (), deepcopy(self.wanted)), self.stream.others)
        # A container with another name is one loss; compared by name it would be another container.
        if isinstance(wanted.container, dict) and "name" in rendered.container:
            wanted.container["name"] = rendered.container["name"]
        with_hash_of(rendered.workspace.body, wanted.workspace.body)
        for (first_root, inside), (second_root, same) in zip(
            roots(rendered, path), roots(wanted, path), strict=False
        ):
            before, after = look_up(first_root, inside), look_up(second_root, same)
            if before is ABSENT and isinstance(after, list):
                before = []
            if isinstance(before, list) and isinstance(after, list):
                return after[len(before) :] if after[: len(before)] == before else None
            if isinstance(before, dict) and isinstance(after, dict):
                return self.more_of(before, after, is_patch=bool(part_of(self.mode, name).get("x-opaque")))
        return None

    def more_of(self, before: Given, after: Given, is_patch: bool) -> Any:
        """What is to be laid over a map, with a strategic merge's meaning or as it is, to make another."""
        if not is_patch:
            return {key: value for key, value in after.items() if key not in before}
        patch = patch_between(before, after, definitions.definition(definitions.newest()))
        return None if patch is ABSENT else patch

    def further_objects(self, manifests: Sequence[RenderedManifest]) -> list[Any]:
        """The objects of the stream that are not rendered, without the namespace that they get anyway."""
        known = {identity(manifest.body, "") for manifest in manifests}
        namespace = namespace_of(manifests[0].body)
        further = []
        for other in self.stream.others:
            if other.is_live or identity(other.body, namespace) in known:
                continue
            body = deepcopy(dict(other.body))
            metadata = body.get("metadata")
            if isinstance(metadata, dict) and metadata.get("namespace") == namespace:
                del metadata["namespace"]
            further.append(body)
        return further

    def pruned(self, given: Given) -> Given:
        """Return `given` without what renders the same when it is omitted.

        What follows from the model that is served stays: the checks need it.
        """
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
        """`given` without required values that no part of the manifest shows, and their names."""
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
        for path in schema_paths(self.mode.schema):
            known = path[0] in self.required or path in rest[-1:] or get(given, path, ABSENT) is not ABSENT
            known = known or path in follows or not could_hold(self, whole, path)
            if not known and not part_of(self.mode, path).get("x-opaque") and not self.shows(whole, path):
                yield ".".join(path)


def with_hash_of(rendered: Any, wanted: Any) -> None:
    """Take the template's hash from `rendered`: no one writes it, and it is right once the rest is."""
    path = (*pod_template_path(rendered), "metadata", "annotations")
    before, after = get(rendered, path), get(wanted, path)
    if isinstance(before, dict) and isinstance(after, dict) and HASH in before and HASH in after:
        after[HASH] = before[HASH]
