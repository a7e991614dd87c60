"""Explains violations of a JSON Schema: the jsonschema library detects them, the rules have the words.

This module is imported only if there is something to explain, because jsonschema is slow to import.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.sentences import either
from kaito_pack.base.trees import Schema
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding.quantity import positive_quantity_error

FORMATS = FormatChecker(formats=())
FORMATS.checks("quantity")(lambda value: positive_quantity_error(value) is None)


class Dialect(NamedTuple):
    """The rules by which one kind of file reports violations of its schema.

    `rules` are by keyword, unless the schema's own `x-rules` names a more specific one. `x-elsewhere` is for
    a field whose place the schema names under that keyword; `otherwise` is for all other keywords. `types`
    are words for JSON types. `shows_absent` is whether a problem has the path of the missing field or the
    wrong key instead of that of the parent.
    """

    rules: Mapping[str, str]
    otherwise: str
    types: Mapping[str, str]
    shows_absent: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the rules."""
        return (*self.rules.values(), self.otherwise)


PACK_FILES = Dialect(
    {
        "additionalProperties": "values/pack-file-unknown-field",
        "required": "values/pack-file-missing-field",
        "dependentRequired": "values/pack-file-missing-field",
        "type": "values/pack-file-wrong-type",
        "enum": "values/pack-file-not-a-choice",
        "const": "values/pack-file-not-a-choice",
    },
    "values/pack-file-wrong-value",
    {"object": "a map", "array": "a list", "string": "a string (in quotes)", "integer": "a whole number"},
    shows_absent=False,
)


class Explained(NamedTuple):
    """A problem, and whether it is about the key at its path instead of the value."""

    problem: Problem
    is_about_key: bool = False


def strictest(errors: Sequence[ValidationError]) -> list[ValidationError]:
    """Return the errors; if a value breaks several lower or upper bounds, return only the strictest."""
    bounds: dict[tuple[object, ...] | None, Any] = {}
    for error in errors:
        if (key := _bound(error)) is not None:
            stricter = max if str(error.validator).startswith("min") else min
            bounds[key] = stricter(bounds.get(key, error.validator_value), error.validator_value)
    return [each for each in errors if bounds.get(_bound(each), each.validator_value) == each.validator_value]


def _bound(error: ValidationError) -> tuple[object, ...] | None:
    """Return the kind of bound and the value that an error is about; None for another kind of error."""
    keyword = str(error.validator)
    return (keyword, *error.absolute_path) if keyword.startswith(("min", "max")) else None


@rule(*PACK_FILES.names, on="shared")
def explained(
    error: ValidationError,
    dialect: Dialect,
    facts: Mapping[str, object] | None = None,
    known_elsewhere: Callable[[FieldPath], Problem | None] = lambda path: None,
) -> Iterator[Explained]:
    """Yield the problems of one jsonschema error, in the words of `dialect`, not yet located.

    `facts` fill the words of the schema's own rules. `known_elsewhere` is called for a field that the schema
    does not have; it returns the problem if the field belongs to another schema.
    """
    path: FieldPath = tuple(error.absolute_path)
    facts, keyword = facts or {}, str(error.validator)
    if keyword == "additionalProperties":
        yield from _unknown_fields(error, path, dialect, known_elsewhere)
    elif keyword == "required" or (keyword == "dependentRequired" and keyword in dialect.rules):
        yield from _missing_fields(error, path, dialect, facts)
    else:
        is_of_key = dialect.shows_absent and "propertyNames" in error.absolute_schema_path
        path = (*path, str(error.instance)) if is_of_key else path
        reported = problem(_rule(error, dialect), path, **{**facts, **_facts(error, dialect)})
        yield Explained(reported, is_of_key)


