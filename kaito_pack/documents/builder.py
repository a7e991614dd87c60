"""Builds documents from a parser's events, one by one, and rejects hostile input on the way.

libyaml's composer crashes on deep nesting, and all composers expand aliases before anyone can count them. So
this module reads the events itself, and nothing recurses deeper than `DEEPEST`.
"""

from __future__ import annotations

from collections.abc import Iterable
from sys import intern
from typing import Any

from yaml import events as kinds

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Place, ProblemsError
from kaito_pack.documents.document import Document, PlacedEntries, PlacedEntry, Position
from kaito_pack.documents.notes import MERGE, MOST_NODES, Notes, step
from kaito_pack.documents.readings import (
    SPECIAL_STARTS,
    as_json,
    go_value,
    has_escaped_slash,
    is_surprising,
    key_text,
)
from kaito_pack.documents.tags import MERGE_TAG, TagError, is_known_collection, short_tag, tagged_value
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem

MOST_ALIASES = 1000
MOST_DOCUMENTS = 5000
QUOTES = ("'", '"')


class Builder(Notes):
    """A builder of documents from events.

    `container` is the map or list being filled, with `entries`. `key` is the key whose value comes next.
    `in_flow` says whether it is written in brackets. `stack` has the same for each outer map or list.
    """

    def __init__(self, file: str, text: str, is_json: bool = False) -> None:
        super().__init__(file)
        self.text_with_slashes = text if "\\/" in text else ""
        self.has_question_marks = not is_json and "?" in text
        self.is_json = is_json
        self.documents: list[Document] = []
        self.aliases = 0
        self.number = 0

    @rule("values/file-empty", on="shared")
    def read(self, events: Iterable[kinds.Event]) -> list[Document]:
        """Return the documents that `events` describe."""
        actions: dict[type, Any] = {
            kinds.ScalarEvent: self.scalar,
            kinds.MappingStartEvent: self.open_map,
            kinds.MappingEndEvent: self.close,
            kinds.SequenceStartEvent: self.open_list,
            kinds.SequenceEndEvent: self.close,
            kinds.AliasEvent: self.alias,
            kinds.DocumentStartEvent: self.open_document,
            kinds.DocumentEndEvent: self.close_document,
        }
        for event in events:
            action = actions.get(event.__class__)
            if action is not None:
                action(event)
        if not self.problems and not self.documents:
            self.problems.append(problem("values/file-empty", (), Place(self.file)))
        if self.problems:
            raise ProblemsError(self.problems)
        return self.documents

    @rule("values/file-too-many-documents", on="part")
    def open_document(self, event: Any) -> None:
        """Begin a document; anchors of the previous document are not valid in it."""
        self.number += 1
        if self.number > MOST_DOCUMENTS:
            self.stop("values/file-too-many-documents", event.start_mark, limit=MOST_DOCUMENTS)
        self.document = Document(self.file, self.number)
        self.anchors: dict[str, tuple[Any, PlacedEntries | None]] = {}
        self.stack: list[tuple[Any, Any, Any, Position, bool]] = []
        self.container: Any = None
        self.entries: Any = None
        self.key: Any = None
        self.key_mark: Any = None
        self.in_flow: Any = False

    def close_document(self, event: kinds.Event) -> None:
        """Keep the document unless it is empty."""
        self.documents += [self.document] if self.document.value is not None else []

    @rule("values/file-question-mark", "values/file-escaped-slash", on="part")
    @rule("values/file-not-yaml", on="shared")
    def scalar(self, event: Any) -> None:
        """Add a key or a value that is neither a map nor a list."""
        self.count(event)
        text: str = event.value
        if event.implicit[0]:
            if self.has_question_marks and "?" in text and self.in_flow and event.style not in QUOTES:
                self.complain("values/file-question-mark", event.start_mark, raw=shown(text))
            if (text and text[0] not in SPECIAL_STARTS) or event.style in QUOTES:  # `! "5"`
                value: Any = intern(text)  # files of one kind repeat texts: this saves 4 KiB each
            elif self.container.__class__ is dict and self.key is None:
                self.plain_key(text, event)
                return
            else:
                value = self.plain(text, event)
        elif event.tag is None or event.tag == "!":
            value = text
            if self.text_with_slashes and has_escaped_slash(self.text_with_slashes, event):
                self.complain("values/file-escaped-slash", event.start_mark)
            if event.style == '"' and not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
                # libyaml rejects such an escape, the parser in Python accepts it.
                reason = "half a surrogate pair is no character"
                self.complain("values/file-not-yaml", event.start_mark, reason=reason)
        else:
            value = self.tagged(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, None)
        self.put(value, None, event.start_mark)

    @rule("values/file-not-finite", on="part")
    def plain(self, text: str, event: Any) -> Any:
        """Return a value without quotes, as kubectl reads it; note a surprise if the parsers differ."""
        if text.isdecimal() and text.isascii() and text[0] != "0" and len(text) < 18:
            return int(text)
        value = as_json(go_value(text))
        if isinstance(value, float) and value - value != 0:
            self.complain("values/file-not-finite", event.start_mark, raw=shown(text))
            return None
        if not self.is_json and is_surprising(text, value):
            self.note_surprise(self.path(), text, value, event.start_mark)
        return value

    @rule("values/file-key-not-text", on="shared")
    def plain_key(self, text: str, event: Any) -> None:
        """Add a key without quotes, and note it if a parser does not read it as text."""
        if text == "<<":
            self.key, self.key_mark = MERGE, event.start_mark
            return
        value = go_value(text)
        key = key_text(value)
        if key is None:
            self.complain("values/file-key-not-text", event.start_mark, key=shown(value if text else None))
            key = text
        elif not isinstance(value, str) or is_surprising(text, value):
            self.note_odd_key((*self.parent_path(), key), text, event.start_mark)
        if event.anchor is not None:
            self.anchors[event.anchor] = (as_json(value), None)
        self.put(key, None, event.start_mark)

    def tagged(self, event: Any) -> Any:
        """Return a scalar with a tag such as `!!str`."""
        is_key = self.container.__class__ is dict and self.key is None
        if event.tag == MERGE_TAG and is_key and event.anchor is None:
            return MERGE
        try:
            return tagged_value(event.tag, event.value)
        except TagError as error:
            tag, raw = shown(short_tag(event.tag)), shown(event.value)
            self.complain(error.rule, event.start_mark, tag=tag, raw=raw)
            return ""

    @rule(
        "values/file-too-many-aliases", "values/file-unknown-anchor", "values/file-alias-of-itself", on="part"
    )
    def alias(self, event: Any) -> None:
        """Add a copy of the node `&name` for the alias `*name`."""
        self.count(event)
        self.aliases += 1
        if self.aliases > MOST_ALIASES:
            self.stop("values/file-too-many-aliases", event.start_mark, limit=MOST_ALIASES)
        if event.anchor not in self.anchors:
            self.complain("values/file-unknown-anchor", event.start_mark, anchor=shown(event.anchor))
            self.put("", None, event.start_mark)
            return
        value, entries = self.anchors[event.anchor]
        if value.__class__ in (dict, list):
            if value is self.container or any(value is frame[0] for frame in self.stack):
                self.stop("values/file-alias-of-itself", event.start_mark, anchor=shown(event.anchor))
            self.refuse_as_key(event)
            value = self.copy(value, len(self.stack) + 1, event)
        self.put(value, entries, event.start_mark)

    @rule("values/file-alias-bomb", on="part")
    def copy(self, value: Any, depth: int, event: Any) -> Any:
        """Return a copy of an alias's value; its nodes and depth count like those of written text."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            self.stop("values/file-alias-bomb", event.start_mark, limit=MOST_NODES)
        if value.__class__ is dict:
            self.refuse_depth(depth, event)
            self.nodes += len(value)
            return {key: self.copy(child, depth + 1, event) for key, child in value.items()}
        if value.__class__ is list:
            self.refuse_depth(depth, event)
            return [self.copy(child, depth + 1, event) for child in value]
        return value

    def open_map(self, event: Any) -> None:
        """Begin a map."""
        self.open(event, {}, {})

    def open_list(self, event: Any) -> None:
        """Begin a list."""
        self.open(event, [], [])

    @rule("values/file-unknown-tag", on="shared")
    def open(self, event: Any, container: Any, entries: Any) -> None:
        """Begin a map or list: add it to its parent and make it the container being filled."""
        self.count(event)
        self.refuse_depth(len(self.stack) + 1, event)
        if event.tag is not None and not is_known_collection(event.tag, container):
            self.complain("values/file-unknown-tag", event.start_mark, tag=shown(short_tag(event.tag)))
        self.refuse_as_key(event)
        frame = (self.container, self.entries, self.key, self.key_mark, self.in_flow)
        if self.key is not MERGE:
            self.put(container, entries, event.start_mark)
        if event.anchor is not None:
            self.anchors[event.anchor] = (container, entries)
        self.stack.append(frame)
        self.container, self.entries, self.key, self.in_flow = container, entries, None, event.flow_style

    def close(self, event: Any) -> None:
        """End a map or list, and continue with its parent."""
        value, entries = self.container, self.entries
        self.container, self.entries, key, self.key_mark, self.in_flow = self.stack.pop()
        self.key = None
        if key is MERGE:
            self.merge(value, entries, self.key_mark)

    def put(self, value: Any, inside: PlacedEntries | None, mark: Position) -> None:
        """Put a value or a key into the map or list being filled."""
        container = self.container
        if container.__class__ is list:
            container.append(value)
            self.entries.append(PlacedEntry(mark, mark, inside))
        elif container is None:
            self.document.value = value
            self.document.root = PlacedEntry(mark, mark, inside)
        elif self.key is None:
            self.take_key(value, mark)
        elif self.key is MERGE:
            self.key = None
            self.merge(value, inside, mark)
        else:
            container[self.key] = value
            self.entries[self.key] = PlacedEntry(self.key_mark, mark, inside)
            self.key = None

    @rule("values/file-key-not-text", on="shared")
    def take_key(self, key: Any, mark: Position) -> None:
        """Remember the key whose value comes next."""
        if key.__class__ is not str and key is not MERGE:  # from an alias or a tag
            text = key_text(key)
            if text is None:
                self.complain("values/file-key-not-text", mark, key=shown(key))
            else:
                self.note_odd_key((*self.parent_path(), text), text, mark)
            key = text or ""
        self.key = key if key is MERGE else intern(key)
        self.key_mark = mark
        if key in self.container:
            self.note_duplicate(self.path(), self.entries[key], mark)

    @rule("values/file-merge-of-no-map", on="part")
    def merge(self, value: Any, entries: Any, mark: Position) -> None:
        """Merge the entries of the map or maps under `<<`; the first map takes precedence.

        As in kubectl, they also override keys above the `<<`, which PyYAML does not let them do.
        """
        maps = [(value, entries)]
        if value.__class__ is list:
            maps = [(item, entry.inside) for item, entry in zip(value, entries, strict=True)][::-1]
        for item, inside in maps:
            if item.__class__ is not dict:
                self.complain("values/file-merge-of-no-map", mark, value=shown(item))
                continue
            self.container.update(item)
            self.entries.update({key: entry._replace(merged=True) for key, entry in inside.items()})

    def path(self) -> FieldPath:
        """Return the path of the value being read."""
        if self.container is None:
            return ()
        return (*self.parent_path(), step(self.container, self.key, len(self.container)))

    def parent_path(self) -> FieldPath:
        """Return the path of the map or list being filled."""
        frames = self.stack[1:]  # the first frame holds the root's surroundings, which are empty
        return tuple(step(container, key, len(container) - 1) for container, _, key, *_ in frames)

    @rule("values/file-key-not-text", on="shared")
    def refuse_as_key(self, event: Any) -> None:
        """Stop at a map or list used as a key."""
        if self.container.__class__ is dict and self.key is None:
            self.stop("values/file-key-not-text", event.start_mark, key="a map or a list")
