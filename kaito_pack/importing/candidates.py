"""The values of one mode that render what was read, or come nearest to it.

Nothing here knows a template. What the `import:` section proposes is taken where the schema accepts it;
choices that no line reads are tried out; what is still missing goes into the values that hold the rest
(`[rest]`); then the whole is rendered and compared, and what differs is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kaito_pack import json_schema, links, values
from kaito_pack.documents import Document
from kaito_pack.importing.captures import Capture, captured, declared, rests
from kaito_pack.importing.comparable import Difference, comparable, differences, missing_from
from kaito_pack.importing.paths import ABSENT, Steps, look_up
from kaito_pack.importing.patches import patch_between
from kaito_pack.importing.stream import Found, Stream
from kaito_pack.kubernetes import definitions
from kaito_pack.layers import Layer
from kaito_pack.pack import Mode, Pack
from kaito_pack.problems import PackError, ProblemsError, looks_like_token
from kaito_pack.rendering import Manifest, Renderer, as_yaml
from kaito_pack.trace import other_value
from kaito_pack.workspace import mapping

Given = dict[str, Any]
Path = tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """Values of one mode with what they do not express.

    `lost` are differences by object: None for the Workspace, else the object of the stream (or the
    rendered one that the stream has not). `unknown` are required values that the manifest does not
    hold, `silent` others that it would not show.
    """

    mode: Mode
    given: Given
    lost: Sequence[tuple[Found | None, Difference]]
    unknown: Sequence[str]
    silent: Sequence[str]

    @property
    def weight(self) -> tuple[int, int]:
        """What the best candidate has least of."""
        return sum(difference.weight for _, difference in self.lost), len(self.unknown)


class Search:
    """Finds the values of one mode for one stream; `supplied` are values that the user has given."""

    def __init__(self, stream: Stream, mode: Mode, pack: Pack, renderer: Renderer, supplied: Given) -> None:
        self.stream, self.mode, self.pack, self.renderer = stream, mode, pack, renderer
        self.supplied = {**supplied, "modelSource": mode.name}
        self.proposals = [one for one in captured(stream, mode, pack) if _look(supplied, one[0]) is ABSENT]
        self._rendered: dict[str, list[Manifest] | None] = {}

    @cached_property
    def wanted(self) -> dict[str, Any]:
        """The Workspace as its owner means it."""
        return comparable(self.stream.workspace.body)

    @cached_property
    def required(self) -> Given:
        """Examples of what the schema requires, so that a candidate is valid before all is known."""
        parts = self.mode.schema.get("properties", {})
        names = [name for name in self.mode.schema.get("required", ()) if name not in self.supplied]
        return {name: _example(parts.get(name, {})) for name in names}

    def best(self) -> Candidate | None:
        """The candidate that differs least; None where nothing valid can be made of what was supplied."""
        given = self.with_choices()
        if given is None:
            return None
        given = self.with_rests(given)
        given = self.pruned(given)
        given, unknown = self.without_unknown(given)
        lost = list(self.lost({**self.required, **given}))
        return Candidate(self.mode, given, lost, unknown, list(self.silent(given)))

    def with_choices(self) -> Given | None:
        """What is proposed; where no line reads a choice, the choice that differs least."""
        start = {**self.required, **self.supplied}
        if not self.accepts(start):
            return None
        given, taken = self.settled(start, frozenset())
        read = {path[0] for path in taken}
        for name, part in self.mode.schema.get("properties", {}).items():
            choices = part.get("enum", ())
            if name in self.supplied or name in read or len(choices) < 2:
                continue
            tried = [given]
            for choice in choices:
                if self.accepts(more := {**given, name: choice}):
                    tried.append(self.settled(more, taken)[0])
            given = min(tried, key=self.distance)  # the first of equals: the choice left open
        return given

    def settled(self, given: Given, taken: frozenset[Path]) -> tuple[Given, frozenset[Path]]:
        """`given` with every proposal that the schema accepts, and the paths of those.

        One value may become valid by another (a GPU count by the compute type), so it goes on while any does.
        """
        waiting = [one for one in self.proposals if not _holds_token(one[1])]
        while waiting:
            left: list[Capture] = []
            for path, value in waiting:
                if path in taken:
                    continue
                if self.accepts(more := _with(given, path, value)):
                    given, taken = more, taken | {path}
                else:
                    left.append((path, value))
            if len(left) == len(waiting):
                break
            waiting = left
        return given, taken

    def with_rests(self, given: Given) -> Given:
        """`given`, and in the values made for it what the rendering does not write yet."""
        for path, name in rests(self.mode, self.pack):
            if name in self.supplied or not (rest := self.rest(given, path)):
                continue
            more = {**given, name: rest}
            if not _holds_token(rest) and self.accepts(more) and self.distance(more) < self.distance(given):
                given = more
        return given

    def rest(self, given: Given, path: Steps) -> Any:
        """What stands at `path` and is not rendered: the tail of a list, a patch of a map, more objects."""
        manifests = self.rendered(given)
        if not manifests:
            return None
        if path == ("objects",):
            return self.further_objects(manifests)
        rendered = Stream(Found(manifests[0].document, (), comparable(manifests[0].body)))
        wanted = Stream(Found(manifests[0].document, (), deepcopy(self.wanted)))
        # A container called otherwise is one loss; told by its name it would be another container.
        if isinstance(wanted.container, dict) and "name" in rendered.container:
            wanted.container["name"] = rendered.container["name"]
        root = path[0] == "container"
        before = look_up(rendered.container if root else rendered.workspace.body, path[root:])
        after = look_up(wanted.container if root else wanted.workspace.body, path[root:])
        if isinstance(before, list) and isinstance(after, list):
            return after[len(before) :] if after[: len(before)] == before else None
        if isinstance(before, dict) and isinstance(after, dict):
            patch = patch_between(before, after, definitions.definition(definitions.newest()))
            return None if patch is ABSENT else patch
        return None

    def further_objects(self, manifests: Sequence[Manifest]) -> list[Any]:
        """The objects of the stream that are not rendered, without the namespace that they get anyway."""
        known = {_identity(one.body) for one in manifests}
        namespace = manifests[0].body["metadata"].get("namespace")
        more = []
        for found in self.stream.others:
            if found.is_live or _identity(found.body, namespace) in known:
                continue
            body = deepcopy(dict(found.body))
            metadata = body.get("metadata")
            if isinstance(metadata, dict) and metadata.get("namespace") == namespace:
                del metadata["namespace"]
            more.append(body)
        return more

    def pruned(self, given: Given) -> Given:
        """`given` without what renders the same when it is left out."""
        required = self.mode.schema.get("required", ())
        for path in _leaves(given, self.mode.schema):
            if (len(path) == 1 and path[0] in required) or _look(self.supplied, path) is not ABSENT:
                continue
            less = _less(given, path, {})
            if self.accepts(less) and self.same(less, given):
                given = less
        return given

    def without_unknown(self, given: Given) -> tuple[Given, list[str]]:
        """`given` without required values that no part of the manifest shows, and their names."""
        unknown = []
        for name in self.required:
            is_read = ((name,), given[name]) in self.proposals or given[name] != self.required[name]
            if not is_read or not self.shows(given, name):
                unknown.append(name)
        return {name: value for name, value in given.items() if name not in unknown}, unknown

    def silent(self, given: Given) -> Iterator[str]:
        """Values that nobody reads and no manifest shows, so that nobody knows whether they were given."""
        read = declared(self.mode, self.pack) | set(self.supplied) | set(self.required)
        for name, part in self.mode.schema.get("properties", {}).items():
            if name not in read and "not" not in part and not part.get("x-opaque"):
                if not self.shows({**self.required, **given}, name):
                    yield name

    def shows(self, given: Given, name: str) -> bool:
        """Whether another value of that name would render otherwise."""
        try:
            checked = self.checked({**self.required, **given})
        except ProblemsError:
            return True
        part = json_schema.applicable(self.mode.schema, given).get("properties", {}).get(name, {})
        other = other_value(checked.filled.get(name), part)
        if other is None and "enum" in part:
            other = part["enum"][0]
        context = {**checked.filled, "mode": self.mode.facts}
        return self.texts(context) != self.texts({**context, name: other})

    def texts(self, context: Mapping[str, Any]) -> list[str]:
        """The manifests of a context, an error of a template being an answer of its own."""
        try:
            return [one.text for one in self.renderer.render_filled(self.mode.templates, context)]
        except PackError as error:
            return [str(error)]

    def lost(self, given: Given) -> Iterator[tuple[Found | None, Difference]]:
        """Where the manifests that `given` renders differ from those that were read."""
        manifests = self.rendered(given)
        if not manifests:
            yield None, Difference((), self.wanted, ABSENT)
            return
        for difference in differences(self.wanted, comparable(manifests[0].body)):
            yield None, difference
        yield from self.lost_beside(manifests[1:], manifests[0].body["metadata"].get("namespace"))

    def lost_beside(
        self, manifests: Sequence[Manifest], namespace: Any
    ) -> Iterator[tuple[Found | None, Difference]]:
        """The same for the objects beside the Workspace, where the stream has any."""
        rendered = {_identity(one.body): one for one in manifests}
        for found in self.stream.others:
            manifest = rendered.pop(_identity(found.body, namespace), None)
            if manifest is not None:
                compare = missing_from if found.is_live else differences
                given = {key: value for key, value in found.body.items() if key != "status"}
                yield from ((found, one) for one in compare(given, manifest.body))
            elif not found.is_live:
                yield found, Difference((), found.body, ABSENT)
        if self.stream.others:
            for manifest in rendered.values():
                document = Document(f"templates/{manifest.template}", 1, manifest.body)
                yield Found(document, (), manifest.body), Difference((), ABSENT, manifest.body)

    def distance(self, given: Given) -> int:
        """How much the rendering of `given` differs from what was read."""
        return sum(difference.weight for _, difference in self.lost(given))

    def same(self, one: Given, other: Given) -> bool:
        """Whether both render to the same bytes."""
        first, second = self.rendered(one), self.rendered(other)
        return first is not None and second is not None and as_yaml(first) == as_yaml(second)

    def rendered(self, given: Given) -> list[Manifest] | None:
        """The manifests of `given`; None where they cannot be made, or break a link that the mode keeps."""
        key = repr(given)
        if key not in self._rendered:
            self._rendered[key] = self._render(given)
        return self._rendered[key]

    def _render(self, given: Given) -> list[Manifest] | None:
        try:
            checked = self.checked(given)
            manifests = self.renderer.render(checked)
            if given.get("podTemplate") or given.get("extraArgs"):
                if any(found.is_error for found in links.check_links(checked, manifests)):
                    return None
        except PackError:
            return None
        return manifests

    def checked(self, given: Given) -> values.Values:
        """`given` as values that are right; ProblemsError where they are not."""
        return values.check([Layer(Document("values", 1, deepcopy(given)))], self.pack)

    def accepts(self, given: Given) -> bool:
        """Whether the mode's schema accepts `given`."""
        if self.mode.is_quick:
            return json_schema.accepts(self.mode.schema, given)
        from jsonschema import Draft202012Validator  # a schema that the fast check does not know

        return Draft202012Validator(dict(self.mode.schema)).is_valid(given)


