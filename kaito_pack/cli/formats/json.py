"""Prints results as JSON of printable characters only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from kaito_pack.base.display import json_text
from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Place, Problem
from kaito_pack.base.sentences import sentence
from kaito_pack.cli.formats import Note
from kaito_pack.cli.results import DRIFT, distinct, short_name
from kaito_pack.cli.results.bounded import (
    LONGEST_PART,
    LONGEST_RESULT,
    Fitting,
    fitting,
    left_out,
    urgency,
)
from kaito_pack.facts.rules import page

if TYPE_CHECKING:
    from kaito_pack.cli.results import Grid, Plan, Preflight, Rendering, Reports, Upgrade
    from kaito_pack.grid import Cell
    from kaito_pack.grid import Row as GridRow
    from kaito_pack.plan import Planned
    from kaito_pack.plan.changes import Change
    from kaito_pack.plan.upgrade import Reason, Upgraded
    from kaito_pack.run.judgement import Entry


_LINE = "\n  "
Rows = Iterable[tuple[int, dict[str, Any]]]  # rows with their urgency


def validation(result: Reports) -> Iterator[str]:
    """Yield one array of the documents for one or more KAITO versions.

    With several versions each document has `kaito`; with a fleet, `cluster`.
    """
    yield from _array(
        (
            urgency(problem.severity for problem in entry.problems),
            _document(entry)
            | ({result.by: name} if name and result.is_split else {})
            | {"problems": _some((urgency([each.severity]), _problem(each)) for each in entry.problems)},
        )
        for name, report in result.reports.items()
        for entry in report.entries
    )


def _array(rows: Rows) -> Iterator[str]:
    """Yield an array of the rows that fit, and a note if some do not."""
    few = fitting(rows, _indented)
    texts = [part.text for part in few.parts] + list(map(_indented, _others(few)))
    yield f"[\n  {f',{_LINE}'.join(texts)}\n]\n" if texts else "[]\n"
    if few.others:
        yield Note(f"Warning: {left_out(few.others)}")


def _indented(row: dict[str, Any]) -> str:
    return json_text(row).replace("\n", _LINE)


def _some(rows: Rows) -> list[dict[str, Any]]:
    """Return the rows that fit into a row of the result."""
    return _cut(rows, LONGEST_PART)[0]


def _cut(rows: Rows, longest: int) -> tuple[list[dict[str, Any]], int]:
    """Return the rows that fit, plus a row for the `others`, and their number."""
    few = fitting(rows, json_text, longest)
    return [part.subject for part in few.parts] + _others(few), few.others


def _others(few: Fitting[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the row for those that do not fit: their number and, unless it is long, the most urgent one."""
    if few.first is None:
        return []
    is_long = len(json_text(few.first)) > LONGEST_PART
    return [{**({} if is_long else few.first), "others": few.others}]


def _document(entry: Entry) -> dict[str, Any]:
    return {
        "file": entry.file,
        "document": entry.document,
        "kind": short_name(entry.kind),
        "namespace": short_name(entry.namespace),
        "name": short_name(entry.name),
        "verdict": entry.verdict,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    place = problem.place or Place("")
    return {
        "rule": problem.rule,
        "severity": problem.severity,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "path": path_text(problem.path),
        "message": sentence(problem.message),
        "fix": sentence(problem.fix),
        "layer": problem.layer,
        **({"ignored": problem.ignored} if problem.ignored else {}),
        "page": page(problem.rule),
    }


def rendering(result: Rendering) -> Iterator[str]:
    """Yield an object: the output files that differ, and the problems of the values."""
    drift, drift_others = _cut(
        (
            (0, {"file": file, "state": word, "message": sentence(DRIFT[word])})
            for output in result.outputs
            for file, word in output.files
        ),
        LONGEST_RESULT // 2,
    )
    problems, others = _cut(
        ((urgency([each.severity]), _problem(each)) for each in distinct(result.values_cases())),
        LONGEST_RESULT // 2,
    )
    yield json_text({"drift": drift, "problems": problems}) + "\n"
    if number := drift_others + others:
        yield Note(f"Warning: {left_out(number)}")


def preflight(result: Preflight) -> Iterator[str]:
    """Yield an array of the answers."""
    yield from _array((urgency([answer.severity]), _answer(file, answer)) for file, answer in result.answers)


def _answer(file: str, answer: Problem) -> dict[str, Any]:
    return {
        "file": file,
        "check": answer.rule.partition("/")[2],
        "state": answer.severity,
        **_words(answer),
    }


def _words(problem: Problem) -> dict[str, str]:
    return {
        "message": sentence(problem.message),
        "fix": sentence(problem.fix),
        "page": page(problem.rule),
    }


def plan(result: Plan) -> Iterator[str]:
    """Yield an array of the objects with their changes."""
    from kaito_pack.cli.results.plan_words import label_urgency

    yield from _array((label_urgency(pair[1].labels), _object(result, *pair)) for pair in result.objects)


def _object(plan: Plan, cluster: str, planned: Planned) -> dict[str, Any]:
    from kaito_pack.cli.results.plan_words import label_urgency

    return {
        **({"cluster": cluster} if cluster else {}),
        "action": planned.action,
        "kind": planned.kind,
        "namespace": planned.namespace,
        "name": planned.name,
        "reason": planned.why,
        "remedy": plan.command(planned.remedy, cluster),
        "changes": _some(
            (label_urgency([change.label]), _change(plan, cluster, change)) for change in planned.changes
        ),
    }


def _change(plan: Plan, cluster: str, change: Change) -> dict[str, Any]:
    return {
        "path": path_text(change.path),
        "change": change.text(),
        **change.data(),
        "label": change.label,
        "reason": change.words,
        "remedy": plan.command(change.remedy, cluster),
    }


def upgrade(result: Upgrade) -> Iterator[str]:
    """Yield an array of the differences in handling, one row per reason."""
    from kaito_pack.plan.upgrade import EFFECTS

    yield from _array(
        (EFFECTS.index(reason.effect), _reason(cluster, workspace, reason))
        for cluster, workspace in result.workspaces
        for reason in workspace.reasons
    )


def _reason(cluster: str, workspace: Upgraded, reason: Reason) -> dict[str, Any]:
    return {
        **({"cluster": cluster} if cluster else {}),
        "namespace": workspace.namespace,
        "name": workspace.name,
        "from": workspace.now,
        "effect": reason.effect,
        "on": reason.on,
        "refused": reason.effect == "refused",
        "rule": reason.problem.rule,
        "severity": reason.problem.severity,
        **_words(reason.problem),
    }


def grid(result: Grid) -> Iterator[str]:
    """Yield an array of the values files, each with its cells."""
    yield from _array((int(all(cell.is_good for cell in row.cells)), _row(row)) for row in result.rows)


def _row(row: GridRow) -> dict[str, Any]:
    cells = _some((int(cell.is_good), _cell(cell)) for cell in row.cells)
    return {"file": row.file, "name": row.name, "model": row.model, "cells": cells}


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "column": cell.column,
        "verdict": cell.verdict,
        "fits": cell.fits,
        "leftGiB": cell.left_gib,
        "longestContext": cell.longest,
        "gpus": cell.gpus,
        "instanceType": cell.instance_type,
        "imageKnowsModel": cell.image_knows,
        "reasons": list(cell.reasons),
    }
