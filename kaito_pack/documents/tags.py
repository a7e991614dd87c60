"""YAML's standard tags: `!!str 5` is text. Other tags are rejected because readers disagree on them."""

from __future__ import annotations

from kaito_pack.documents.readings import as_json, go_value
from kaito_pack.facts.checks import rule

PREFIX = "tag:yaml.org,2002:"
MERGE_TAG = PREFIX + "merge"
COLLECTIONS = {PREFIX + "map": dict, PREFIX + "seq": list, "!": object}
KINDS: dict[str, tuple[type, ...]] = {
    PREFIX + "int": (int,),
    PREFIX + "float": (float, int),
    PREFIX + "bool": (bool,),
    PREFIX + "null": (type(None),),
}
TEXT = frozenset({PREFIX + "str", PREFIX + "timestamp"})  # kubectl reads a timestamp as text


class TagError(Exception):
    """A tag that cannot be applied, for the reason that `rule` names."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@rule("values/file-unknown-tag", "values/file-tag-misfit", on="shared")
def tagged_value(tag: str, text: str) -> object:
    """Return kubectl's reading of a scalar with `tag`. Raises TagError for an unknown tag or invalid text."""
    if tag in TEXT:
        return text
    if tag == PREFIX + "binary":
        return decoded_binary(text)
    kinds = KINDS.get(tag)
    if kinds is None:
        raise TagError("values/file-unknown-tag")
    value = go_value(text)
    is_odd_number = isinstance(value, float) and value - value != 0  # infinity and NaN
    if not isinstance(value, kinds) or is_odd_number or (bool not in kinds and isinstance(value, bool)):
        raise TagError("values/file-tag-misfit")
    return as_json(value)


@rule("values/file-tag-misfit", on="shared")
def decoded_binary(text: str) -> str:
    """Return the text encoded in base64, as kubectl reads `!!binary`."""
    from base64 import b64decode

    try:
        return b64decode("".join(text.split()), validate=True).decode()
    except ValueError as error:
        raise TagError("values/file-tag-misfit") from error


def is_known_collection(tag: str, container: object) -> bool:
    """Return whether `tag` is allowed before this map or list."""
    return isinstance(container, COLLECTIONS.get(tag, ()))


def short_tag(tag: str) -> str:
    """Return `!!int` for a standard tag of YAML; return other tags unchanged."""
    return "!!" + tag[len(PREFIX) :] if tag.startswith(PREFIX) else tag
