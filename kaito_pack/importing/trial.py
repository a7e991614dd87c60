"""Tries values: checks them, renders them, and compares the result with the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cached_property
from typing import Any

from kaito_pack.base.problems import PackError, Problem, ProblemsError
from kaito_pack.base.trees import (
    ABSENT,
    Difference,
    Manifest,
    Schema,
    ValuesMap,
    differences,
    get,
    mapping,
    text,
)
from kaito_pack.documents import Document
from kaito_pack.importing.applied import as_applied, names_in
from kaito_pack.importing.comparable import comparable, missing_from, weight, without_additions
from kaito_pack.importing.given import Given, with_value
from kaito_pack.importing.stream import Stream, StreamObject
from kaito_pack.pack import Mode, Pack, json_schema
from kaito_pack.rendering import links
from kaito_pack.rendering.manifests import RenderedManifest
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.rendering.trace import other_value
from kaito_pack.values import checking
from kaito_pack.values.layers import Layer
from kaito_pack.values.meanings import is_extended
from kaito_pack.workspace.identity import identity
from kaito_pack.workspace.inference_sets import is_inference_set, is_scaled_object

UNRENDERED = 1 << 40  # larger than the distance of any values that render
Lost = tuple[StreamObject | None, Difference]


class Trial:
    """A renderer of one mode's values that compares the results with one stream and caches them."""

    def __init__(self, stream: Stream, mode: Mode, pack: Pack, renderer: Renderer) -> None:
        self.stream, self.mode, self.pack, self.renderer = stream, mode, pack, renderer
        self._rendered: dict[str, list[RenderedManifest] | None] = {}
        self._refusals: dict[str, list[Problem]] = {}
        self._lost: dict[str, list[Lost]] = {}
        self._distances: dict[str, int] = {}
        self._checked: dict[str, checking.Values] = {}
        self._texts: dict[int, list[str]] = {}  # by id of the filled values, which `_checked` keeps alive
        self._bodies: dict[str, dict[str, Any]] = {}

    @cached_property
    def wanted(self) -> dict[str, Any]:
        """The Workspace as its owner wrote it."""
        wanted = comparable(self.stream.workspace.body)
        if is_inference_set(wanted):
            spec = mapping(wanted.get("spec"))
            is_scaled = any(is_scaled_object(other.body) for other in self.stream.others)
            # KEDA's number of replicas is not a value; without KEDA the CRD's default applies.
            replicas = {} if is_scaled else {"replicas": spec.get("replicas", 1)}
            others = {key: part for key, part in spec.items() if key != "replicas"}
            wanted["spec"] = {**replicas, **others}
        return wanted

    def is_named(self, other: StreamObject) -> bool:
        """Return whether the Workspace names this object of the cluster and its applied form is known."""
        return (
            text(get(other.body, ("metadata", "name"))) in self.names and as_applied(other.body) is not None
        )

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that the Workspace gives to other objects."""
        return names_in(self.wanted)

    def lost(self, given: Given) -> Sequence[Lost]:
        """Return the differences between the manifests that `given` renders and the input."""
        key = repr(given)
        if key not in self._lost:
            self._lost[key] = list(self._differences(given))
        return self._lost[key]

    def _differences(self, given: Given) -> Iterator[Lost]:
        manifests = self.rendered(given)
        if not manifests:
            yield None, Difference((), self.wanted, ABSENT)
            return
        for difference in differences(self.wanted, self.body(given)):
            yield None, difference
        yield from self.lost_beside(manifests[1:], named_namespace(manifests[0].body))

    def body(self, given: Given) -> dict[str, Any]:
        """Return the rendered Workspace in comparable form. `given` must render."""
        key = repr(given)
        if key not in self._bodies:
            self._bodies[key] = comparable((self.rendered(given) or [])[0].body)
        return self._bodies[key]

    def lost_beside(self, manifests: Sequence[RenderedManifest], namespace: Any) -> Iterator[Lost]:
        """Yield the differences of the other objects, if the stream has any."""
        rendered = {identity(manifest.body, ""): manifest for manifest in manifests}
        for other in self.stream.others:
            manifest = rendered.pop(identity(other.body, namespace), None)
            if manifest is not None:
                compare = missing_from if other.is_live else differences
                given = without_additions(other.body)
                yield from ((other, difference) for difference in compare(given, manifest.body))
            elif not other.is_live or self.is_named(other):
                yield other, Difference((), other.body, ABSENT)
        # From a cluster, only some kinds may have been requested.
        asked = {other.body.get("kind") for other in self.stream.others}
        for manifest in rendered.values():
            if asked and (manifest.body.get("kind") in asked or not self.stream.workspace.is_live):
                document = Document(f"templates/{manifest.template}", 1, manifest.body)
                yield StreamObject(document, (), manifest.body), Difference((), ABSENT, manifest.body)

    def shows(self, given: Given, path: Sequence[str]) -> bool:
        """Return whether another value at `path` would change the rendering."""
        try:
            filled = self.checked(given).filled
        except ProblemsError:
            return True
        part: Schema = {"properties": json_schema.applicable(self.mode.schema, given)["properties"]}
        part = json_schema.part_at(part, path)
        other = other_value(get(filled, tuple(path)), part)
        if other is None and "enum" in part:
            other = part["enum"][0]
        if id(filled) not in self._texts:
            self._texts[id(filled)] = self.texts(filled)
        return self._texts[id(filled)] != self.texts(with_value(dict(filled), path, other))

    def texts(self, filled: ValuesMap) -> list[str]:
        """Return the manifests of filled values, or the error of a template as the only text."""
        context = {**filled, "mode": self.mode.facts}
        try:
            return [manifest.text for manifest in self.renderer.render_filled(self.mode.templates, context)]
        except PackError as error:
            return [str(error)]

    def distance(self, given: Given) -> int:
        """Return how many scalars of the rendering differ from the input; UNRENDERED if it fails."""
        key = repr(given)
        if key not in self._distances:
            distance = sum(weight(difference) for _, difference in self.lost(given))
            self._distances[key] = distance if self.rendered(given) else UNRENDERED
        return self._distances[key]

    def is_same(self, given: Given, other: Given) -> bool:
        """Return whether both render to the same bytes."""
        first, second = self.rendered(given), self.rendered(other)
        if first is None or second is None:
            return False
        return [manifest.text for manifest in first] == [manifest.text for manifest in second]

    def rendered(self, given: Given) -> list[RenderedManifest] | None:
        """Return the manifests of `given`; None if they cannot be rendered or break a link of the mode."""
        key = repr(given)
        if key not in self._rendered:
            self._rendered[key] = self._render(given)
        return self._rendered[key]

    def refusals_of(self, given: Given) -> Sequence[Problem]:
        """Return the problems that prevent the rendering of `given`."""
        self.rendered(given)
        return self._refusals.get(repr(given), ())

    def _render(self, given: Given) -> list[RenderedManifest] | None:
        try:
            checked = self.checked(given)
            manifests = self.renderer.render(checked)
        except ProblemsError as error:
            self._refusals[repr(given)] = list(error.problems)
            return None
        except PackError:
            return None
        if is_extended(given, self.mode.facts):
            broken = [link for link in links.check_links(checked, manifests[0]) if link.is_error]
            if broken:
                self._refusals[repr(given)] = broken
                return None
        return manifests

    def checked(self, given: Given) -> checking.Values:
        """Return `given` as checked values; ProblemsError if they are invalid."""
        key = repr(given)
        if key not in self._checked:
            layer = Layer(Document("values", 1, deepcopy(given)))
            self._checked[key] = checking.check([layer], self.pack)
        return self._checked[key]

    def accepts(self, given: Given) -> bool:
        """Return whether the mode's schema accepts `given`."""
        if self.mode.is_quick:
            return json_schema.accepts(self.mode.schema, given)
        return bool(json_schema.validator(self.mode.schema).is_valid(given))


def named_namespace(body: Manifest) -> Any:
    """Return the namespace that an object names."""
    return mapping(body.get("metadata")).get("namespace")