def _example(part: Mapping[str, Any]) -> Any:
    if "const" in part:
        return part["const"]
    for choices in (part.get("enum"), part.get("examples")):
        if choices:
            return choices[0]
    return {"integer": 1, "object": {}, "array": [], "boolean": True}.get(str(part.get("type")), "example")


def _with(given: Given, path: Sequence[str], value: Any) -> Given:
    name, *below = path
    inside = given.get(name)
    return {**given, name: _with(inside if isinstance(inside, dict) else {}, below, value) if below else value}


def _less(given: Given, path: Sequence[str], required: Given) -> Given:
    """`given` without one value, maps that become empty included; a required one becomes its example."""
    name, *below = path
    rest = {key: value for key, value in given.items() if key != name}
    inside = given.get(name)
    if below and isinstance(inside, dict) and (left := _less(inside, below, {})):
        return {key: left if key == name else value for key, value in given.items()}
    return {**rest, name: required[name]} if name in required else rest


def _look(given: Any, path: Sequence[str]) -> Any:
    return look_up(given, tuple(path))


def _leaves(given: Given, schema: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of values; maps with keys of the user's own count as one."""
    for name, value in given.items():
        part = schema.get("properties", {}).get(name, {})
        if isinstance(value, dict) and "properties" in part and not part.get("x-opaque"):
            yield from _leaves(value, part, (*path, name))
        else:
            yield (*path, name)


def _identity(body: Mapping[str, Any], namespace: Any = None) -> tuple[str, ...]:
    metadata = mapping(body.get("metadata"))
    group = str(body.get("apiVersion", "")).rpartition("/")[0]
    where = metadata.get("namespace") or namespace
    return group, str(body.get("kind")), str(where), str(metadata.get("name"))


def _holds_token(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(looks_like_token(str(key)) or _holds_token(part) for key, part in value.items())
    if isinstance(value, list):
        return any(map(_holds_token, value))
    return isinstance(value, str) and looks_like_token(value)

