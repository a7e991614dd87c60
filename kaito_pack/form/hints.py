"""`x-form`: what only a form needs to know of a value, beside what its schema says to everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, get_args

from kaito_pack.base.problems import PackError
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Schema

# first: asked of everybody; more: under Advanced; never: left to those who edit the file. gated: asked, and
# required, for a model that the Hub gives only with a token. auto: asked first if KAITO creates nodes.
Ask = Literal["first", "more", "never", "gated", "auto"]
Suggest = Literal["models", "ggufRepositories", "instanceTypes", "presets"]
Named = Literal["name", "path"]
CHOICES = {"ask": get_args(Ask), "suggest": get_args(Suggest), "flag": get_args(Named)}


class Hints(NamedTuple):
    """The `x-form` of one value.

    `ask` is None if the schema decides: a required value is asked first, any other under Advanced.
    `always` has it written to the file even if it is the default. `commands` are what a person has to run
    for a choice; `detail` says what each choice is, from `${value}`, if the description does not. `titles`
    are what a form calls choices whose values are no words.
    `flag` says what its option is called by: the last name of its path, or the whole path. `ways` are the
    answers of a question for several values (see `ways`), `lacks` why some of them are not offered.
    `large` is the default for a GGUF model with more than `aboveGiB` of weights: its `value`.
    """

    ask: Ask | None = None
    always: bool = False
    placeholder: str = ""
    note: str = ""
    suggest: Suggest | None = None
    detail: str = ""
    titles: Mapping[str, str] = MappingProxyType({})
    commands: Mapping[str, str] = MappingProxyType({})
    flag: Named = "name"
    ways: Sequence[Mapping[str, Any]] = ()
    lacks: Mapping[str, str] = MappingProxyType({})
    large: Mapping[str, Any] = MappingProxyType({})


def hints(part: Schema, where: str) -> Hints:
    """Return the hints of a value's schema; PackError, naming `where`, for one that is misspelt."""
    given = part.get("x-form", {})
    for name, value in given.items():
        if name not in Hints._fields:
            raise PackError(f"{where}: x-form has no key {name}. Use one of {', '.join(Hints._fields)}")
        choices = CHOICES.get(name)
        if choices and value not in choices:
            raise PackError(f"{where}: x-form.{name} is {value}. Use one of {', '.join(choices)}")
    return Hints(**given)
