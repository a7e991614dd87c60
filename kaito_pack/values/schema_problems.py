"""What a values schema refuses, explained: the jsonschema library finds, the table of rules speaks.

Only imported once something is refused, as jsonschema is costly to import.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Schema, ValuesMap
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding.quantity import positive_quantity_error
from kaito_pack.pack import Mode, Pack, json_schema
from kaito_pack.values import layers
from kaito_pack.values.layers import Layer

# The rule that a refused keyword is, unless the schema's own `x-rules` names a nearer one.
_RULE_OF_KEYWORD = {
    "type": "values/wrong-type",
    "enum": "values/not-one-of",
    "const": "values/not-one-of",
    "required": "values/missing",
    "additionalProperties": "values/unknown-field",
    "format": "values/bad-quantity",
    "minimum": "values/out-of-range",
    "maximum": "values/out-of-range",
    "minLength": "values/too-short",
    "maxLength": "values/too-long",
    "minItems": "values/too-few",
    "maxItems": "values/too-many",
    "minProperties": "values/too-few",
    "uniqueItems": "values/not-unique",
}
_OTHERWISE = "values/refused"
_TYPE_WORDS = {
    "object": "a map",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}

_formats = FormatChecker(formats=())
_formats.checks("quantity")(lambda value: positive_quantity_error(value) is None)


def explain(mode: Mode, given: ValuesMap, stack: Sequence[Layer], pack: Pack) -> Iterator[Problem]:
    """Every way in which `given` breaks the schema of `mode`, with the place it was written at."""
    for error in json_schema.validator(mode.schema, _formats).iter_errors(given):
        path: FieldPath = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            yield from _unknown_fields(error, path, mode, stack, pack)
        elif error.validator == "required":
            yield from _missing_fields(error, path, given, stack)
        else:
            yield _refused(error, path, given, stack)


def _unknown_fields(
    error: ValidationError, path: FieldPath, mode: Mode, stack: Sequence[Layer], pack: Pack
) -> Iterator[Problem]:
    known = _schema(error).get("properties", {})
    for field in [str(name) for name in _instance(error) if name not in known]:
        where = (*path, field)
        others = [name for name in pack.mode_names if not path and field in _fields(pack.mode(name))]
        # A word of another mode's is no slip of the pen, whatever this mode's words look like.
        if others:
            facts = {"field": shown(field), "others": " or ".join(others), "mode": mode.name}
            yield problem("values/other-mode", where, layers.place(stack, where, key=True), **facts)
            continue
        fields = [name for name, part in known.items() if "not" not in part]
        close = did_you_mean(field, fields)
        fix = f"did you mean `{close}`?" if close else f"Fields here are {', '.join(sorted(fields))}"
        yield problem("values/unknown-field", where, layers.place(stack, where, key=True), fix=fix)


def _fields(mode: Mode) -> Iterable[str]:
    return [name for name, part in mode.schema["properties"].items() if "not" not in part]


def _missing_fields(
    error: ValidationError, path: FieldPath, given: ValuesMap, stack: Sequence[Layer]
) -> Iterator[Problem]:
    # jsonschema reports each missing name on its own; the message begins with it.
    for name in _required(error):
        if name not in _instance(error) and error.message.startswith(repr(name)):
            where = (*path, name)
            rule = _rule(error)
            example = _schema(error).get("properties", {}).get(name, {}).get("examples", [None])[0]
            fix = f"Give one, such as {shown(example)}" if example is not None else "Give one"
            yield problem(rule, where, layers.place(stack, where), fix=fix, **_facts(given))


def _refused(error: ValidationError, path: FieldPath, given: ValuesMap, stack: Sequence[Layer]) -> Problem:
    of_key = "propertyNames" in error.absolute_schema_path
    where: FieldPath = (*path, str(error.instance)) if of_key else path
    facts = _facts(given) | {
        "value": shown(error.instance),
        "limit": shown(error.validator_value, quote=False),
        "bound": "below" if str(error.validator).startswith("min") else "above",
        "types": _types(error.validator_value),
        "fix": _fix(error),
        "reason": positive_quantity_error(error.instance) if error.validator == "format" else error.message,
    }
    return problem(_rule(error), where, layers.place(stack, where, key=of_key), **facts)


def _rule(error: ValidationError) -> str:
    keyword = str(error.validator)
    return _x_rules(error).get(keyword, _RULE_OF_KEYWORD.get(keyword, _OTHERWISE))


def _x_rules(error: ValidationError) -> Mapping[str, str]:
    rules: Mapping[str, str] = _schema(error).get("x-rules", {})
    return rules


def _schema(error: ValidationError) -> Schema:
    """The schema that refused; an empty one where that is a bare `false`."""
    return error.schema if isinstance(error.schema, Mapping) else {}


def _instance(error: ValidationError) -> Mapping[str, Any]:
    return error.instance if isinstance(error.instance, Mapping) else {}


def _required(error: ValidationError) -> list[str]:
    return error.validator_value if isinstance(error.validator_value, list) else []


def _types(expected: object) -> str:
    names = [expected] if isinstance(expected, str) else expected if isinstance(expected, list) else []
    return " or ".join(_TYPE_WORDS.get(name, str(name)) for name in names)


def _fix(error: ValidationError) -> str:
    """What to write instead, as far as the schema alone tells."""
    schema = _schema(error)
    choices = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if choices:
        close = did_you_mean(str(error.instance), map(str, choices))
        return f"did you mean `{close}`?" if close else f"Choose {', '.join(map(str, choices))}"
    examples = schema.get("examples")
    if not examples:
        return ""
    example = examples[0]
    return f"Write it like `{json.dumps(example) if isinstance(example, dict | list) else example}`"


def _facts(given: ValuesMap) -> dict[str, str]:
    """The scalar values, for words that repeat them (the command that builds an image); safe to print."""
    named = {"modelId": "ORG/REPOSITORY", "ggufFile": "FILE.gguf", "name": "NAME"}
    scalars = {key: shown(value, quote=False) for key, value in given.items() if isinstance(value, str)}
    return named | scalars