def _unknown_fields(
    error: ValidationError,
    path: FieldPath,
    dialect: Dialect,
    known_elsewhere: Callable[[FieldPath], Problem | None],
) -> Iterator[Explained]:
    parts = _schema(error).get("properties", {})
    hints = _schema(error).get("x-elsewhere", {})
    allowed = [name for name, part in parts.items() if not (isinstance(part, Mapping) and "not" in part)]
    for field in [str(name) for name in _instance(error) if name not in parts]:
        where = (*path, field)
        # A keyword of another schema is not a typo, even if it resembles a keyword of this schema.
        if field in hints and "x-elsewhere" in dialect.rules:
            reported: Problem | None = problem(dialect.rules["x-elsewhere"], where, hint=hints[field])
        else:
            reported = known_elsewhere(where)
        if reported is None:
            close, listed = did_you_mean(field, allowed), ", ".join(sorted(allowed))
            fix = f"did you mean `{close}`?" if close else f"Fields here are {listed}"
            remedy = f"Did you mean {close}" if close else f"Use one of {listed}"
            reported = problem(dialect.rules["additionalProperties"], where, fix=fix, remedy=remedy)
        yield Explained(reported, is_about_key=True)


def _missing_fields(
    error: ValidationError, path: FieldPath, dialect: Dialect, facts: Mapping[str, object]
) -> Iterator[Explained]:
    # jsonschema reports each missing field separately, and begins its message with the name.
    for name in _wanted(error):
        if name not in _instance(error) and error.message.startswith(repr(name)):
            example = _schema(error).get("properties", {}).get(name, {}).get("examples", [None])[0]
            fix = f"Give one, such as {shown(example)}" if example is not None else "Give one"
            where = (*path, name) if dialect.shows_absent else path
            words = {**facts, "fix": fix, "field": name}
            yield Explained(problem(_rule(error, dialect), where, **words))


def _wanted(error: ValidationError) -> list[str]:
    """Return the names of all required fields of the instance."""
    wanted: Any = error.validator_value
    if isinstance(wanted, dict):  # dependentRequired
        return [name for field, names in wanted.items() if field in _instance(error) for name in names]
    return wanted if isinstance(wanted, list) else []


def _rule(error: ValidationError, dialect: Dialect) -> str:
    keyword = str(error.validator)
    nearer: Mapping[str, str] = _schema(error).get("x-rules", {})
    return nearer.get(keyword, dialect.rules.get(keyword, dialect.otherwise))


def _facts(error: ValidationError, dialect: Dialect) -> dict[str, object]:
    """Return the facts about a rejected value that the words of a rule may use."""
    expected = error.validator_value
    types = expected if isinstance(expected, list) else [expected]
    return {
        "value": shown(error.instance),
        "limit": shown(expected, quote=False),
        "bound": "below" if str(error.validator).startswith("min") else "above",
        "types": either([dialect.types.get(str(name), f"a {name}") for name in types]),
        "choices": ", ".join(map(str, _choices(_schema(error)))),
        "fix": _fix(error),
        "meaning": _meaning(_schema(error)),
        "reason": positive_quantity_error(error.instance) if error.validator == "format" else error.message,
    }


def _choices(schema: Schema) -> list[Any]:
    choices: list[Any] = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return choices


def _fix(error: ValidationError) -> str:
    """Return what to write instead, as far as the schema shows it."""
    if choices := _choices(_schema(error)):
        close = did_you_mean(str(error.instance), map(str, choices))
        return f"did you mean `{close}`?" if close else f"Choose {', '.join(map(str, choices))}"
    examples = _schema(error).get("examples")
    if not examples:
        return ""
    example = examples[0]
    return f"Write it like `{json.dumps(example) if isinstance(example, dict | list) else example}`"


def _meaning(schema: Schema) -> str:
    """Return the first sentence of the value's description in the schema."""
    text = str(schema.get("description") or schema.get("title") or "see the schema")
    sentence = text.partition(". ")[0].rstrip(".")
    return sentence[:1].lower() + sentence[1:]


def _schema(error: ValidationError) -> Schema:
    """Return the schema that rejected the value; an empty one for a bare `false`."""
    return error.schema if isinstance(error.schema, Mapping) else {}


def _instance(error: ValidationError) -> Mapping[str, Any]:
    return error.instance if isinstance(error.instance, Mapping) else {}
