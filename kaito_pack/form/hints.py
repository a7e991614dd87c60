"""`x-form`: the part of a value's schema that only a form uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, get_args

from kaito_pack.base.problems import PackError
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Schema

# first: always asked; more: under Advanced; never: only in the file. gated: asked, and required, for a model
# that the Hub serves only with a token. auto: asked first if KAITO creates nodes.
Ask = Literal["first", "more", "never", "gated", "auto"]
Suggest = Literal["models", "ggufRepositories", "instanceTypes", "presets"]
Named = Literal["name", "path"]
CHOICES = {"ask": get_args(Ask), "suggest": get_args(Suggest), "flag": get_args(Named)}


class Hints(NamedTuple):
    """The `x-form` of one value.

    `ask` is None if the schema decides: required values are asked first, all others under Advanced.
    With `always` the value is written to the file even if it is the default. `commands` are the commands to
    run for a choice. `detail` describes each choice, from `${value}`, if the description does not. `titles`
    are the names of choices whose values are not words.
    `flag` selects the name of the option: the last name of its path, or the whole path. `ways` are the
    answers to a question for several values (see `ways`); `lacks` explains why some are not offered.
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
    """Return the hints of a value's schema; PackError, naming `where`, for an unknown hint."""
    given = part.get("x-form", {})
    for name, value in given.items():
        if name not in Hints._fields:
            raise PackError(f"{where}: x-form has no key {name}. Use one of {', '.join(Hints._fields)}")
        choices = CHOICES.get(name)
        if choices and value not in choices:
            raise PackError(f"{where}: x-form.{name} is {value}. Use one of {', '.join(choices)}")
    return Hints(**given)
