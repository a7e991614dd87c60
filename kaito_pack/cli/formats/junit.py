"""Prints cases as JUnit XML, which GitLab, Jenkins and Azure DevOps show as the report of a test run.

A file is a `testsuite`, a case a `testcase`. There is no standard, so this is the subset that all three read.
They read only the first `failure` of a testcase, so it has all errors of a case. GitLab shows `classname` for
the suite and the text of a failure, not its `message`. Warnings are the `system-out`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import Problem
from kaito_pack.base.sentences import line, sentence
from kaito_pack.cli.results.bounded import fitting, left_out
from kaito_pack.facts.rules import page

if TYPE_CHECKING:
    from kaito_pack.cli.results import ResultCase, ResultOfCases


def cases(result: ResultOfCases) -> Iterator[str]:
    """Yield one XML document; every file with cases is a suite."""
    suites: dict[str, list[ResultCase]] = {}
    for case in result.cases():
        suites.setdefault(case.file, []).append(case)
    every = [case for suite in suites.values() for case in suite]
    few = fitting(_named(suites, result.is_strict), lambda case: "".join(_testcase(case, result.is_strict)))
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    title = _quoted(f"kaito-pack {result.kind}")
    yield f"<testsuites name={title}{_counts(every, result.is_strict, False)}>\n"
    for file, parts in groupby(few.parts, lambda part: part.subject.file):
        yield f"  <testsuite name={_quoted(file)}{_counts(suites[file], result.is_strict, True)}>\n"
        yield from (part.text for part in parts)
        yield "  </testsuite>\n"
    if few.first is not None:
        yield _others(few.others, _has_failed(few.first, result.is_strict))
    yield "</testsuites>\n"


def _others(number: int, has_failed: bool) -> str:
    """Return a suite that represents the cases that do not fit."""
    words = quoteattr(left_out(number))
    failure = f"\n      <failure message={words}/>\n    " if has_failed else ""
    case = f'<testcase name={words} classname="others" time="0">{failure}</testcase>'
    return f'  <testsuite name="others" tests="1" time="0">\n    {case}\n  </testsuite>\n'


def _counts(suite: Sequence[ResultCase], is_strict: bool, with_skipped: bool) -> str:
    counts = {
        "tests": len(suite),
        "failures": sum(bool(_failing(case, is_strict)) for case in suite),
        "errors": sum(bool(case.unread) for case in suite),
    }
    if with_skipped:  # not an attribute of `testsuites`
        counts["skipped"] = sum(case.is_skipped for case in suite)
    return "".join(f' {name}="{count}"' for name, count in counts.items()) + ' time="0"'


def _named(suites: Mapping[str, Sequence[ResultCase]], is_strict: bool) -> Iterator[tuple[int, ResultCase]]:
    """Yield all cases with urgency and unique names, because suite and name identify a case."""
    for suite in suites.values():
        numbers: dict[str, int] = {}
        for case in suite:
            number = numbers[case.name] = numbers.get(case.name, 0) + 1
            named = case if number == 1 else case._replace(name=f"{case.name} ({number})")
            yield int(not _has_failed(case, is_strict)), named


def _has_failed(case: ResultCase, is_strict: bool) -> bool:
    return bool(case.unread or _failing(case, is_strict))


def _testcase(case: ResultCase, is_strict: bool) -> Iterator[str]:
    failing = _failing(case, is_strict)
    others = [problem for problem in case.problems if problem not in failing]
    head = f"    <testcase name={_quoted(case.name)} classname={_quoted(case.file)} file={_quoted(case.file)}"
    yield f'{head} time="0">\n'
    if case.unread:
        reason = _quoted(case.unread)
        yield f'      <error message={reason} type="unread">{escape(escaped(case.unread))}</error>\n'
    elif case.is_skipped:
        yield f"      <skipped>{escape(escaped(_message(case.problems)))}</skipped>\n"
    if failing:
        yield f"      <failure message={_quoted(_message(failing))} type={_quoted(failing[0].rule)}>"
        yield f"{_text(failing)}</failure>\n"
    if others:
        yield f"      <system-out>{_text(others)}</system-out>\n"
    yield "    </testcase>\n"


def _failing(case: ResultCase, is_strict: bool) -> list[Problem]:
    return [
        problem for problem in case.problems if problem.is_error or (is_strict and problem.severity != "ok")
    ]


def _message(problems: Sequence[Problem]) -> str:
    """Return the text of the first problem and the number of further ones."""
    first = sentence(problems[0].message) if problems else ""
    others = sum(problem.number for problem in problems) - 1
    return first if len(problems) < 2 else f"{first} (and {others} more)"


def _text(problems: Sequence[Problem]) -> str:
    """Return the problems, one per line, each followed by the page of its rule."""
    texts = (text for problem in problems for text in (line(problem), page(problem.rule)) if text)
    return escape("\n".join(map(escaped, texts)))


def _quoted(text: str) -> str:
    # XML 1.0 forbids control characters, even as references. Others must not affect a terminal or browser.
    return quoteattr(escaped(text))
