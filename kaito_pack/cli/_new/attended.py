"""`new` in a terminal: asks, shows what is wrong with the options first, and asks where to write."""

from __future__ import annotations

import os

import click

from kaito_pack.cli._new.asking import Terminal
from kaito_pack.cli._new.choosing import Choosing
from kaito_pack.cli._new.new_file import STDOUT, default_file, refuse
from kaito_pack.cli._new.wizard import Wizard, words
from kaito_pack.form.draft import Draft, Ground
from kaito_pack.form.start import Start
from kaito_pack.problems import ProblemsError, UsageError, looks_like_token
from kaito_pack.rules import problem


def attended(ground: Ground, start: Start, file: str | None, force: bool) -> tuple[Draft, str, bool]:
    """The draft of what a person answers, the file for it, and whether that may be overwritten.

    Raises ProblemsError where the options are wrong.
    """
    terminal = Terminal()
    draft = Choosing(ground, start, terminal).draft()
    wrong = [one for one in start.problems(draft) if one.place and one.place.file != (start.file or "")]
    if any(one.is_error for one in wrong):
        raise ProblemsError(wrong)
    wizard = Wizard(draft, terminal)
    wizard.ask_first()
    errors = wizard.ask_because_of_errors()
    if not start.says_something:
        wizard.ask_more()
        errors = wizard.ask_because_of_errors()
    wizard.warn()
    draft = wizard.draft.named()
    terminal.say(*(words(one) for one in errors))
    if errors and not terminal.confirm("Write it all the same?", False):
        raise click.exceptions.Exit(1)
    terminal.show(*(one.command for of in draft.questions() for one in of.choices if one.value == of.value))
    return draft, *_file(terminal, draft, file, force)


def _file(terminal: Terminal, draft: Draft, file: str | None, force: bool) -> tuple[str, bool]:
    """The file to write, and whether it may be overwritten."""
    default = default_file(draft)
    while True:
        name = file or terminal.text(f"File ({default})", _unwritable) or default
        if force or name == STDOUT or not os.path.lexists(name):
            return name, force
        if terminal.confirm(f"{name} is there already. Overwrite it?", False):
            return name, True
        file = None


def _unwritable(name: str) -> str:
    if looks_like_token(name):
        return words(problem("values/literal-token", ()))
    try:
        refuse(name, True)
    except UsageError as error:
        return str(error)
    return ""
