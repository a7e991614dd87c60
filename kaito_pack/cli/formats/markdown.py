"""Prints results as Markdown for a comment on GitHub or GitLab."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Problem
from kaito_pack.base.sentences import sentence
from kaito_pack.cli.results import distinct
from kaito_pack.cli.results.markdown import are_too_long, cell, code, fitting, rule_link, rule_pages

if TYPE_CHECKING:
    from kaito_pack.cli.results import Grid, Plan, ResultOfCases, Upgrade
    from kaito_pack.plan import Planned


def cases(result: ResultOfCases) -> Iterator[str]:
    """Yield a heading with counts, and a table of failed cases, errors first."""
    every = list(result.cases())
    unread = [case for case in every if case.unread]
    problems = [problem for problem in distinct(every) if problem.severity != "ok"]
    numbers = dict.fromkeys(("error", "undecidable", "warning"), 0)
    for problem in problems:
        numbers[problem.severity] += problem.number
    numbers["error"] += len(unread)
    summary = ", ".join(
        f"{number} {word if number == 1 or word == 'undecidable' else f'{word}s'}"
        for word, number in numbers.items()
        if number or word != "undecidable"
    )
    lines = [f"**kaito-pack {result.kind}.** {len(every)} checked: {summary}."]
    rows = [f"| error | {code(case.file)} | {cell(case.unread)} |" for case in unread]
    shown = [problem for word in numbers for problem in problems if problem.severity == word]
    if are_too_long(list(map(_row, shown))):  # keep the lines with counts
        shown.sort(key=lambda problem: not problem.others)
    rows += map(_row, shown)
    if rows:
        lines += ["", "| | File | Problem |", "| --- | --- | --- |", *fitting(rows)]
        lines += rule_pages(problems)
    yield "\n".join(lines) + "\n"


def _row(problem: Problem) -> str:
    place = code(str(problem.place or "").removesuffix(":"))
    return f"| {problem.severity} | {place} | {_words(problem)} |"


def _words(problem: Problem) -> str:
    words = " ".join(filter(None, [sentence(problem.message), sentence(problem.fix)]))
    path = f"{code(path_text(problem.path))}: " if problem.path else ""
    return f"{path}{cell(words)} {rule_link(problem)}"


def plan(result: Plan) -> Iterator[str]:
    """Yield the plan as a comment: a summary, then a table per object with collapsed remedies."""
    from kaito_pack.cli.results.plan_words import cluster_rows, grouped, label_urgency, summary

    groups = grouped(result.objects)
    parts = ["\n".join(_section(result, *pair)) for pair in groups]
    if are_too_long(parts):  # keep the most urgent ones
        pairs = sorted(zip(groups, parts, strict=True), key=lambda pair: label_urgency(pair[0][1].labels))
        parts = [part for _, part in pairs]
    head = [f"**KAITO plan.** {summary(result.objects)}."]
    if rows := cluster_rows(result.objects):
        table = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
        head += ["", *fitting([f"| {' | '.join(map(cell, row))} |" for row in table])]
    yield "\n".join([*head, *fitting(parts)]) + "\n"


def _section(plan: Plan, clusters: Sequence[str], planned: Planned) -> list[str]:
    from kaito_pack.cli.results.plan_words import TITLES, object_title

    lines = ["", f"### {cell(object_title(clusters, planned))}: {planned.action}"]
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
            lines.append(f"- {cell(sentence(words))} {_commands(plan, clusters, remedy)}".rstrip())
        lines += [f"- {_commands(plan, clusters, planned.remedy)}"] if planned.remedy else []
        lines += ["", "</details>"]
    return lines


def _commands(plan: Plan, clusters: Sequence[str], remedy: str) -> str:
    """Return a remedy; a kubectl command is repeated for each cluster."""
    if not remedy.startswith("kubectl "):
        return cell(remedy)
    commands = dict.fromkeys(plan.command(remedy, name) for name in clusters)
    return "; ".join(map(code, commands))


def upgrade(result: Upgrade) -> Iterator[str]:
    """Yield what a newer KAITO handles differently, one item per reason."""
    from kaito_pack.cli.results.plan_words import EFFECT_VERBS, upgrade_summary, workspace_title

    items = [
        f"- {code(workspace_title(cluster, workspace, result.version))} "
        f"{EFFECT_VERBS[reason.effect]} on {reason.on}: "
        + cell(f"{sentence(reason.problem.message)} {sentence(reason.problem.fix)}")
        + f" {rule_link(reason.problem)}"
        for cluster, workspace in result.workspaces
        for reason in workspace.reasons
    ]
    head = f"**{upgrade_summary(result.workspaces, result.version)}.**"
    problems = (reason.problem for _, workspace in result.workspaces for reason in workspace.reasons)
    yield "\n".join([head, *([""] if items else []), *fitting(items), *rule_pages(problems)]) + "\n"


def grid(result: Grid) -> Iterator[str]:
    """Yield the table of a grid, and the reasons below it."""
    from kaito_pack.cli.results import grid_words

    heads, *rows = grid_words.table(result)
    lines = [f"| {' | '.join(map(cell, heads))} |", f"|{' --- |' * len(heads)}"]
    lines += fitting([f"| {' | '.join(map(cell, row))} |" for row in rows])
    reasons = [f"- {cell(note)}" for note in grid_words.notes(result)]
    yield "\n".join([*lines, *([""] if reasons else []), *fitting(reasons)]) + "\n"
