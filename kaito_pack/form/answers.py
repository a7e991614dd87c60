"""Turns typed answers into a values document and into a commented values file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack.base import json_text
from kaito_pack.base.problems import PackError
from kaito_pack.base.trees import Schema, ValuesMap
from kaito_pack.documents.scalars import to_yaml
from kaito_pack.form.hints import hints
from kaito_pack.form.questions import Question
from kaito_pack.pack import Mode, json_schema
from kaito_pack.values.meanings import MODE
from kaito_pack.values.overrides import typed


def parsed(question: Question, text: str, by_line: bool = False) -> Any:
    """Return the value that the user means by `text`; None for no answer.

    Text of the wrong type, such as `two` for a count, stays text, and the schema check reports it. Commas,
    spaces or newlines separate the items of a list; map entries are written as `key=value`. With `by_line`
    only newlines separate items, so an item may contain commas and spaces. Lists and maps may also be JSON.
    A list of maps is YAML.
    """
    text = text.strip()
    if not text:
        return None
    if question.kind == "choice":
        return next((choice.value for choice in question.choices if str(choice.value) == text), text)
    if question.kind == "maps":
        items = _as_yaml(text)
        return text if items is None else items
    if question.kind in ("list", "map"):
        parts = _as_json(text, list if question.kind == "list" else dict)
        return _parts(question, text, by_line) if parts is None else parts
    if question.kind == "text" and question.holds_text:
        return (_as_json(text, dict) or text) if question.may_be_map else text
    value = typed(text)
    wanted = {"switch": (bool,), "integer": (int,)}.get(question.kind, (int, float))
    return value if type(value) in wanted else text


def _parts(question: Question, text: str, by_line: bool) -> Any:
    lines = text.splitlines() if by_line else text.replace(",", "\n").splitlines()
    items = [line.strip() for line in lines if line.strip()]
    if question.kind == "list":
        return items if by_line else [word for item in items for word in item.split()]
    read = str if question.holds_text else typed
    entries = [item.partition("=") for item in items]
    if not all(equals for _, equals, _ in entries):
        return text  # stays as typed; `checking` reports the problem
    return {key.strip(): read(value.strip()) for key, _, value in entries}


def _as_json(text: str, wanted: type) -> Any:
    """Return the list or map in a JSON text; None if it is not one or a file could not hold it."""
    try:
        value = json_text.parsed(text) if text[0] in "[{" else None
        to_yaml(value)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, wanted) else None


def _as_yaml(text: str) -> list[Any] | None:
    """Return the list in a YAML or JSON text; None if the text cannot be read or is not a list."""
    from kaito_pack.documents import read_text

    try:
        documents = read_text(text, "answer")
        value = documents[0].value if len(documents) == 1 else None
        to_yaml(value)
    except (PackError, ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def written(question: Question, value: Any, by_line: bool = False) -> str:
    """Return `value` as a user would type it; `parsed` reads it back."""
    if value is None:
        return ""
    if not isinstance(value, Mapping | list):
        return _word(value)
    if question.kind == "maps" and by_line:
        return to_yaml(value).strip()
    if question.may_be_map or question.kind == "maps":
        return json.dumps(value, ensure_ascii=False)
    words = [f"{key}={_word(part)}" for key, part in value.items()] if isinstance(value, Mapping) else value
    text, exact = ("\n" if by_line else ", ").join(map(_word, words)), json.dumps(value, ensure_ascii=False)
    return text if json.dumps(parsed(question, text, by_line), ensure_ascii=False) == exact else exact


def _word(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def of_mode(mode: Mode, answers: ValuesMap) -> dict[str, Any]:
    """Return the answers that remain valid after the user switches to `mode`."""
    taken = mode.schema.get("properties", {})
    return {name: value for name, value in answers.items() if name in taken and name != MODE}


def submitted(mode: Mode, answers: ValuesMap) -> dict[str, Any]:
    """Return the values document of the answers; most defaults are omitted, some are always written.

    Values that no form asks for, such as the pod template of an opened file, stay unchanged, even if invalid.
    """
    return {MODE: mode.name} | _submitted(mode.schema, answers, mode.name)


def _submitted(schema: Schema, answers: ValuesMap, where: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    schema = json_schema.applicable(schema, answers)
    parts = schema.get("properties", {})
    for name in [*parts, *(key for key in answers if key not in parts)]:
        part, value = parts.get(name, {}), answers.get(name)
        if part.get("not") == {}:
            continue  # left over from an earlier choice, such as the GPU count after a change to cpu
        if "properties" in part and not part.get("x-opaque"):
            value = _submitted(part, value if isinstance(value, Mapping) else {}, where) or None
        elif hints(part, where).always:
            choices = part.get("enum", ())
            value = next(filter(_is_set, (value, part.get("default"), *choices[: len(choices) == 1])), None)
        elif name not in schema.get("required", ()) and value == part.get("default"):
            continue
        if _is_set(value):
            result[name] = value
    return result


def _is_set(value: Any) -> bool:
    return value is not None and value != {} and value != []


def values_text(mode: Mode, answers: ValuesMap, schema_file: str | None = None) -> str:
    """Return the values file of the answers: one comment per value, the model and required values first.

    `schema_file` is the path of the schema for editors, relative to the file; None omits that line.
    """
    lines = [f"# yaml-language-server: $schema={schema_file}"] if schema_file else []
    lines.append(f"# {mode.facts['title']}: {mode.facts['description']}")
    document = submitted(mode, answers)
    schema = json_schema.applicable(mode.schema, document)
    names = sorted(document, key=lambda name: _rank(name, schema))
    return "\n".join([*lines, *_entries({name: document[name] for name in names}, schema, "")]) + "\n"


def _rank(name: str, schema: Schema) -> int:
    """Return the sort rank of a value: required values first, in schema order, then the others."""
    order = [*dict.fromkeys([*schema.get("required", ()), *schema.get("properties", {})])]
    return order.index(name) if name in order else len(order)


def _entries(values: ValuesMap, schema: Schema, pad: str) -> Iterator[str]:
    for name, value in values.items():
        part = schema.get("properties", {}).get(name, {})
        if "properties" in part and not part.get("x-opaque") and isinstance(value, Mapping):
            yield f"{pad}{name}:"
            yield from _entries(value, json_schema.applicable(part, value), pad + "  ")
            continue
        if comment := first_sentence(part.get("description", "")):
            yield f"{pad}# {comment}"
        yield from to_yaml({name: value}, len(pad)).splitlines()


def first_sentence(text: str) -> str:
    """Return the text before the first full stop that ends a sentence."""
    return text.partition(". ")[0].removesuffix(".")
