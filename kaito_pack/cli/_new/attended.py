"""`new` in a terminal: reports errors in the options, asks the questions, and asks where to write."""

from __future__ import annotations

import os

import click

from kaito_pack.base.problems import ProblemsError, UsageError
from kaito_pack.base.secrets import looks_like_secret
from kaito_pack.base.sentences import sentence
from kaito_pack.cli._new.asking import Back, Terminal
from kaito_pack.cli._new.choosing import Choosing
from kaito_pack.cli._new.new_file import STDOUT, default_file, refuse, text_of, write
from kaito_pack.cli._new.wizard import Wizard, words
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.form.checking import question_for
from kaito_pack.form.draft import Draft, Ground
from kaito_pack.form.greeting import greeting
from kaito_pack.form.start import Start

HINT = "Press Ctrl-B to go back one question, Ctrl-C to quit."


def attended(ground: Ground, start: Start, file: str | None, force: bool) -> str:
    """Ask the questions, write the file and return its name.

    Raises ProblemsError if the options are wrong.
    """
    terminal = Terminal()
    if not start.says_something:
        terminal.say(*map(sentence, greeting(ground.pack)), dim=True)
    draft = Choosing(ground, start, terminal).draft()
    unanswered = [question for question in draft.questions() if question.value is None]
    wrong = [
        problem
        for problem in start.problems(draft)
        if problem.place
        and problem.place.file != (start.file or "")
        and question_for(problem, unanswered) is None
    ]
    if any(problem.is_error for problem in wrong):
        raise ProblemsError(wrong)
    wizard = Wizard(draft, terminal)
    terminal.say(HINT, dim=True)
    wizard.ask_first()
    errors = wizard.ask_because_of_errors()
    if not start.says_something:
        wizard.ask_more()
        errors = wizard.ask_because_of_errors()
    wizard.warn()
    draft = wizard.draft.named()
    terminal.say(*(words(problem) for problem in errors))
    if errors and not terminal.confirm("Write the file anyway?", False):
        raise click.exceptions.Exit(1)
    terminal.show(
        *(
            choice.command
            for question in draft.questions()
            for choice in question.choices
            if choice.value == question.value
        )
    )
    return _reviewed(terminal, wizard, file, force)


def _reviewed(terminal: Terminal, wizard: Wizard, file: str | None, force: bool) -> str:
    """Show the file before it is written; Ctrl-B returns to the last question."""
    while True:
        draft = wizard.draft.named()
        terminal.gap()
        terminal.preview(text_of(draft, file or default_file(draft)))
        terminal.gap()
        try:
            return _written(terminal, draft, file, force)
        except Back:
            wizard.back()
            wizard.ask_first()


def _written(terminal: Terminal, draft: Draft, file: str | None, force: bool) -> str:
    """Write the file; ask for another name until it succeeds, so no answer is lost to a full disk."""
    default = default_file(draft)
    while True:
        name = file or terminal.text(f"File ({default})", _unwritable) or default
        is_there = name != STDOUT and not force and os.path.lexists(name)
        if not is_there or terminal.confirm(f"{name} exists. Overwrite it?", False):
            try:
                write(draft, name, force or is_there)
                return name
            except UsageError as error:
                terminal.say(str(error))
        file = None


@rule("values/literal-token", on="shared")
def _unwritable(name: str) -> str:
    if looks_like_secret(name):
        return words(problem("values/literal-token", ()))
    try:
        refuse(name, True)
    except UsageError as error:
        return str(error)
    return ""
