"""Values tried out: whether they are right, what they render, and how that differs from what was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cached_property
from typing import Any

from kaito_pack.base.problems import PackError, ProblemsError
from kaito_pack.base.trees import (
    ABSENT,
    Difference,
    Manifest,
    Schema,
    ValuesMap,
    children,
    differences,
    get,
    mapping,
)
from kaito_pack.documents import Document
from kaito_pack.importing.comparable import comparable, missing_from, weight
from kaito_pack.importing.given import Given, with_value
from kaito_pack.importing.stream import Stream, StreamObject
from kaito_pack.pack import Mode, Pack, json_schema
from kaito_pack.rendering import links
from kaito_pack.rendering.manifests import RenderedManifest, as_yaml
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.rendering.trace import other_value
from kaito_pack.values import checking
from kaito_pack.values.layers import Layer
from kaito_pack.workspace.identity import identity

Lost = tuple[StreamObject | None, Difference]


class Trial:
    """Renders values of one mode and compares them with one stream; each rendering is kept."""

    def __init__(self, stream: Stream, mode: Mode, pack: Pack, renderer: Renderer) -> None:
        self.stream, self.mode, self.pack, self.renderer = stream, mode, pack, renderer
        self._rendered: dict[str, list[RenderedManifest] | None] = {}

    @cached_property
    def wanted(self) -> dict[str, Any]:
        """The Workspace as its owner means it."""
        return comparable(self.stream.workspace.body)

    def lost(self, given: Given) -> Iterator[Lost]:
        """Yield where the manifests that `given` renders differ from those that were read."""
        manifests = self.rendered(given)
        if not manifests:
            yield None, Difference((), self.wanted, ABSENT)
            return
        for difference in differences(self.wanted, comparable(manifests[0].body)):
            yield None, difference
        yield from self.lost_beside(manifests[1:], namespace_of(manifests[0].body))

    def lost_beside(self, manifests: Sequence[RenderedManifest], namespace: Any) -> Iterator[Lost]:
        """Yield the same for the objects beside the Workspace, if the stream has any."""
        rendered = {identity(manifest.body, ""): manifest for manifest in manifests}
        for other in self.stream.others:
            manifest = rendered.pop(identity(other.body, namespace), None)
            if manifest is not None:
                compare = missing_from if other.is_live else differences
                given = {key: value for key, value in other.body.items() if key != "status"}
                yield from ((other, difference) for difference in compare(given, manifest.body))
            elif not other.is_live:
                yield other, Difference((), other.body, ABSENT)
        # Of a cluster, only some kinds may have been asked for.
        asked = {other.body.get("kind") for other in self.stream.others}
        for manifest in rendered.values():
            if asked and (manifest.body.get("kind") in asked or not self.stream.workspace.is_live):
                document = Document(f"templates/{manifest.template}", 1, manifest.body)
                yield StreamObject(document, (), manifest.body), Difference((), ABSENT, manifest.body)

    def shows(self, given: Given, path: Sequence[str]) -> bool:
        """Return whether another value at `path` would render otherwise."""
        try:
            filled = dict(self.checked(given).filled)
        except ProblemsError:
            return True
        part: Schema = {"properties": json_schema.applicable(self.mode.schema, given)["properties"]}
        part = json_schema.part_at(part, path)
        other = other_value(get(filled, tuple(path)), part)
        if other is None and "enum" in part:
            other = part["enum"][0]
        return self.texts(filled) != self.texts(with_value(filled, path, other))

    def texts(self, filled: ValuesMap) -> list[str]:
        """Return the manifests of filled values, an error of a template being its own answer."""
        context = {**filled, "mode": self.mode.facts}
        try:
            return [manifest.text for manifest in self.renderer.render_filled(self.mode.templates, context)]
        except PackError as error:
            return [str(error)]

    def distance(self, given: Given) -> int:
        """Return how much the rendering of `given` differs from what was read."""
        return sum(weight(difference) for _, difference in self.lost(given))

    def disorder(self, given: Given) -> int | None:
        """Return how many maps have their keys in another order; None if the manifests differ anyway.

        A cluster sorts keys, so their order means nothing there.
        """
        manifests = self.rendered(given)
        if not manifests or list(manifests[0].body) != list(self.wanted) or self.distance(given):
            return None
        return _disorder(comparable(manifests[0].body), self.wanted)

    def is_same(self, given: Given, other: Given) -> bool:
        """Return whether both render to the same bytes."""
        first, second = self.rendered(given), self.rendered(other)
        return first is not None and second is not None and as_yaml(first) == as_yaml(second)

    def rendered(self, given: Given) -> list[RenderedManifest] | None:
        """The manifests of `given`; None if they cannot be made, or break a link that the mode keeps."""
        key = repr(given)
        if key not in self._rendered:
            self._rendered[key] = self._render(given)
        return self._rendered[key]

    def _render(self, given: Given) -> list[RenderedManifest] | None:
        try:
            checked = self.checked(given)
            manifests = self.renderer.render(checked)
        except PackError:
            return None
        is_extended = given.get("podTemplate") or given.get("extraArgs")
        if is_extended and any(broken.is_error for broken in links.check_links(checked, manifests[0])):
            return None
        return manifests

    def checked(self, given: Given) -> checking.Values:
        """Return `given` as checked values; ProblemsError if they are wrong."""
        return checking.check([Layer(Document("values", 1, deepcopy(given)))], self.pack)

    def accepts(self, given: Given) -> bool:
        """Return whether the mode's schema accepts `given`."""
        if self.mode.is_quick:
            return json_schema.accepts(self.mode.schema, given)
        return bool(json_schema.validator(self.mode.schema).is_valid(given))


def namespace_of(body: Manifest) -> Any:
    """Return the namespace that an object names."""
    return mapping(body.get("metadata")).get("namespace")


def _disorder(first: Any, second: Any) -> int:
    """Return in how many maps two equal objects have their keys in another order."""
    own = isinstance(first, dict) and list(first) != list(second)
    return own + sum(_disorder(part, second[key]) for key, part in children(first))
