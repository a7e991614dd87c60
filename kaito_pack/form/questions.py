"""The questions of a mode, given the answers so far: pure data, derived from its values schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from kaito_pack.base.trees import Schema, ValuesMap, get
from kaito_pack.facts import presets
from kaito_pack.facts.tables import per_pack, table
from kaito_pack.form.hints import Hints, hints
from kaito_pack.form.model_choice import About, gguf_repositories
from kaito_pack.form.ways import current, offered, shown_by_ways
from kaito_pack.kaito import instance_types
from kaito_pack.kaito.target import Target
from kaito_pack.models.access import values_give_access
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.gguf import images
from kaito_pack.models.model import Model
from kaito_pack.pack import Mode, Pack, json_schema
from kaito_pack.pack.references import resolve
from kaito_pack.values.commands import command_of, filled_in
from kaito_pack.workspace.engines import WEIGHTS, hub_engines

# maps: a list of maps, such as tolerations, answered as YAML.
Kind = Literal["choice", "switch", "integer", "text", "list", "map", "maps"]
ITEMS: dict[str, Kind] = {"string": "list", "object": "maps"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the possible answers and its meaning."""

    value: Any
    detail: str = ""
    command: str = ""  # a command that the user has to run for this choice
    title: str = ""  # display name; empty: the value


@dataclass(frozen=True, slots=True)
class Question:
    """One value to ask for.

    `path` is the path of the answer in the values, `value` the answer (None: none yet), `default` the value
    without an answer. `is_more` puts it under Advanced, `group` is its heading there. `suggestions` are not
    binding. `holds_text`: the text is used as typed; for a map, all entries are texts. `may_be_map`: a text
    may be a JSON map instead. `follows`: the question depends on another answer. `is_way`: it answers several
    values (see `ways`).
    """

    path: tuple[str, ...]
    kind: Kind
    title: str
    help: str
    value: Any
    default: Any
    is_required: bool
    is_more: bool
    choices: tuple[Choice, ...] = ()
    suggestions: tuple[str, ...] = ()
    placeholder: str = ""
    note: str = ""
    minimum: int | None = None
    maximum: int | None = None
    holds_text: bool = True
    group: str = ""
    may_be_map: bool = False
    follows: bool = False
    is_way: bool = False

    @property
    def name(self) -> str:
        """The path as text: `resources.gpu`."""
        return ".".join(self.path)

    @property
    def label(self) -> str:
        """The title, marked if the question is optional."""
        return self.title if self.is_required or self.default is not None else f"{self.title} (optional)"

    @property
    def answer(self) -> Any:
        """The effective value: the answer, else the default."""
        return self.default if self.value is None else self.value


@dataclass(frozen=True, slots=True)
class FormField:
    """One value of a mode, as its schema describes it for the answers so far."""

    path: tuple[str, ...]
    part: Schema
    is_required: bool
    hints: Hints


def fields(mode: Mode, answers: ValuesMap) -> list[FormField]:
    """Return all values that `mode` accepts under `answers`, including those that no form can ask for."""
    return list(_fields(mode.schema, answers, (), True, f"schemas/values/{mode.name}.schema.json"))


def _fields(
    schema: Schema, answers: Any, above: tuple[str, ...], is_asked: bool, where: str
) -> Iterator[FormField]:
    given = answers if isinstance(answers, Mapping) else {}
    schema = json_schema.applicable(schema, given)
    for name, part in schema.get("properties", {}).items():
        if part.get("not") == {}:
            continue
        path, required = (*above, name), is_asked and name in schema.get("required", ())
        if "properties" in part and not part.get("x-opaque"):
            inside = required or name in given
            yield from _fields(part, given.get(name), path, inside, where)
        else:
            yield FormField(path, part, required, hints(part, f"{where}: {'.'.join(path)}"))


def questions(
    pack: Pack, mode: Mode, answers: ValuesMap, known: About, target: Target, catalogue: Catalogue
) -> list[Question]:
    """Return the questions of `mode` under `answers`: its own values first, Advanced ones last.

    Values with only one choice, and values that only a file can hold, are not asked for.
    """
    filled = json_schema.with_defaults(mode.schema, answers)
    placeholders = {**mode.facts, **{key: value for key, value in answers.items() if isinstance(value, str)}}
    common = resolve("values/common.schema.json", pack.schema_folders)["properties"]
    follows, hidden = shown_by_ways(mode.schema["properties"], answers)
    asked = []
    for field in fields(mode, answers):
        kind, name = kind_of(field.part), ".".join(field.path)
        is_answered = get(answers, field.path) is not None
        is_more = name in follows or _is_more(field, known, target, is_answered)
        is_hidden = name in hidden and not (is_answered or field.is_required)
        if kind is None or is_more is None or is_hidden:
            continue
        if field.hints.ask == "gated" and not is_more and not values_give_access(answers, mode.facts):
            field = replace(field, is_required=True)
        question = _question(field, kind, is_more, answers, filled, placeholders)
        if field.hints.ways:
            question = _of_ways(question, field.part, answers, target, mode)
        asked.append((field.path[0] in common, replace(question, follows=name in follows), field.hints))
    return [
        _with_suggestions(question, value_hints, known, target, catalogue)
        for _, question, value_hints in sorted(asked, key=_in_order)
    ]


def _in_order(asked: tuple[bool, Question, Hints]) -> tuple[bool, int, bool]:
    """Return a sort key: Advanced values last, by group; a mode's own values before those of all modes."""
    is_common, question, _ = asked
    titles = list(dict.fromkeys(groups().values())) if question.is_more else []
    place = titles.index(question.group) if question.group in titles else -1  # a mode's own values come first
    return question.is_more, place, is_common


