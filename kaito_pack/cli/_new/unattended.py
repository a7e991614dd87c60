"""`new` without a terminal: all answers are options, and one message lists all missing ones."""

from __future__ import annotations

from collections.abc import Sequence

from kaito_pack.base.problems import ProblemsError, UsageError
from kaito_pack.cli.shared.output import put_problems
from kaito_pack.form.draft import NAME, Draft, Ground
from kaito_pack.form.flags import Flag
from kaito_pack.form.questions import Question
from kaito_pack.form.start import Start


def unattended(ground: Ground, start: Start, flags: Sequence[Flag]) -> Draft:
    """Return the draft of the given options.

    Raises ProblemsError if an answer is wrong, UsageError if one is missing.
    """
    modes = start.modes(ground)
    drafts = [start.draft(ground, ground.pack.mode(name)) for name in modes or ground.pack.mode_names]
    if len(modes) != 1:
        raise UsageError(_missing(drafts, flags))
    (draft,) = drafts
    problems = start.problems(draft)
    if draft.missing():
        put_problems(problems)
        raise UsageError(_missing([draft], flags))
    if any(problem.is_error for problem in problems):
        raise ProblemsError(problems)
    put_problems(problems)
    return draft.named()


def _missing(drafts: Sequence[Draft], flags: Sequence[Flag]) -> str:
    """Return the missing options for each possible mode, as text."""
    named = {flag.path: flag.option for flag in flags}
    lines = []
    for draft in drafts:
        missing = draft.missing()
        others = [each for each in missing if each.path != (NAME,)]  # the name can be derived from these
        words = [_example(each, named) for each in others or missing]
        lines.append(" ".join([f"--mode {draft.mode.name}", *words] if len(drafts) > 1 else words))
    if len(lines) == 1:
        return f"an answer is missing and there is no terminal to ask in. Pass {lines[0]}"
    return "\n  ".join(["an answer is missing and there is no terminal to ask in. Pass one of", *lines])


def _example(question: Question, named: dict[tuple[str, ...], str]) -> str:
    return f"{named.get(question.path, question.name)} …"
