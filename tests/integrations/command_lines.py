"""Checks that a command line which stands in a file has options that exist."""

from __future__ import annotations

import re
import shlex

import click

from kaito_pack.cli.main import commands

PROGRAMS = ("kaito-pack", "render.py")


def lines_of(text):
    """The command lines of the pack in a shell script."""
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        words = shlex.split(re.split(r"[|;]|&&|\d?>+", line)[0], comments=True)
        if words and words[0].rpartition("/")[2] in PROGRAMS:
            yield words[1:]


def check(words):
    """Fail where the command, an option or a choice of it does not exist."""
    name, command = words[0], commands.get_command(None, words[0])
    if command is None:
        name, command, words = "render", commands.get_command(None, "render"), ["render", *words]
    if name == "new" and "--pack" in words:
        return  # its options are made from that pack, which need not be here
    if isinstance(command, click.Group) and words[1:]:
        inner = command.get_command(None, words[1])
        assert inner or words[1].startswith("-"), f"{name} has no command {words[1]}"
        name, command, words = (words[1], inner, words[1:]) if inner else (name, command, words)
    parameters = command.get_params(command.make_context(name, [], resilient_parsing=True))
    known = {option: item for item in parameters for option in (*item.opts, *item.secondary_opts)}
    known["--help"] = known["-h"] = known["--version"] = None
    rest = iter(words[1:])
    for word in rest:
        if not word.startswith("-") or word == "-":
            continue
        option, _, value = word.partition("=")
        assert option in known, f"{name} has no {option}"
        parameter = known[option]
        if parameter is not None and isinstance(parameter.type, click.Choice):
            value = value or next(rest)
            assert value in parameter.type.choices, f"{name} {option} {value}"
