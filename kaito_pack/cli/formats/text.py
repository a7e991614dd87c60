"""Prints results as text for people: messages as notes, data such as tables and diffs on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from kaito_pack.base.display import escaped
from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Place, Problem
from kaito_pack.base.sentences import LONGEST, line, sentence
from kaito_pack.cli.formats import Note
from kaito_pack.cli.results import (
    DRIFT,
    VERDICT_TITLES,
    Differing,
    distinct,
    full_name,
    reported,
    versions_of,
)
from kaito_pack.cli.results.bounded import first_lines

if TYPE_CHECKING:
    from kaito_pack.cli.results import Grid, Plan, Preflight, Rendering, Reports, Upgrade
    from kaito_pack.run.judgement import Entry, Judgement
    from kaito_pack.run.validation import Report

WIDEST = 400  # maximum column width in characters
COLOURS = {"ok": "green", "warning": "yellow", "undecidable": "yellow", "error": "red"}


def problem_line(problem: Problem) -> str:
    """Return a problem as one line, its place in bold and the rest in the colour of its severity."""
    place, _, rest = escaped(line(problem)).partition(" ")
    return click.style(place, bold=True) + " " + click.style(rest, fg=COLOURS[problem.severity])


def validation(result: Reports) -> Iterator[str]:
    """Yield the problems, a table if there are several KAITO versions, and a summary as a note."""
    if result.by == "cluster":
        yield from first_lines(_of_clusters(result))
        clusters = _counted(len([name for name in result.reports if name]), "cluster")
        entries = [entry for report in result.reports.values() for entry in report.entries]
        yield Note(", ".join(filter(None, [clusters, summary_of(entries)])))
    else:
        yield from first_lines(f"{problem_line(problem)}\n" for problem in distinct(result.cases()))
        if len(result.reports) > 1:
            yield from first_lines(table(result.reports))
        yield Note(summary(result.reports))
    yield from (Note(f"Error: {reason}") for _, reason in result.unread)


def _of_clusters(result: Reports) -> Iterator[str]:
    """Yield each problem once, with its clusters unless all clusters that get the file have it."""
    files: dict[str, set[str]] = {}
    for case in result.cases():
        files.setdefault(case.file, set()).add(case.version)
    for problem, names in versions_of(result.cases()).items():
        everywhere = files.get(problem.place.file, set()) if problem.place else set()
        is_everywhere = len(names) == len(everywhere) > 1
        clusters = "" if is_everywhere else ", ".join(filter(None, names))
        yield f"{problem_line(problem)}{escaped(f' (on {clusters})') if clusters else ''}\n"


def summary(reports: Mapping[str, Report]) -> str:
    """Return `12 documents: 11 accepted, 1 skipped; 3 warnings`, for the last KAITO version in `reports`."""
    return summary_of(list(reports.values())[-1].entries)


def summary_of(entries: Sequence[Entry]) -> str:
    """Return the summary of entries."""
    verdicts = [entry.verdict for entry in entries]
    counts = [f"{verdicts.count(word)} {title}" for word, title in VERDICT_TITLES.items() if word in verdicts]
    problems = [problem for entry in entries for problem in entry.problems]
    tail = [
        _counted(sum(problem.number for problem in problems if problem.severity == word), word)
        for word in ("error", "warning")
    ]
    head = _counted(len(entries), "document") or "no documents"
    return "; ".join([f"{head}: {', '.join(counts) or 'nothing to check'}", *filter(None, tail)])


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}" if number else ""


def table(reports: Mapping[str, Report]) -> Iterator[str]:
    """Yield a table of manifests by KAITO version: `ok`, `breaks` (accepted with an error) or the verdict."""
    rows = [["", *reports]]
    for entries in zip(*(report.entries for report in reports.values()), strict=True):
        first = entries[0]
        title = f"{first.file} {first.kind} {full_name(first)}".rstrip()
        rows.append([escaped(title), *map(_cell, entries)])
    yield from (f"{row}\n" for row in columns(rows))


def _cell(entry: Entry) -> str:
    if entry.verdict != "accepted":
        return VERDICT_TITLES[entry.verdict]
    return "breaks" if any(problem.is_error for problem in entry.problems) else "ok"


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows as lines with aligned cells, two spaces apart.

    A cell wider than WIDEST shifts the cells after it, so a long name does not widen every row.
    """
    widths = [min(max(map(len, column)), WIDEST) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def preflight(result: Preflight) -> Iterator[str]:
    """Yield a line per answer; with several files, a heading per file."""
    yield from first_lines(_answers(result))


def _answers(result: Preflight) -> Iterator[str]:
    has_headings, last = len({file for file, _ in result.answers}) > 1, None
    for file, answer in result.answers:
        if has_headings and file != last:
            yield f"{escaped(file)}:\n"
            last = file
        state = click.style(answer.severity.upper().ljust(7), COLOURS[answer.severity])
        words = filter(None, [sentence(answer.message), sentence(answer.fix)])
        yield " ".join([state, *map(escaped, words)]) + "\n"


def rendering(result: Rendering) -> Iterator[str]:
    """Yield the problems of values, by cluster with a fleet, and the differences of the output."""
    yield from first_lines(_wrong(result.outcomes))
    if "" not in result.outcomes:
        yield from first_lines(_by_cluster(result.outcomes))
    for output in result.outputs:
        yield from _differing(output)


def _wrong(clusters: Mapping[str, Sequence[Judgement]]) -> Iterator[Note]:
    for outcomes in clusters.values():
        for outcome in outcomes:
            if outcome.unread is not None:
                yield Note(f"Error: {outcome.unread}")
            yield from (Note(problem_line(problem)) for problem in reported(outcome))


def _by_cluster(clusters: Mapping[str, Sequence[Judgement]]) -> Iterator[Note]:
    """Yield where each values file works and where it does not, with reasons, unless it works everywhere."""
    files: dict[str, list[tuple[str, Judgement]]] = {}
    for name, outcomes in clusters.items():
        for outcome in outcomes:
            files.setdefault(outcome.file, []).append((name, outcome))
    for file, pairs in files.items():
        bad = [(name, outcome) for name, outcome in pairs if not outcome.is_good]
        if not bad:
            continue
        good = ", ".join(name for name, outcome in pairs if outcome.is_good)
        why = "; ".join(f"{name}: {_reason(outcome)}" for name, outcome in bad)
        accepted = f"accepted on {good}, " if good else ""
        yield Note(escaped(f"{file}: {accepted}rejected on {why[:LONGEST]}"))


def _reason(outcome: Judgement) -> str:
    if outcome.unread is not None:
        return outcome.unread.removeprefix(f"{escaped(outcome.file)}: ")
    first = next(problem for problem in outcome.problems if problem.is_error)
    return f"{path_text(first.path)}: {first.message}" if first.path else first.message


def _differing(output: Differing) -> Iterator[str]:
    for file, word in output.files:
        yield Note(f"{Place(file)} {word}: {DRIFT[word]}")
    yield from _diff(output.diff)


def _diff(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines unchanged for `git apply`; on a terminal, escaped."""
    if not sys.stdout.isatty():
        yield from lines
        return
    for text in lines:
        yield escaped(text.removesuffix("\n")) + "\n"


def plan(result: Plan) -> Iterator[str]:
    """Yield the plan: each object, followed by its changes."""
    from kaito_pack.cli.results.plan_words import TITLES, cluster_rows, grouped, object_title, summary

    def commands(remedy: str, clusters: Sequence[str]) -> list[str]:
        texts = dict.fromkeys(f"    {result.command(remedy, name)}" for name in clusters)
        return list(texts) if remedy else []

    lines = [summary(result.objects)]
    if rows := cluster_rows(result.objects):
        lines += ["", *columns(rows)]
    for clusters, planned in grouped(result.objects):
        lines += ["", f"{object_title(clusters, planned)}: {planned.action}"]
        lines += [f"    {sentence(planned.why)}"] if planned.why else []
        printed: set[tuple[str, str]] = set()
        for change in planned.changes:
            lines.append(f"  {TITLES[change.label]}: {change.text()}")
            # Show the reason and the remedy of a label once per object, not once per field.
            if (change.words, change.remedy) not in printed:
                printed.add((change.words, change.remedy))
                lines += [f"    {sentence(change.words)}"]
                lines += commands(change.remedy, clusters)
        lines += commands(planned.remedy, clusters)
    yield from first_lines(f"{escaped(text)}\n" for text in lines)


def upgrade(result: Upgrade) -> Iterator[str]:
    """Yield what a newer KAITO handles differently, one line per reason."""
    from kaito_pack.cli.results.plan_words import upgrade_summary

    yield f"{upgrade_summary(result.workspaces, result.version)}\n"
    yield from first_lines(_reasons(result))


def _reasons(result: Upgrade) -> Iterator[str]:
    from kaito_pack.cli.results.plan_words import EFFECT_VERBS, workspace_title

    for cluster, workspace in result.workspaces:
        for reason in workspace.reasons:
            words = f"{sentence(reason.problem.message)} {sentence(reason.problem.fix)}"
            title = workspace_title(cluster, workspace, result.version)
            head = f"{title} {EFFECT_VERBS[reason.effect]} on {reason.on}"
            yield escaped(f"{head}: {words} [{reason.problem.rule}]") + "\n"


def grid(result: Grid) -> Iterator[str]:
    """Yield the table of a grid, then the reasons of bad cells."""
    from kaito_pack.cli.results import grid_words

    rows = grid_words.table(result)
    yield from first_lines(f"{line}\n" for line in columns([[*map(escaped, row)] for row in rows]))
    notes = [f"{escaped(note)}\n" for note in grid_words.notes(result)]
    yield from first_lines(["\n", *notes] if notes else [])
    yield from (Note(f"Error: {row.unread}") for row in result.rows if row.unread)
