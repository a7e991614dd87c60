"""The command-line options that answer questions: one option per value, for all modes of a pack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from kaito_pack.base.problems import PackError
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Schema, with_value
from kaito_pack.documents import Document
from kaito_pack.form.answers import parsed
from kaito_pack.form.hints import hints
from kaito_pack.form.questions import Question, flag, kind_of, question_of
from kaito_pack.pack import Mode, Pack
from kaito_pack.values.fields import Field, fields
from kaito_pack.values.layers import Layer
from kaito_pack.values.meanings import MODE


class Flag(NamedTuple):
    """One option: its name with dashes, the path of its value, and each mode's schema of that value."""

    option: str
    path: tuple[str, ...]
    field: Field

    @property
    def question(self) -> Question:
        """The question for the value, from the first mode that can ask it."""
        parts = self.field.parts.values()
        return question_of(self.path, next((part for part in parts if kind_of(part)), self.field.first))

    def layer(self, mode: Mode, text: str) -> Layer:
        """Return the values that the option sets, `text` parsed for `mode`; a problem names the option."""
        part = self.field.parts.get(mode.name)
        asked = self.question if part is None else question_of(self.path, part)
        value = parsed(asked, text)
        values = with_value({}, self.path, text if value is None else value)  # an empty text is an error too
        return Layer(Document(self.option, 1, values), self.option)


def flags(pack: Pack, taken: Collection[str] = ()) -> list[Flag]:
    """Return the options of all values that a form can ask for; `taken` are the command's own option names.

    An option has the last name of its value's path. It has the whole path instead if two values share the
    last name, the name is taken, or the value's `x-form` asks for it. PackError if that is still ambiguous.
    """
    asked = [
        (tuple(field.name.split(".")), field)
        for field in fields(pack).values()
        if field.name != MODE and any(_is_asked(part, field.name) for part in field.parts.values())
    ]
    by_name = {path for path, field in asked if hints(field.first, field.name).flag == "name"}
    short = Counter(map(flag, by_name))
    options = [
        Flag(
            flag(path)
            if path in by_name and short[flag(path)] == 1 and flag(path) not in taken
            else whole(path),
            path,
            field,
        )
        for path, field in asked
    ]
    names = Counter(option.option for option in options)
    for option in options:
        if names[option.option] > 1 or option.option in taken:
            raise PackError(f"value {option.field.name}: its option {option.option} exists. Rename the value")
    return options


def whole(path: Iterable[str]) -> str:
    """Return the option named by the whole path of a value; a single name gets the prefix `--values-`."""
    steps = list(path)
    names = [flag([step]).removeprefix("--") for step in (steps if len(steps) > 1 else ["values", *steps])]
    return "--" + "-".join(names)


def _is_asked(part: Schema, where: str) -> bool:
    return kind_of(part) is not None and hints(part, where).ask != "never"
