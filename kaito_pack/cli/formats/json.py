"""Results as JSON, every character of it printable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kaito_pack.base.display import json_text
from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Place, Problem
from kaito_pack.base.sentences import sentence
from kaito_pack.cli.results import DRIFT, distinct
from kaito_pack.facts.rules import page

if TYPE_CHECKING:
    from kaito_pack.cli.results import Grid, Plan, Preflight, Rendering, Reports, Upgrade
    from kaito_pack.plan import Planned
    from kaito_pack.run.judgement import Entry


def validation(result: Reports) -> Iterator[str]:
    """Yield one array of the documents for one or more KAITO versions, piece by piece: it may be long.

    With several versions each document names its `kaito`, with a fleet its `cluster`.
    """

    def indented(value: object, indent: str) -> str:
        return json_text(value).replace("\n", f"\n{indent}")

    before = "[\n  "
    for name, report in result.reports.items():
        for entry in report.entries:
            row = _document(entry) | ({result.by: name} if name and result.is_split else {})
            yield before + indented(row, "  ").removesuffix("\n  }") + ',\n    "problems": ['
            before = ",\n  "
            comma = "\n      "
            for problem in entry.problems:
                yield comma + indented(_problem(problem), "      ")
                comma = ",\n      "
            yield ("\n    ]" if entry.problems else "]") + "\n  }"
    yield "[]\n" if before.startswith("[") else "\n]\n"


def _document(entry: Entry) -> dict[str, Any]:
    return {
        "file": entry.file,
        "document": entry.document,
        "kind": entry.kind,
        "namespace": entry.namespace,
        "name": entry.name,
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
    """Yield an object: the files of output that differ, and the problems of the values."""
    report = {
        "drift": [
            {"file": file, "state": word, "message": sentence(DRIFT[word])}
            for output in result.outputs
            for file, word in output.files
        ],
        "problems": [_problem(problem) for problem in distinct(result.values_cases())],
    }
    yield json_text(report) + "\n"


def preflight(result: Preflight) -> Iterator[str]:
    """Yield an array of the answers."""
    rows = [
        {
            "file": file,
            "check": answer.rule.partition("/")[2],
            "state": answer.severity,
            "message": sentence(answer.message),
            "fix": sentence(answer.fix),
            "page": page(answer.rule),
        }
        for file, answer in result.answers
    ]
    yield json_text(rows) + "\n"


def plan(result: Plan) -> Iterator[str]:
    """Yield an array of the objects with their changes."""
    yield json_text([_object(result, *pair) for pair in result.objects]) + "\n"


def _object(plan: Plan, cluster: str, planned: Planned) -> dict[str, Any]:
    return {
        **({"cluster": cluster} if cluster else {}),
        "action": planned.action,
        "kind": planned.kind,
        "namespace": planned.namespace,
        "name": planned.name,
        "reason": planned.why,
        "remedy": plan.command(planned.remedy, cluster),
        "changes": [
            {
                "path": path_text(change.path),
                "change": change.text(),
                **change.data(),
                "label": change.label,
                "reason": change.words,
                "remedy": plan.command(change.remedy, cluster),
            }
            for change in planned.changes
        ],
    }


def upgrade(result: Upgrade) -> Iterator[str]:
    """Yield an array of what is handled differently, a row per reason."""
    rows = [
        {
            **({"cluster": cluster} if cluster else {}),
            "namespace": workspace.namespace,
            "name": workspace.name,
            "from": workspace.now,
            "effect": reason.effect,
            "on": reason.on,
            "refused": reason.effect == "refused",
            "rule": reason.problem.rule,
            "severity": reason.problem.severity,
            "message": sentence(reason.problem.message),
            "fix": sentence(reason.problem.fix),
            "page": page(reason.problem.rule),
        }
        for cluster, workspace in result.workspaces
        for reason in workspace.reasons
    ]
    yield json_text(rows) + "\n"


def grid(result: Grid) -> Iterator[str]:
    """Yield an array of the values files, each with its cells."""
    rows = []
    for row in result.rows:
        cells = []
        for cell in row.cells:
            cells.append(
                {
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
            )
        rows.append({"file": row.file, "name": row.name, "model": row.model, "cells": cells})
    yield json_text(rows) + "\n"
