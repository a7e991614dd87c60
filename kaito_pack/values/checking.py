"""Checks values by the schema of their mode, fills in defaults and converts them to canonical form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Place, Problem, ProblemsError
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Schema, ValuesMap, mapping, put
from kaito_pack.documents import Document
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.pack import Mode, Pack, json_schema
from kaito_pack.values import layers
from kaito_pack.values.layers import Layer
from kaito_pack.values.meanings import MODE
from kaito_pack.values.secrets import secret_problems


class Values(NamedTuple):
    """Valid values: `given` as written (layers merged, nulls removed), `filled` for the templates."""

    mode: Mode
    layers: Sequence[Layer]
    given: ValuesMap
    filled: ValuesMap

    @property
    def file(self) -> str:
        """The values file, as the user named it."""
        return next(layer for layer in self.layers if layer.title == "values").document.file

    def place(self, path: FieldPath, key: bool = False) -> Place:
        """Return the place where the value at `path` was written."""
        return layers.place(self.layers, path, key)


def check(stack: Sequence[Layer], pack: Pack) -> Values:
    """Return the merged values of the layers. Raises ProblemsError with all problems."""
    try:
        return _check(stack, pack)
    except ProblemsError as error:
        from kaito_pack.base.masking import masked

        trees = [layer.document.value for layer in stack]
        raise ProblemsError(masked(error.problems, *trees)) from None


def _check(stack: Sequence[Layer], pack: Pack) -> Values:
    problems = [reported for layer in stack for reported in _written(layer.document)]
    if any(not isinstance(layer.document.value, dict) for layer in stack):
        raise ProblemsError(problems)
    given = layers.merge(stack)
    mode = _mode(given, stack, pack, problems)
    if not pack.is_foreign:
        return _judged(mode, given, stack, pack, problems)
    from kaito_pack.pack.foreign import blamed

    with blamed(mode.name):
        return _judged(mode, given, stack, pack, problems)


def _judged(
    mode: Mode, given: dict[str, Any], stack: Sequence[Layer], pack: Pack, problems: list[Problem]
) -> Values:
    given = layers.without_nulls(given, mode.schema)
    problems += _surprises(given, stack, mode.schema)
    if problems or not (mode.is_quick and json_schema.accepts(mode.schema, given)):
        from kaito_pack.values.schema_problems import explain

        known = {known_problem.path for known_problem in problems}
        problems += (
            known_problem
            for known_problem in explain(mode, given, stack, pack)
            if known_problem.path not in known
        )
    if problems:
        raise ProblemsError(sorted(problems, key=_position))
    filled = json_schema.with_defaults(mode.schema, given)
    return Values(mode, stack, given, _canonical(mode.schema, filled))


def _position(reported: Problem) -> tuple[str, int, int]:
    place = reported.place or Place("")
    return place.file, place.line, place.column


@rule("values/yaml-surprise", on="shared")
def _surprises(given: dict[str, Any], stack: Sequence[Layer], schema: Schema) -> Iterator[Problem]:
    """Yield a problem for each scalar that YAML readers read differently, except a quantity such as `1e3`."""
    for layer in stack:
        for surprise in layer.document.surprises:
            path = surprise.path
            if layers.origin(stack, path) is not layer:
                continue
            if json_schema.part_at(schema, path).get("format") == "quantity" and _is_exponent(surprise.raw):
                put(given, path, surprise.raw)
            else:
                facts = {"raw": shown(surprise.raw), "reading": shown(surprise.value)}
                yield problem("values/yaml-surprise", path, surprise.place, **facts)


def _is_exponent(raw: str) -> bool:
    return "e" in raw.lower() and not raw.lower().startswith("0x")


def _canonical(schema: Schema, values: dict[str, Any]) -> dict[str, Any]:
    """Return `values` with quantities as Kubernetes prints them, and maps of labels sorted by key.

    KAITO's controller leaves this form unchanged, and a cluster returns labels in it.
    """
    for name, part in schema.get("properties", {}).items():
        value = values.get(name)
        if value is not None and part.get("format") == "quantity":
            from kaito_pack.kubernetes.decoding.quantity import canonical

            values[name] = canonical(value)
        elif isinstance(value, dict) and "properties" in part:
            values[name] = _canonical(part, value)
        elif isinstance(value, dict) and mapping(part.get("additionalProperties")).get("type") == "string":
            values[name] = dict(sorted(value.items()))
    return values


def _mode(given: ValuesMap, stack: Sequence[Layer], pack: Pack, problems: list[Problem]) -> Mode:
    """Return the mode that modelSource names. If it is wrong, no other value can be checked."""
    name = given.get(MODE)
    if isinstance(name, str) and name in pack.mode_names:
        return pack.mode(name)
    mode_problem = _no_mode(given, stack, pack) if name is None else _unknown_mode(name, stack, pack)
    if mode_problem.rule == "values/missing" or mode_problem.path not in {
        earlier.path for earlier in problems
    }:
        problems.append(mode_problem)
    raise ProblemsError(problems)


@rule("values/unknown-field", "values/missing", on="shared")
def _no_mode(given: ValuesMap, stack: Sequence[Layer], pack: Pack) -> Problem:
    """Return the problem of a missing or misspelt modelSource."""
    choices = ", ".join(pack.mode_names)
    known = {field for mode in pack.mode_names for field in pack.mode(mode).schema["properties"]}
    slips = (key for key in given if key not in known)
    misspelt = next((key for key in slips if did_you_mean(str(key), known) == MODE), None)
    if misspelt is None:
        place, fix = layers.place(stack, (), key=True), f"Choose {choices}"
        return problem("values/missing", (MODE,), place, fix=fix, field=MODE)
    fix = f"did you mean `modelSource`? It selects the mode: {choices}"
    return problem("values/unknown-field", (misspelt,), layers.place(stack, (misspelt,), key=True), fix=fix)


@rule("values/unknown-mode", on="part")
def _unknown_mode(name: object, stack: Sequence[Layer], pack: Pack) -> Problem:
    close = did_you_mean(name, pack.mode_names) if isinstance(name, str) else None
    fix = f"did you mean `{close}`?" if close else f"Choose {', '.join(pack.mode_names)}"
    where: FieldPath = (MODE,)
    return problem("values/unknown-mode", where, layers.place(stack, where), value=shown(name), fix=fix)


@rule("values/not-a-map", "values/key-not-text", on="part")
@rule("values/written-twice", on="shared")
def _written(document: Document) -> Iterator[Problem]:
    """Yield the problems of the text of one layer, independent of the schema."""
    if not isinstance(document.value, dict):
        yield problem("values/not-a-map", (), document.place(()), value=shown(document.value))
        return
    for twice in document.duplicates:
        yield problem("values/written-twice", twice.path, twice.place, first=twice.first_line)
    for odd in document.odd_keys:
        yield problem("values/key-not-text", odd.path, odd.place, key=shown(odd.raw))
    yield from (secret.located(document.place(secret.path)) for secret in secret_problems(document.value))
