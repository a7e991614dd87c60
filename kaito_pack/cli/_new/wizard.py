"""The questions of `new` for a known mode: only the necessary ones; each answer is checked as it is typed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Problem
from kaito_pack.base.sentences import sentence
from kaito_pack.form import figures
from kaito_pack.form.answers import first_sentence, parsed, written
from kaito_pack.form.checking import belongs, in_words_of_form, problems_of, question_for, refused
from kaito_pack.form.draft import Draft
from kaito_pack.form.model_choice import about, gated_value, model_schema, model_value
from kaito_pack.form.questions import Question

if TYPE_CHECKING:
    from kaito_pack.cli._new.asking import Terminal


class Wizard:
    """A draft and its questions. Answered questions are not asked again."""

    def __init__(self, draft: Draft, terminal: Terminal) -> None:
        self.draft, self._terminal = draft, terminal
        self._done = {question.path for question in draft.questions() if question.value is not None}
        self._warned: set[str] = set()
        self._before: list[tuple[Draft, set[tuple[str, ...]]]] = []  # the state before each question

    def ask_first(self) -> None:
        """Ask the questions that are not under Advanced; each answer may change them."""
        while left := [each for each in self._questions() if _is_first(each) and each.path not in self._done]:
            number = len(self._before) + 1
            self.ask(left[0], f"Step {number} of {number + len(left) - 1}")

    def back(self) -> bool:
        """Undo the last answer; return whether there was one."""
        if not self._before:
            return False
        self.draft, self._done = self._before.pop()
        return True

    def _questions(self) -> list[Question]:
        """Return the current questions, including the model's gating if it is not known."""
        model_id, model = self.draft.answers.get(model_value(self.draft.mode)), self.draft.known
        secret = gated_value(self.draft.mode)
        if model_id and model.figures is None:
            model = about(model_id, self.draft.ground.catalogue, model.engines, model.gated)
        if model_id and model.gated is None and secret and secret not in self.draft.answers:
            part = model_schema()["gated"]
            self._terminal.say(sentence(first_sentence(part["description"])), dim=True)
            model = model._replace(gated=self._terminal.confirm(part["title"], False))
        self.draft = replace(self.draft, known=model)
        return self.draft.questions()

    def ask_because_of_errors(self) -> list[Problem]:
        """Ask for missing inputs, such as nodes; return the errors that no question can correct."""
        again: set[tuple[str, ...]] = set()
        while True:
            errors = [problem for problem in problems_of(self.draft) if problem.is_error]
            questions = (question_for(error, self.draft.questions()) for error in errors)
            question = next((each for each in questions if each and each.path not in again), None)
            if question is None:
                return errors
            self._terminal.say(*(words(error) for error in errors if question_for(error, [question])))
            again.add(question.path)
            self.ask(question)

    def ask_more(self) -> None:
        """Ask the advanced questions that the user selects."""
        from kaito_pack.cli._new.asking import Option

        questions = [each for each in self.draft.questions() if each.is_more]
        options = [Option(each.path, each.title, _answer_of(each)) for each in questions]
        for path in self._terminal.choose_any("Set more?", options) if options else ():
            question = self.draft.question(path)
            if question is not None:
                self.ask(question)
        self.ask_first()

    def ask(self, question: Question, step: str = "") -> None:
        """Ask one question until its answer is valid, then show its warnings.

        Ctrl-B undoes the previous answer instead.
        """
        from kaito_pack.cli._new.asking import Back

        before = (self.draft, set(self._done))
        try:
            self._ask(question, step)
        except Back:
            self.back()
        else:
            self._before.append(before)

    def _ask(self, question: Question, step: str) -> None:
        self._terminal.gap()
        self._terminal.say(step, dim=True)
        self._done.add(question.path)
        facts = figures.facts_of(self.draft, question.path)
        self._terminal.say(question.help, *facts, dim=True)
        value = {"choice": self._chosen, "switch": self._confirmed}.get(question.kind, self._typed)(question)
        if value is None and question.is_required:
            value = question.default
        self.draft = self.draft.answered(question.path, value)
        self._terminal.show(*(choice.command for choice in question.choices if choice.value == value))
        self.warn(question)

    def _chosen(self, question: Question) -> Any:
        from kaito_pack.cli._new.asking import Option

        errors = refused(self.draft, question)
        options = [
            Option(each.value, each.title or str(each.value), each.detail) for each in question.choices
        ]
        while True:
            value = self._terminal.choose(question.label, options, question.answer)
            problems = errors(value)
            if not problems:
                return value
            self._terminal.say(*(words(problem, question) for problem in problems))

    def _confirmed(self, question: Question) -> bool:
        return self._terminal.confirm(question.label, question.answer is True)

    def _typed(self, question: Question) -> Any:
        errors = refused(self.draft, question)

        def problem(text: str) -> str:
            value = parsed(question, text)
            typed = replace(question, value=value)
            return "\n".join(words(in_words_of_form(error, typed), question) for error in errors(value)[:1])

        default = written(question, question.default)
        typed = self._terminal.text(
            f"{question.label} ({default})" if default else question.label,
            problem,
            lambda text: self._live(question, text),
            question.suggestions,
            question.placeholder,
            written(question, question.value),
        )
        return parsed(question, typed)

    def _live(self, question: Question, text: str) -> str:
        """Return the effect of an answer while it is typed."""
        value = parsed(question, text)
        answer = question.default if value is None else value
        lines = [f"{question.note}: {written(question, answer)}"] if question.note else []
        if question.path in figures.of_memory(self.draft):
            lines.append(figures.budget_text(self.draft.answered(question.path, value)))
        return "\n".join(filter(None, lines))

    def warn(self, question: Question | None = None) -> None:
        """Print warnings about one answer, or all remaining ones; the user can continue."""
        for problem in problems_of(self.draft):
            text = words(problem)
            if (
                not problem.is_error
                and text not in self._warned
                and (question is None or belongs(problem, question))
            ):
                self._warned.add(text)
                self._terminal.say(f"Warning: {text}")


def _answer_of(question: Question) -> str:
    """Return the effective value, as the title of its choice if it has one."""
    titles = (choice.title for choice in question.choices if choice.value == question.answer)
    return next(titles, "") or written(question, question.answer)


def _is_first(question: Question) -> bool:
    """Return whether a question is always asked or follows from another answer."""
    return question.follows or not question.is_more


def words(problem: Problem, question: Question | None = None) -> str:
    """Return a problem for a terminal: without its place, and at its own question without its path."""
    text = " ".join(filter(None, [sentence(problem.message), sentence(problem.fix)]))
    is_part = question and question.path == problem.path[: len(question.path)] != problem.path
    is_own = question is not None and belongs(problem, question) and not is_part
    is_clear = not problem.path or is_own
    return text[:1].upper() + text[1:] if is_clear else f"{path_text(problem.path)}: {text}"
