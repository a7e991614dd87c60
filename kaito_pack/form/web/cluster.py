"""The target chosen on the page: the fields of a target file, in the words of its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Schema, ValuesMap
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.facts.tables import schema
from kaito_pack.form.answers import first_sentence
from kaito_pack.form.hints import hints
from kaito_pack.form.questions import Choice, Question, kind_of, meaning
from kaito_pack.kaito.target import Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Pack
from kaito_pack.pack import files as pack_files
from kaito_pack.values.overrides import typed

# The fields of a target file that the page asks for, and their names in a Target.
FIELDS = {
    "kaitoVersion": "kaito",
    "kubernetesVersion": "kubernetes",
    "nodeProvisioning": "provisioning",
    "cloud": "cloud",
    "gpuMemoryGiB": "gpu_memory_gib",
}
NUMBER = "gpuMemoryGiB"
OPTIONAL = ("nodeProvisioning", NUMBER)


def said_by(target: Target) -> dict[str, str]:
    """Return the texts from which `chosen` produces `target`."""
    held = {name: getattr(target, field) for name, field in FIELDS.items()}
    return {
        name: "" if value is None else f"{value:g}" if name == NUMBER else value
        for name, value in held.items()
    }


class Chosen(NamedTuple):
    """A target, its questions, and the problems of answers; answers with problems are ignored."""

    target: Target
    questions: list[Question]
    problems: list[Problem]


def chosen(typed_texts: Mapping[str, str], base: Target, pack: Pack) -> Chosen:
    """Return the target of the texts `typed_texts`; for a missing or wrong text, the value of `base`."""
    versions = {"kaitoVersion": pack.kaito_versions, "kubernetesVersion": definitions.versions()}
    values = {name: _read(name, text.strip()) for name, text in typed_texts.items() if name in FIELDS}
    problems = list(_problems({name: value for name, value in values.items() if value is not None}, versions))
    wrong = {problem.path[0] for problem in problems if problem.path}
    right = {FIELDS[name]: value for name, value in values.items() if name not in wrong}
    for name in ("kaito", "kubernetes", "cloud"):  # every target has these
        right[name] = right.get(name) or getattr(base, name)
    target = base._replace(**right)
    parts = schema("target.schema.json")["properties"]
    questions = [
        _question(
            name, parts[name], typed_texts.get(name, ""), getattr(target, field), versions.get(name, ())
        )
        for name, field in FIELDS.items()
    ]
    return Chosen(target, questions, problems)


def _read(name: str, text: str) -> Any:
    return (typed(text) if name == NUMBER else text) if text else None


@rule("values/pack-file-not-a-choice", on="shared")
def _problems(values: ValuesMap, versions: Mapping[str, Any]) -> Iterator[Problem]:
    if not values:
        return  # nothing to check; avoids loading jsonschema
    problems = list(pack_files.check(values, "Target"))
    yield from (reported for reported in problems if reported.path)
    for name, known in versions.items():
        if (
            name in values
            and values[name] not in known
            and (name,) not in {reported.path for reported in problems}
        ):
            facts = {"value": shown(values[name]), "choices": ", ".join(known)}
            yield problem("values/pack-file-not-a-choice", (name,), **facts)


def _question(name: str, part: Schema, typed_text: str, held: Any, versions: Any) -> Question:
    choices = [*reversed(versions), *part.get("enum", ())]
    titles = hints(part, name).titles
    return Question(
        path=(name,),
        kind="choice" if choices else kind_of(part) or "text",
        title=part["title"],
        help=first_sentence(part["description"]),
        value=typed_text if name == NUMBER and typed_text else held,
        default=None,
        is_required=name not in OPTIONAL,
        is_more=False,
        choices=tuple(Choice(value, meaning(part, value), title=titles.get(value, "")) for value in choices),
    )
