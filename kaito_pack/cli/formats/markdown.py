"""Results as Markdown for a comment on GitHub or GitLab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Problem
from kaito_pack.base.sentences import sentence
from kaito_pack.cli._markdown import are_too_long, cell, code, fitting, rule_link, rule_pages

if TYPE_CHECKING:
    from kaito_pack.cli._results import Plan, ResultCase, ResultOfCases, Upgrade
    from kaito_pack.plan import Planned


def cases(result: ResultOfCases) -> Iterator[str]:
    """Yield a heading that counts, and a table of what is not good, errors first."""
    every = list(result.cases())
    rows = dict.fromkeys(row for case in every for row in _rows(case))
    words = ("error", "undecidable", "warning")
    counts = [sum(severity == word for severity, _ in rows) for word in words]
    summary = ", ".join(
        f"{count} {word if count == 1 or word == 'undecidable' else f'{word}s'}"
        for count, word in zip(counts, words, strict=True)
        if count or word != "undecidable"
    )
    lines = [f"**kaito-pack {result.kind}.** {len(every)} checked: {summary}."]
    if rows:
        lines += ["", "| | File | Problem |", "| --- | --- | --- |"]
        lines += fitting([text for word in words for severity, text in rows if severity == word])
        lines += rule_pages(problem for case in every for problem in case.problems)
    yield "\n".join(lines) + "\n"


def _rows(case: ResultCase) -> Iterator[tuple[str, str]]:
    """The severity and the row of each problem that is not good."""
    if case.unread:
        yield "error", f"| error | {code(case.file)} | {cell(case.unread)} |"
    for problem in case.problems:
        if problem.severity != "ok":
            place = code(str(problem.place or case.file).removesuffix(":"))
            yield problem.severity, f"| {problem.severity} | {place} | {_words(problem)} |"


def _words(problem: Problem) -> str:
    words = " ".join(filter(None, [sentence(problem.message), sentence(problem.fix)]))
    path = f"{code(path_text(problem.path))}: " if problem.path else ""
    return f"{path}{cell(words)} {rule_link(problem)}"


def plan(result: Plan) -> Iterator[str]:
    """Yield the plan as a comment: the summary first, a table an object, remedies folded away."""
    from kaito_pack.cli._plan_words import summary
    from kaito_pack.plan import LABELS

    def urgency(pair: tuple[tuple[str, Planned], str]) -> int:
        planned = pair[0][1]
        return min(LABELS.index(label) if label in LABELS else len(LABELS) for label in planned.labels)

    parts = ["\n".join(_section(*pair)) for pair in result.objects]
    if are_too_long(parts):  # the most urgent ones stay
        pairs = sorted(zip(result.objects, parts, strict=True), key=urgency)
        parts = [part for _, part in pairs]
    yield "\n".join([f"**KAITO plan.** {summary(result.objects)}.", *fitting(parts)]) + "\n"


def _section(cluster: str, planned: Planned) -> list[str]:
    from kaito_pack.cli._plan_words import TITLES, object_title

    lines = ["", f"### {cell(object_title(cluster, planned))}: {planned.action}"]
    lines += ["", cell(sentence(planned.why))] if planned.why else []
    if planned.changes:
        lines += ["", "| What KAITO does | Field | Change |", "| --- | --- | --- |"]
    for change in planned.changes:
        values = cell(change.values())
        lines.append(f"| {TITLES[change.label]} | {code(path_text(change.path))} | {values} |")
    reasons = {(change.words, change.remedy): None for change in planned.changes}
    if reasons or planned.remedy:
        lines += ["", "<details><summary>Why, and what to do</summary>", ""]
        for words, remedy in reasons:
            what = code(remedy) if remedy.startswith("kubectl ") else cell(remedy)
            lines.append(f"- {cell(sentence(words))} {what}".rstrip())
        lines += [f"- {code(planned.remedy)}"] if planned.remedy else []
        lines += ["", "</details>"]
    return lines


def upgrade(result: Upgrade) -> Iterator[str]:
    """Yield what a newer KAITO treats otherwise, an item a reason."""
    from kaito_pack.cli._plan_words import upgrade_summary, workspace_title

    items = [
        f"- {code(workspace_title(cluster, workspace))} {reason.effect} on {reason.on}: "
        + cell(f"{sentence(reason.problem.message)} {sentence(reason.problem.fix)}")
        + f" {rule_link(reason.problem)}"
        for cluster, workspace in result.workspaces
        for reason in workspace.reasons
    ]
    head = f"**{upgrade_summary(result.workspaces, result.version)}.**"
    problems = (reason.problem for _, workspace in result.workspaces for reason in workspace.reasons)
    yield "\n".join([head, *([""] if items else []), *fitting(items), *rule_pages(problems)]) + "\n"
