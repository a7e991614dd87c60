"""The arguments of one vLLM version, and how its parser reads a command line.

`scripts/vllm_facts.py` creates the table of a version, `facts/vllm/<version>.json`, from vLLM's own parser.
That parser is Python's argparse with a few additions (vLLM 0.12.0, vllm/utils/argparse_utils.py): `_` in a
name is read as `-`, an unambiguous prefix as the whole name, a switch has a `--no-` form, and `--name.key
value` sets one key of a JSON argument.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, takewhile
from typing import Literal

from kaito_pack.base.problems import PackError
from kaito_pack.base.records import NamedTuple
from kaito_pack.facts.tables import Row, files, folders, per_pack, table

Fault = Literal["unknown", "ambiguous", "no-value", "takes-no-value"]

_NEGATIVE_NUMBER = re.compile(r"-\d+$|-\d*\.\d+$")
_LEVEL = "--optimization-level"


class Argument(NamedTuple):
    """One argument, from its row; `docs/reference/vllm-arguments.md` lists the fields."""

    name: str
    type: str
    row: Row

    @property
    def takes_value(self) -> bool:
        """Whether a value must or may follow the name."""
        return self.type not in ("flag", "switch")


class Given(NamedTuple):
    """An argument on a command line: `position` is the index of its word, `values` are those of its values.

    `attached` is the text after a `=`. `argument` is None if vLLM does not know the name; `candidates` are
    the names that an ambiguous prefix could mean.
    """

    word: str
    position: int
    argument: Argument | None
    values: tuple[int, ...] = ()
    attached: str | None = None
    key: str = ""
    fault: Fault | None = None
    candidates: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The full name of the argument; empty if vLLM does not know it."""
        return self.argument.name if self.argument else ""


class ArgumentTable(NamedTuple):
    """All arguments of one version: `names` maps each spelling (aliases, `--no-` forms) to its argument.

    `ordered` are the spellings in alphabetical order.
    """

    version: str
    arguments: Mapping[str, Argument]
    names: Mapping[str, Argument]
    ordered: Sequence[str]

    def find(self, word: str) -> tuple[Argument | None, tuple[str, ...]]:
        """Return the argument that `word` names, if exactly one, and the names that begin with it."""
        if word in self.names:
            return self.names[word], ()
        matches = self._beginning_with(word) if len(word) > 1 else ()
        if word.startswith("-") and not word.startswith("--") and word[:2] in self.names:
            matches = (*matches, word[:2])  # `-qawq` is `-q awq`
        return (self.names[matches[0]] if len(matches) == 1 else None), matches

    def _beginning_with(self, word: str) -> tuple[str, ...]:
        first = bisect_left(self.ordered, word)
        return tuple(takewhile(lambda name: name.startswith(word), islice(self.ordered, first, None)))

    def read(self, words: Sequence[str]) -> tuple[list[Given], list[int]]:
        """Return the arguments in `words`, in order, and the positions of words that belong to none."""
        given: list[Given] = []
        stray: list[int] = []
        position = 0
        while position < len(words):
            if not self.is_name(words[position]):
                stray.append(position)
                position += 1
                continue
            argument = self._given(words, position)
            given.append(argument)
            position = max((position, *argument.values)) + 1
        return given, stray

    def is_name(self, word: str) -> bool:
        """Return whether the parser reads the word as the name of an argument, not as a value."""
        if not word.startswith("-") or len(word) == 1 or word == "--":
            return False
        if any(self.find(normalized(word).partition("=")[0])):
            return True
        return not (_NEGATIVE_NUMBER.match(word) or " " in word)

    def _given(self, words: Sequence[str], position: int) -> Given:
        word, equals, attached = normalized(words[position]).partition("=")
        name, dot, key = word.partition(".")
        if name.startswith("-O") and name not in self.names:
            return self._level(words, position, name, bool(dot), equals + attached)
        argument, candidates = self.find(name)
        following = tuple(self._following(words, position))
        if argument is None:
            fault: Fault = "ambiguous" if candidates else "unknown"
            taken = following[:1] if not equals and not candidates else ()
            return Given(name, position, None, taken, fault=fault, candidates=candidates)
        if name[:2] in candidates and not equals:
            equals, attached = "=", name[2:]
        if dot:
            return Given(name, position, argument, () if equals else following[:1], key=key)
        if not argument.takes_value:
            fault_or_none: Fault | None = "takes-no-value" if equals else None
            return Given(name, position, argument, fault=fault_or_none)
        if equals:
            return Given(name, position, argument, attached=attached)
        count = argument.row.get("values")
        values = following if count in ("+", "*") else following[:1]
        is_short = not values and count not in ("?", "*")
        return Given(name, position, argument, values, fault="no-value" if is_short else None)

    def _level(self, words: Sequence[str], position: int, name: str, has_dot: bool, rest: str) -> Given:
        """Return the level of `-O2` or `-O 2`, or the key in `-O.key=value` of the compilation's JSON."""
        argument = self.arguments.get("--compilation-config" if has_dot else _LEVEL)
        following = tuple(self._following(words, position))
        taken = following[:1] if name == "-O" and not rest else ()
        return Given(name, position, argument or self.arguments.get("--compilation-config"), taken, key="-O")

    def _following(self, words: Sequence[str], position: int) -> Iterator[int]:
        for index in range(position + 1, len(words)):
            if self.is_name(words[index]):
                return
            yield index


def normalized(word: str) -> str:
    """Return `--max-model-len=a_b` for `--max_model_len=a_b`; underscores after a dot stay."""
    if not word.startswith("--"):
        return word
    name, equals, value = word.partition("=")
    head, dot, keys = name.partition(".")
    return head.replace("_", "-") + dot + keys + equals + value


@per_pack
def argument_table(version: str) -> ArgumentTable | None:
    """Return the table of a vLLM version; None if the pack has none."""
    name = f"vllm/{version}.json"
    if not files(name):
        return None
    try:
        rows: Mapping[str, Row] = table(name)["flags"]
        arguments = {key: Argument(key, row["type"], row) for key, row in rows.items()}
    except (KeyError, TypeError, AttributeError):
        raise PackError(f"facts/{name}: flags is not a map of rows that have a type each") from None
    names = _spellings(arguments)
    return ArgumentTable(version, arguments, names, sorted(names))


def _spellings(arguments: Mapping[str, Argument]) -> dict[str, Argument]:
    names = {}
    for key, argument in arguments.items():
        for spelling in (key, *argument.row.get("aliases", ())):
            names[spelling] = argument
            if argument.type == "switch" and spelling.startswith("--"):
                names[f"--no-{spelling[2:]}"] = argument
    return names


@per_pack
def table_versions() -> tuple[str, ...]:
    """Return the vLLM versions that have a table, oldest first."""
    stems = {file.stem for folder in folders() for file in (folder / "facts" / "vllm").glob("[0-9]*.json")}
    return tuple(sorted(stems, key=version_key))


def version_key(version: str) -> tuple[int, ...]:
    """Return `"0.10.1.1"` as a tuple of numbers, for comparisons."""
    return tuple(int(part) for part in version.split("."))
