"""The options of the command line that answer questions: one a value, for all modes of a pack."""

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
    """One option: its name with dashes, where its value is, and what each mode's schema says of that."""

    option: str
    path: tuple[str, ...]
    field: Field

    @property
    def question(self) -> Question:
        """The value's question as the first mode that can ask it has it."""
        parts = self.field.parts.values()
        return question_of(self.path, next((part for part in parts if kind_of(part)), self.field.first))

    def layer(self, mode: Mode, text: str) -> Layer:
        """Return the values that the option sets, `text` parsed for `mode`; a problem names the option."""
        part = self.field.parts.get(mode.name)
        asked = self.question if part is None else question_of(self.path, part)
        value = parsed(asked, text)
        values = with_value({}, self.path, text if value is None else value)  # an empty text is wrong as well
        return Layer(Document(self.option, 1, values), self.option)


def flags(pack: Pack, taken: Collection[str] = ()) -> list[Flag]:
    """Return the options of every value that can be asked for; `taken` are names that the command itself has.

    An option is called by the last name of its value's path. If two values share that, the command has it, or
    the value's `x-form` says so, it is called by its whole path. PackError if that does not tell them apart.
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
    """Return the option by the whole path of a value, `--values-` in front if that is one name."""
    steps = list(path)
    names = [flag([step]).removeprefix("--") for step in (steps if len(steps) > 1 else ["values", *steps])]
    return "--" + "-".join(names)


def _is_asked(part: Schema, where: str) -> bool:
    return kind_of(part) is not None and hints(part, where).ask != "never"
