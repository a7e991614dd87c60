"""Checks the arguments of a server as vLLM's parser and its startup checks do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.records import NamedTuple
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.facts.tables import Rows, per_pack, table
from kaito_pack.models.argument_table import (
    Argument,
    ArgumentTable,
    Given,
    argument_table,
    table_versions,
    version_key,
)
from kaito_pack.models.argument_values import wanted_instead

WhereIs = Callable[[int], FieldPath]  # from the index of a word to its path
REMEDIES = "model/unknown-argument"
NEAR = 0.8  # minimum similarity, from 0 to 1, of a misspelt name to the right one
LISTED = 8  # maximum number of names in a message


class ArgumentFault(NamedTuple):
    """A fault of one argument: the rule, the index of the faulty word, and the facts of the message.

    `remedy` returns the fix; it is a function because finding a similar name among 200 takes 1 ms.
    """

    rule: str
    position: int
    facts: Mapping[str, Any]
    remedy: Callable[[], str] = str

    def words(self) -> dict[str, Any]:
        """Return the facts of the message and of the fix."""
        return {**self.facts, "remedy": self.remedy()}


@rule("advice/argument", on="part")
def check_arguments(
    words: Sequence[str], vllm: str | None, where: WhereIs, own_prefix: str | None = None
) -> Iterator[Problem]:
    """Yield the problems of the arguments `words` of a vLLM server, with the paths of `where`.

    If the version or its table is unknown, only arguments that all possible tables reject are reported, as
    advice. `own_prefix` is the prefix of arguments that belong to a wrapper around vLLM.
    """
    known = argument_table(vllm) if vllm else None
    if known is not None:
        for finding in findings(words, known, own_prefix):
            yield problem(finding.rule, where(finding.position), vllm=vllm, **finding.words())
        yield from _deprecated(words, known, where)
        return
    tables = [loaded for version in _possible(vllm) if (loaded := argument_table(version))]
    shared = [
        {(finding.rule, finding.position): finding for finding in findings(words, known, own_prefix)}
        for known in tables
    ]
    for key, finding in (shared[-1] if shared else {}).items():
        if all(key in others for others in shared):
            facts = {"vllm": _range(tables), **finding.words()}
            message = get_rule(finding.rule).message.format_map(facts)
            fix = get_rule(finding.rule).fix.format_map(facts)
            yield problem("advice/argument", where(finding.position), message=message, fix=fix)


def _range(tables: Sequence[ArgumentTable]) -> str:
    """Return the versions of several tables as text: `0.12.0 to 0.14.1`."""
    return " to ".join(dict.fromkeys((tables[0].version, tables[-1].version)))


@rule("model/argument-stray", on="part")
def findings(
    words: Sequence[str], known: ArgumentTable, own_prefix: str | None = None
) -> list[ArgumentFault]:
    """Return the faults of `words` according to the table of one version."""
    given, stray = known.read(words)
    given = [argument for argument in given if not (own_prefix and argument.word.startswith(own_prefix))]
    faults = [fault for argument in given for fault in _of_argument(argument, words, given, known)]
    is_open = any(is_variable(words[index]) for index in stray)
    faults += _needs(given, known) if not is_open else []
    has_unknown = any(argument.argument is None for argument in given)
    if len(stray) > 1 and not has_unknown and not is_open:  # one of them is the model
        faults += [
            ArgumentFault("model/argument-stray", index, {"word": shown(words[index])}) for index in stray[1:]
        ]
    return sorted(faults, key=lambda fault: fault.position)


@rule(
    "model/unknown-argument",
    "model/ambiguous-argument",
    "model/argument-without-value",
    "model/argument-takes-no-value",
    "model/argument-value",
    on="part",
)
def _of_argument(
    given: Given, words: Sequence[str], all_given: Sequence[Given], known: ArgumentTable
) -> Iterator[ArgumentFault]:
    name, argument = shown(given.word), given.argument
    if argument is None:
        if given.fault == "ambiguous":
            facts = {"argument": name, "candidates": ", ".join(given.candidates[:LISTED])}
            yield ArgumentFault("model/ambiguous-argument", given.position, facts)
        else:
            remedy = partial(remedy_for_unknown, given.word, known)
            yield ArgumentFault("model/unknown-argument", given.position, {"argument": name}, remedy)
        return
    if given.fault == "no-value":
        yield ArgumentFault("model/argument-without-value", given.position, {"argument": name})
    elif given.fault == "takes-no-value":
        yield ArgumentFault("model/argument-takes-no-value", given.position, {"argument": name})
    if given.key:
        return
    for index, text in _texts(given, words):
        if is_variable(text) or not argument.takes_value:
            continue
        if wanted := wanted_instead(_judged(argument, all_given), text):
            facts = {"argument": argument.name, "value": shown(text), "wanted": wanted}
            yield ArgumentFault("model/argument-value", index, facts, partial(_value_remedy, argument, text))


@rule("advice/deprecated-argument", on="part")
def _deprecated(words: Sequence[str], known: ArgumentTable, where: WhereIs) -> Iterator[Problem]:
    """Yield advice on arguments that a later version does not have."""
    for given in known.read(words)[0]:
        if given.argument is None or not given.argument.row.get("deprecated"):
            continue
        newer = [version for version in table_versions() if version_key(version) > version_key(known.version)]
        gone = next((version for version in newer if not _knows(version, given.name)), None)
        removal = f"; vLLM {gone} does not have it" if gone else ""
        facts = {"argument": given.name, "vllm": known.version, "removal": removal}
        yield problem("advice/deprecated-argument", where(given.position), **facts)


def is_variable(word: str) -> bool:
    """Return whether a word holds a variable or a command whose value is not in the manifest."""
    return any(mark in word for mark in ("$(", "${", "`")) or word.startswith("$")


def _texts(given: Given, words: Sequence[str]) -> list[tuple[int, str]]:
    attached = [(given.position, given.attached)] if given.attached is not None else []
    return attached + [(index, words[index]) for index in given.values]


def _judged(argument: Argument, given: Sequence[Given]) -> Argument:
    """Return the argument, without its choices if a plug-in may add some or vLLM does not check them."""
    if "names" not in argument.row:
        return argument
    plugin = relations()["namesAddedBy"].get(argument.name)
    checked_with = relations()["namesCheckedWith"].get(argument.name)
    if (plugin and is_on(plugin, given)) or (checked_with and not is_on(checked_with, given)):
        return argument._replace(row={key: value for key, value in argument.row.items() if key != "names"})
    return argument


@rule("model/argument-needs", on="part")
def _needs(given: Sequence[Given], known: ArgumentTable) -> Iterator[ArgumentFault]:
    """Yield arguments that vLLM rejects without another argument, unless a file of arguments may set it."""
    if any(is_on(name, given) for name in relations()["moreFrom"]):
        return
    for name, needed in relations()["needs"].items():
        if name not in known.arguments or not is_on(name, given):
            continue
        position = position_of(name, given)
        for other in needed:
            if other in known.arguments and not is_on(other, given):
                facts = {"argument": name, "needed": other}
                remedy = partial(_needed_remedy, known.arguments[other])
                yield ArgumentFault("model/argument-needs", position, facts, remedy)


def is_on(name: str, given: Sequence[Given]) -> bool:
    """Return whether the argument is given and its last form is not `--no-`."""
    named = [argument for argument in given if argument.name == name]
    return bool(named) and not ("--no-" + name[2:]).startswith(named[-1].word)


def position_of(name: str, given: Sequence[Given]) -> int:
    """Return the index of the word that names the argument, the last such word if it is repeated."""
    positions: list[int] = [argument.position for argument in given if argument.name == name]
    return positions[-1]


def _needed_remedy(argument: Argument) -> str:
    names = argument.row.get("names")
    remedies = get_rule("model/argument-needs").parameters["remedies"]
    text: str = remedies["names" if names else "plain"]
    return text.format(needed=argument.name, names=", ".join(names or ()))


def _value_remedy(argument: Argument, text: str) -> str:
    remedies = get_rule("model/argument-value").parameters["remedies"]
    choices = [str(choice) for choice in argument.row.get("choices") or argument.row.get("names") or ()]
    close = did_you_mean(text, choices) if choices else None
    key = "close" if close else "choices" if choices else "plain"
    words: str = remedies[key]
    return words.format(argument=argument.name, close=close, choices=", ".join(choices))


def remedy_for_unknown(word: str, known: ArgumentTable) -> str:
    """Return the fix for an argument that this version does not know."""
    remedies = get_rule(REMEDIES).parameters["remedies"]
    newer = [version for version in table_versions() if version_key(version) > version_key(known.version)]
    close = did_you_mean(word, known.names, NEAR)
    last = removed_after(word, known)
    first = next((version for version in newer if _knows(version, word)), None)
    key = "removed" if last else "newer" if first else "close" if close else "none"
    text: str = remedies[key]
    return text.format(last=last, first=first, close=close)


def removed_after(word: str, known: ArgumentTable) -> str | None:
    """Return the last version before this one that knows the argument; None if none does."""
    older = [version for version in table_versions() if version_key(version) < version_key(known.version)]
    last = next((version for version in reversed(older) if _knows(version, word)), None)
    return last or relations()["formerly"].get(word)


def _knows(version: str, word: str) -> bool:
    loaded = argument_table(version)
    return loaded is not None and word in loaded.names


def _possible(vllm: str | None) -> list[str]:
    """Return the possible tables: all, or those of the versions around a version without a table."""
    versions = list(table_versions())
    if vllm is None:
        return versions
    below = [version for version in versions if version_key(version) < version_key(vllm)]
    above = [version for version in versions if version_key(version) > version_key(vllm)]
    return below[-1:] + above[:1]


@per_pack
def relations() -> Rows:
    """Return which argument needs which: `facts/vllm/relations.json`."""
    return table("vllm/relations.json")
