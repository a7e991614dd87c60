"""Converts a schema of the pack for editors: the same verdict, in the words of the rules.

`errorMessage`, `patternErrorMessage` and `doNotSuggest` are keywords of yaml-language-server; other tools
ignore them. It has no message for `not`, so each `not` of the pack's schemas is rewritten.
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
# The message keyword of each rejecting keyword, and the rule for quantities, whose schemas do not name one.
_MESSAGES = {"pattern": "patternErrorMessage", "enum": "errorMessage", "required": "errorMessage"}
_QUANTITY_RULE = "values/bad-quantity"
# Like kaito_pack.kubernetes.decoding.quantity, but it accepts exponents that are too large.
_UNITS = "|".join(filter(None, [*quantity.BINARY, *quantity.DECIMAL]))
_AMOUNT = rf"[+]?(?=[0-9.]*[1-9])[0-9]*[.]?[0-9]*({_UNITS}|[eE][-+]?[0-9]{{1,19}})?"
_QUANTITY = rf"^[{quantity.SPACES}]*{_AMOUNT}[{quantity.SPACES}]*(?!\n)$"


def plain(schema: Any) -> Any:
    """Return a schema without the pack's own keywords, with messages for rejections."""
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
        words_of.pop("examples", None)  # the choices are already shown
    for keyword, name in schema.get("x-rules", {}).items():
        if keyword in _MESSAGES:
            words_of[_MESSAGES[keyword]] = words(name)
    return with_refusals(words_of, dict(_refused(schema)))


def offered(suggest: str) -> list[str]:
    """Return the names that an editor suggests for a value; other names are valid as well."""
    target = Target(Pack().kaito_version(), definitions.newest())
    targets = [target._replace(cloud=cloud) for cloud in instance_types.clouds()]
    hints = Hints(suggest=suggest)  # type: ignore[arg-type]
    names = [name for each in targets for name in suggested(hints, each, Catalogue())]
    return list(dict.fromkeys(names))


def words(name: str, **facts: str) -> str:
    """Return the editor's text for a broken rule: its message if the facts are known, else its meaning."""
    row = get_rule(name)
    message = f"{row.message.format_map(facts)}." if facts else row.meaning
    # Only `kaito-pack` shows a fix that depends on the written value.
    return f"{message} [{name}]" if "{" in row.fix else f"{message} {row.fix}. [{name}]"


def refuses(schema: Any) -> bool:
    """Return whether a schema can reject anything, instead of only describing it."""
    if not isinstance(schema, Mapping):
        return True
    return any(
        any(map(refuses, part.values())) if key == "properties" else True
        for key, part in schema.items()
        if key not in ANNOTATIONS
    )


def with_refusals(schema: Schema, refused: Mapping[str, str]) -> Schema:
    """Return `schema` with the rejected properties `refused`: {name: message}."""
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
    """Return the property names that a `propertyNames` rejects individually."""
    unlike = names.get("not", {}) if isinstance(names, Mapping) else {}
    refused: list[str] = unlike["enum"] if set(unlike) == {"enum"} else []
    return refused


def _unlike(schema: Schema) -> Schema:
    """Return `schema` with a text pattern in place of a negated text pattern."""
    others = {key: part for key, part in schema.items() if key != "not"}
    unlike = rf"^(?![\s\S]*(?:{schema['not']['pattern']}))"
    return {**others, "pattern": unlike, "x-rules": {"pattern": schema["x-rules"]["not"]}}