@per_pack
def groups() -> dict[str, str]:
    """Return the heading under Advanced by value."""
    return {name: title for title, names in table("form.json")["groups"].items() for name in names}


def kind_of(part: Schema) -> Kind | None:
    """Return the kind of answer; None for values that only a file can hold and for fixed values."""
    if "const" in part:
        return None
    if "enum" in part:
        return "choice" if len(part["enum"]) > 1 else None
    kinds = part.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if "string" in kinds or "number" in kinds:
        return "text"
    if "array" in kinds:
        items = part.get("items", {})
        is_closed = items.get("additionalProperties") is False  # extraObjects accepts any object
        return None if items.get("type") == "object" and not is_closed else ITEMS.get(items.get("type"))
    if "object" in kinds:
        is_map = isinstance(part.get("additionalProperties"), Mapping) and "properties" not in part
        return "map" if is_map else None
    return "switch" if "boolean" in kinds else "integer" if "integer" in kinds else None


def _is_more(field: FormField, known: About, target: Target, is_answered: bool) -> bool | None:
    """Return whether a value belongs under Advanced; None if it is not asked for at all."""
    ask = field.hints.ask
    if ask == "never":
        return None
    if field.is_required or ask == "first":
        return False
    if ask == "gated":
        return False if known.gated else (True if is_answered else None)
    return not (ask == "auto" and target.provisioning == "auto")


def _question(
    field: FormField, kind: Kind, is_more: bool, answers: ValuesMap, filled: ValuesMap, placeholders: Any
) -> Question:
    part, value_hints = field.part, field.hints
    choices = [
        Choice(
            value,
            meaning(part, value) or filled_in(value_hints.detail, {**placeholders, **_of_choice(value)}),
            command_of(part, value, placeholders),
            value_hints.titles.get(str(value), ""),
        )
        for value in part.get("enum", ())
    ]
    value = get(answers, field.path)
    return Question(
        path=field.path,
        kind=kind,
        title=part.get("title") or field.path[-1],
        help=part.get("description", ""),
        value=value,
        default=get(filled, field.path) if value is None else part.get("default"),
        is_required=field.is_required,
        is_more=is_more,
        choices=tuple(choices),
        placeholder=value_hints.placeholder,
        note=value_hints.note,
        group=groups().get(field.path[0], ""),
        minimum=part.get("minimum"),
        maximum=part.get("maximum"),
        holds_text=_holds_text(part["additionalProperties"] if kind == "map" else part, kind),
        may_be_map=kind == "text" and "object" in part.get("type", ()),
    )


def _of_ways(question: Question, part: Schema, answers: ValuesMap, target: Target, mode: Mode) -> Question:
    """Return the question with the ways that the target and the engine allow instead of values."""
    ways, reasons = offered(part, answers, target.kaito, mode.facts.get("engine"))
    is_known = question.value is None or question.value in part["enum"]
    way = current(ways, answers)
    return replace(
        question,
        choices=tuple(Choice(way.value, way.detail, title=way.title) for way in ways),
        value=(None if way == ways[0] else way.value) if is_known else question.value,
        default=ways[0].value,
        help=" ".join(reasons),
        is_way=True,
    )


def _of_choice(value: Any) -> dict[str, Any]:
    """Return the variables of a choice's `detail`: the choice and the size of its image."""
    row = images().get(value, {}) if isinstance(value, str) else {}
    return {"value": value, "size": f"{row['weightsGiB']:g} GiB" if row else "size unknown"}


def _holds_text(part: Schema, kind: Kind) -> bool:
    kinds = part.get("type", "string")
    return kinds == "string" if kind == "map" else "string" in kinds


def question_of(path: tuple[str, ...], part: Schema) -> Question:
    """Return the question for one value from its schema alone, whatever the other answers are."""
    kind = kind_of(part) or ("choice" if "enum" in part else "text")
    return _question(FormField(path, part, False, hints(part, ".".join(path))), kind, False, {}, {}, {})


def meaning(part: Schema, choice: Any) -> str:
    """Return the description of one choice; `manual: by hand. job: by a Job.` describes two."""
    description, name = part.get("description", ""), re.escape(str(choice))
    among = "|".join(re.escape(str(other)) for other in part.get("enum", ()))
    match = re.search(rf"\b{name}: (.*?)(?=[.] (?:{among}): |[.]?$)", description)
    return match[1] if match else ""


def _with_suggestions(
    question: Question, value_hints: Hints, known: About, target: Target, catalogue: Catalogue
) -> Question:
    return (
        replace(question, suggestions=suggested(value_hints, target, catalogue, known.figures))
        if value_hints.suggest
        else question
    )


def suggested(
    value_hints: Hints, target: Target, catalogue: Catalogue, figures: Model | None = None
) -> tuple[str, ...]:
    """Return the suggestions of a value's hints: for the model if it is known, else for all models."""
    if value_hints.suggest == "instanceTypes":
        return tuple(instance_types.names(target.cloud, target.kaito))
    if value_hints.suggest == "presets":
        return tuple(sorted(presets.names(target.kaito)))
    if value_hints.suggest == "models":
        loaders = set(hub_engines(WEIGHTS))
        usable = [model for model in catalogue.models if not model.quantization]
        return tuple(model.model_id for model in usable if not loaders.isdisjoint(model.engines))
    if value_hints.suggest == "ggufRepositories":
        return figures.gguf_repositories if figures else tuple(gguf_repositories(catalogue))
    return ()


def flag(path: Sequence[str]) -> str:
    """Return the command-line option that answers a question: `--gpu` for `resources.gpu`."""
    return "--" + re.sub(r"(?<=[a-z0-9])([A-Z])", r"-\1", path[-1]).replace("_", "-").lower()
