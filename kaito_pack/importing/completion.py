"""Fills the values that hold what a mode does not render: `podTemplate`, `extraArgs`, further objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cached_property, reduce
from typing import Any

from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import ABSENT, get
from kaito_pack.importing.applied import extra_objects
from kaito_pack.importing.captures import part_of, rests, roots
from kaito_pack.importing.comparable import comparable
from kaito_pack.importing.given import Given, ValuePath, example_of, holds_token, with_value
from kaito_pack.importing.patches import joined, parts_of, patch_between
from kaito_pack.importing.paths import Steps, look_up
from kaito_pack.importing.stream import Stream, StreamObject
from kaito_pack.importing.trial import Trial, named_namespace
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Mode, Pack
from kaito_pack.rendering.extending import HASH
from kaito_pack.rendering.field_order import in_field_order
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.workspace.identity import identity
from kaito_pack.workspace.inference_sets import pod_template_path

MOST_GROUPS = 24  # maximum groups of parts of a rejected rest, each tried together
MOST_TRIALS = 64  # maximum trials of such groups; each renders all


class Completion(Trial):
    """A completion of the values of one mode; `supplied` are values from the user."""

    def __init__(self, stream: Stream, mode: Mode, pack: Pack, renderer: Renderer, supplied: Given) -> None:
        super().__init__(stream, mode, pack, renderer)
        self.supplied = supplied
        self._with_rests: dict[str, Given] = {}
        self._refused: dict[str, list[Problem]] = {}  # problems of the tried rests, by given values

    @cached_property
    def required(self) -> Given:
        """Examples of the required values, so that a candidate is valid before all values are known."""
        parts = self.mode.schema.get("properties", {})
        names = [name for name in self.mode.schema.get("required", ()) if name not in self.supplied]
        return {name: example_of(parts.get(name, {})) for name in names}

    def with_rests(self, given: Given) -> Given:
        """Return `given` with the parts that are not rendered yet, in the values for the rest."""
        key = repr(given)
        if key not in self._with_rests:
            self._with_rests[key] = self._extended(given)
        return self._with_rests[key]

    def _extended(self, given: Given) -> Given:
        refused: list[Problem] = []
        self._refused[repr(given)] = refused
        for path, name in rests(self.mode, self.pack):
            if get(self.supplied, name, ABSENT) is not ABSENT or not (rest := self.rest(given, path, name)):
                continue
            with_rest = with_value(given, name, rest)
            if holds_token(rest) or not self.accepts(with_rest):
                continue
            if self.distance(with_rest) < self.distance(given):
                given = with_rest
            elif reasons := self.refusals_of(with_rest):
                refused += reasons
                given = self.with_parts(given, name, rest)
        return given

    def with_parts(self, given: Given, name: ValuePath, rest: Any) -> Given:
        """Return `given` with the parts of a rejected rest that are accepted on their own.

        A single part may result in a pod that the API server rejects, such as a mount without its volume.
        Many parts are tried in groups, and a group that is rejected in halves, MOST_TRIALS times in all.
        """
        faults = self.pod_faults(given)
        parts = list(parts_of(rest))
        size = -(-len(parts) // MOST_GROUPS)  # rounded up
        groups = [parts[index : index + size] for index in range(0, len(parts), size or 1)]
        trials = 0
        while groups and trials < MOST_TRIALS:
            trials += 1
            group = groups.pop(0)
            with_group = with_value(given, name, reduce(joined, group, get(given, name)))
            is_better = self.accepts(with_group) and self.distance(with_group) < self.distance(given)
            if is_better and self.pod_faults(with_group) <= faults:
                given = with_group
            elif len(group) > 1:
                groups[:0] = [group[: len(group) // 2], group[len(group) // 2 :]]
        return given

    def pod_faults(self, given: Given) -> int:
        """Return the number of problems of the API server with the pod template that `given` renders."""
        from kaito_pack.kubernetes.pods.pod import check_pod_template

        if not self.rendered(given):
            return 0
        body = self.body(given)
        path = pod_template_path(body)
        return sum(1 for _ in check_pod_template(get(body, path, {}), path, definitions.newest()))

    def rest(self, given: Given, path: Steps, name: ValuePath) -> Any:
        """Return the unrendered part at `path`: the tail of a list, a patch of a map, or more objects."""
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
        # A container with another name is one loss; a comparison by name would see a second container.
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
        """Return the change from one map to another, as a strategic merge patch or as plain values."""
        if not is_patch:
            return {key: value for key, value in after.items() if key not in before}
        patch = patch_between(before, after, definitions.definition(definitions.newest()))
        return None if patch is ABSENT else in_field_order(patch)

    def further_objects(self, manifests: Sequence[RenderedManifest]) -> list[Any]:
        """Return the objects of the stream that are not rendered, in the form of `extraObjects`."""
        namespace = named_namespace(manifests[0].body)
        return extra_objects(self.unrendered(manifests), namespace, self.wanted)

    def unrendered(self, manifests: Sequence[RenderedManifest]) -> Iterator[StreamObject]:
        """Yield the objects of the stream that are not among `manifests`."""
        known = {identity(manifest.body, "") for manifest in manifests}
        namespace = named_namespace(manifests[0].body)
        return (other for other in self.stream.others if identity(other.body, namespace) not in known)

    def skipped(self, given: Given) -> list[StreamObject]:
        """Return the objects of a cluster that are left out because nothing relates them to the Workspace."""
        manifests = self.rendered({**self.required, **given})
        return [other for other in self.unrendered(manifests) if other.is_live] if manifests else []

    def refused_rests(self, given: Given) -> Sequence[Problem]:
        """Return the problems of the rests that `with_rests` could not use as a whole."""
        self.with_rests(given)
        return self._refused[repr(given)]


def with_hash_of(rendered: Any, wanted: Any) -> None:
    """Copy the template's hash from `rendered`: users do not write it, and it is right once the rest is."""
    path = (*pod_template_path(rendered), "metadata", "annotations")
    before, after = get(rendered, path), get(wanted, path)
    if isinstance(before, dict) and isinstance(after, dict) and HASH in before and HASH in after:
        after[HASH] = before[HASH]
