"""Checks the settings of a KAITO preset, which KAITO passes to vLLM as arguments: `--name value`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.models.argument_checks import check_arguments, remedy_for_unknown, removed_after
from kaito_pack.models.argument_table import ArgumentTable, argument_table, normalized
from kaito_pack.models.server_checks import table_for

OFF = ("false", "no", "off", "0")


def check_setting_arguments(
    settings: Mapping[str, object], vllm: str | None, path_of: Callable[[str], FieldPath]
) -> Iterator[Problem]:
    """Yield the problems of the settings of a preset that runs that vLLM, each at the path of its name.

    KAITO also writes the value of a switch as a word; vLLM ignores one such word, whatever it is.
    """
    known = argument_table(vllm) if vllm else None
    words, names = _words(settings, known or table_for(None), is_known=known is not None)
    yield from check_arguments(words, vllm, lambda index: path_of(names[index]))
    if known is None:
        return
    for name in settings:
        argument, candidates = known.find(normalized(f"--{name}"))
        if argument is None and not candidates:
            yield _unknown(name, known, path_of(name))
    yield from _check_switches(settings, known, path_of)


def _words(
    settings: Mapping[str, object], table: ArgumentTable, is_known: bool
) -> tuple[list[str], list[str]]:
    """Return the settings as a command line without the values of switches, and the setting of each word.

    Settings that a known vLLM does not have are left out; they are checked separately.
    """
    words: list[str] = []
    names: list[str] = []
    for name, value in settings.items():
        word = normalized(f"--{name}")
        argument, candidates = table.find(word)
        if argument is None and not candidates and is_known:
            continue
        of_setting = [word, str(value)] if argument is None or argument.takes_value else [word]
        words += of_setting
        names += [name] * len(of_setting)
    return words, names


@rule("advice/setting-removed", "model/unknown-setting", on="part")
def _unknown(name: str, known: ArgumentTable, path: FieldPath) -> Problem:
    """Return the problem of an unknown setting; a removed one is a warning because newer images ignore it."""
    word = normalized(f"--{name}")
    last = removed_after(word, known)
    if last is not None:
        return problem("advice/setting-removed", path, setting=shown(name), vllm=known.version, last=last)
    remedy = remedy_for_unknown(word, known).replace("--", "")
    return problem("model/unknown-setting", path, setting=shown(name), vllm=known.version, remedy=remedy)


@rule("advice/setting-not-off", on="part")
def _check_switches(
    settings: Mapping[str, object], known: ArgumentTable, path_of: Callable[[str], FieldPath]
) -> Iterator[Problem]:
    """Yield warnings for switches that a value cannot turn off, and for a second switch."""
    switches = [name for name in settings if _is_switch(name, known)]
    for name in switches:
        if str(settings[name]).lower() in OFF:
            opposite = name[3:] if name.startswith("no-") else f"no-{name}"
            words = {"setting": shown(name), "value": shown(settings[name]), "opposite": opposite}
            yield problem("advice/setting-not-off", path_of(name), **words)
    yield from _check_further(switches, known, path_of)


@rule("advice/setting-second-switch", on="part")
def _check_further(
    switches: Sequence[str], known: ArgumentTable, path_of: Callable[[str], FieldPath]
) -> Iterator[Problem]:
    for name in switches[1:]:
        words = {"setting": shown(name), "first": shown(switches[0]), "vllm": known.version}
        yield problem("advice/setting-second-switch", path_of(name), **words)


def _is_switch(name: str, known: ArgumentTable) -> bool:
    argument, _ = known.find(normalized(f"--{name}"))
    return argument is not None and not argument.takes_value
