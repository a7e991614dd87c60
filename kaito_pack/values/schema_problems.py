"""Explains violations of a values schema, with the place of each value.

This module is imported only after a rejection because jsonschema is slow to import.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kaito_pack.base.display import escaped, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.sentences import either
from kaito_pack.base.trees import Schema, ValuesMap, mapping
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.pack import Mode, Pack, json_schema
from kaito_pack.pack.schema_problems import FORMATS, Dialect, explained, strictest
from kaito_pack.values import layers
from kaito_pack.values.commands import command_of
from kaito_pack.values.layers import Layer
from kaito_pack.values.meanings import placeholders

VALUES = Dialect(
    {
        "type": "values/wrong-type",
        "enum": "values/not-one-of",
        "const": "values/not-one-of",
        "required": "values/missing",
        "additionalProperties": "values/unknown-field",
        "x-elsewhere": "values/belongs-elsewhere",
        "format": "values/bad-quantity",
        "minimum": "values/out-of-range",
        "maximum": "values/out-of-range",
        "minLength": "values/too-short",
        "maxLength": "values/too-long",
        "minItems": "values/too-few",
        "maxItems": "values/too-many",
        "minProperties": "values/too-few",
        "uniqueItems": "values/not-unique",
    },
    "values/refused",
    {
        "object": "a map",
        "array": "a list",
        "string": "text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "null": "null",
    },
    shows_absent=True,
)


@rule("values/other-mode", on="part")
@rule(*VALUES.names, on="shared")
def explain(mode: Mode, given: ValuesMap, stack: Sequence[Layer], pack: Pack) -> Iterator[Problem]:
    """Yield every violation of the schema of `mode` by `given`, with the place of the value."""

    def of_other_modes(path: FieldPath) -> Problem | None:
        names = [name for name in pack.mode_names if path[1:] == () and path[0] in _fields(pack.mode(name))]
        facts = {"field": shown(path[-1]), "others": either(names) if names else "", "mode": mode.name}
        return problem("values/other-mode", path, **facts) if names else None

    facts = _facts(mode.schema, given)
    where = f"schemas/values/{mode.name}.schema.json"
    for error in strictest(json_schema.errors_of(mode.schema, given, FORMATS, where)):
        for reported, is_about_key in explained(error, VALUES, facts, of_other_modes):
            yield reported.located(layers.place(stack, reported.path, key=is_about_key))


def _fields(mode: Mode) -> list[str]:
    return [name for name, part in mode.schema["properties"].items() if "not" not in part]


def _facts(schema: Schema, given: ValuesMap) -> dict[str, str]:
    """Return the facts for the words of a rule, safe to print: the values and the command of a choice."""
    scalars = {key: shown(value, quote=False) for key, value in given.items() if isinstance(value, str)}
    commands = (
        command_of(part, given.get(name), given) for name, part in mapping(schema.get("properties")).items()
    )
    return {**placeholders(), **scalars} | {"command": escaped(next(filter(None, commands), ""))}
