"""A schema of the pack in a form that editors understand: the same verdict, in the words of the rules.

`errorMessage`, `patternErrorMessage` and `doNotSuggest` are yaml-language-server's; others pass over them. It
has no own words for a `not`, so those that our schemas have are written in another way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack.facts.rules import get_rule
from kaito_pack.form.hints import Hints
from kaito_pack.form.questions import suggested
from kaito_pack.kaito import instance_types
from kaito_pack.kaito.target import Target
from kaito_pack.kubernetes.decoding import definitions, quantity
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.pack import Pack

Schema = dict[str, Any]

ANNOTATIONS = frozenset(("title", "description", "default", "examples", "deprecated"))
NOT_OFFERED: Schema = {"doNotSuggest": True}
# What explains the refusal of a keyword, and the rule of one that says nothing of rules.
_MESSAGES = {"pattern": "patternErrorMessage", "enum": "errorMessage", "required": "errorMessage"}
_QUANTITY_RULE = "values/bad-quantity"
# As kaito_pack.kubernetes.decoding.quantity reads one; but an exponent that is too large for it passes here.
_UNITS = "|".join(filter(None, [*quantity.BINARY, *quantity.DECIMAL]))
_AMOUNT = rf"[+]?(?=[0-9.]*[1-9])[0-9]*[.]?[0-9]*({_UNITS}|[eE][-+]?[0-9]{{1,19}})?"
_QUANTITY = rf"^[{quantity.SPACES}]*{_AMOUNT}[{quantity.SPACES}]*(?!\n)$"


def plain(schema: Any) -> Any:
    """A schema without the pack's own keywords, its refusals explained."""
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if set(schema.get("not", ())) == {"type", "pattern"} and "pattern" not in schema:
        schema = _unlike(schema)
    words_of = {key: _part(key, part) for key, part in schema.items() if not key.startswith("x-")}
    if words_of.pop("format", None) == "quantity":
        words_of |= {
            "pattern": _QUANTITY,
            "exclusiveMinimum": 0,
            "patternErrorMessage": words(_QUANTITY_RULE),
        }
    if suggest := schema.get("x-form", {}).get("suggest"):
        words_of["examples"] = offered(suggest)
    if "enum" in words_of:
        words_of.pop("examples", None)  # the choices are shown already
    for keyword, name in schema.get("x-rules", {}).items():
        if keyword in _MESSAGES:
            words_of[_MESSAGES[keyword]] = words(name)
    return with_refusals(words_of, dict(_refused(schema)))


def offered(suggest: str) -> list[str]:
    """The known names that an editor completes a value with; any other one is as good."""
    target = Target(Pack().kaito_version(), definitions.newest())
    targets = [target._replace(cloud=cloud) for cloud in instance_types.clouds()]
    hints = Hints(suggest=suggest)  # type: ignore[arg-type]
    names = [name for each in targets for name in suggested(hints, each, Catalogue())]
    return list(dict.fromkeys(names))


def words(name: str, **facts: str) -> str:
    """Return what an editor shows for a broken rule: its message if the facts are known, else its meaning."""
    row = get_rule(name)
    message = f"{row.message.format_map(facts)}." if facts else row.meaning
    # A fix that depends on what was written is left to `kaito-pack`.
    return f"{message} [{name}]" if "{" in row.fix else f"{message} {row.fix}. [{name}]"


def refuses(schema: Any) -> bool:
    """Whether a schema can refuse anything, or does no more than describe."""
    if not isinstance(schema, Mapping):
        return True
    return any(
        any(map(refuses, part.values())) if key == "properties" else True
        for key, part in schema.items()
        if key not in ANNOTATIONS
    )


def with_refusals(schema: Schema, refused: Mapping[str, str]) -> Schema:
    """`schema`, and the properties it refuses: {name: what is said of it}."""
    if not refused:
        return schema
    groups: dict[str, Schema] = {}
    for name, text in refused.items():
        groups.setdefault(text, {})[name] = False
    known = dict.fromkeys(refused, NOT_OFFERED)
    parts = [{"properties": names, "errorMessage": text} for text, names in groups.items()]
    properties = {**schema.get("properties", {}), **known}
    return {**schema, "properties": properties, "allOf": [*schema.get("allOf", []), *parts]}


def _part(keyword: str, part: Any) -> Any:
    if keyword == "properties":
        return {name: plain(schema) for name, schema in part.items() if not _is_refused(schema)}
    if keyword == "propertyNames" and _names_refused(part):
        return plain({key: value for key, value in part.items() if key != "not"})
    return part if keyword in ANNOTATIONS else plain(part)


def _is_refused(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("not") == {}


def _refused(schema: Schema) -> Iterator[tuple[str, str]]:
    for name, part in schema.get("properties", {}).items():
        if _is_refused(part):
            yield name, words(part["x-rules"]["not"])
    names = schema.get("propertyNames", {})
    for name in _names_refused(names):
        yield name, words(names["x-rules"]["not"])


def _names_refused(names: Any) -> list[str]:
    """The property names that a `propertyNames` refuses one by one."""
    unlike = names.get("not", {}) if isinstance(names, Mapping) else {}
    refused: list[str] = unlike["enum"] if set(unlike) == {"enum"} else []
    return refused


def _unlike(schema: Schema) -> Schema:
    """`schema` with its text that is not like a pattern as text like another pattern."""
    others = {key: part for key, part in schema.items() if key != "not"}
    unlike = rf"^(?![\s\S]*(?:{schema['not']['pattern']}))"
    return {**others, "pattern": unlike, "x-rules": {"pattern": schema["x-rules"]["not"]}}
