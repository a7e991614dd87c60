"""Judged documents and their problems as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Place, Problem
from kaito_pack.base.sentences import sentence

if TYPE_CHECKING:
    from kaito_pack.run.validation import Entry, Report


def as_json(reports: Mapping[str, Report]) -> Iterator[str]:
    """One JSON array of the entries of one or more KAITO versions, piece by piece: it may be long.

    With several versions each entry names its `kaito`.
    """
    import json  # text is the rule

    def text(value: object, indent: str) -> str:
        return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", f"\n{indent}")

    before = "[\n  "
    for kaito, report in reports.items():
        for entry in report.entries:
            row = _row(entry) | ({"kaito": kaito} if len(reports) > 1 else {})
            yield before + text(row, "  ").removesuffix("\n  }") + ',\n    "problems": ['
            before = ",\n  "
            comma = "\n      "
            for found in entry.problems:
                yield comma + text(_problem_row(found), "      ")
                comma = ",\n      "
            yield ("\n    ]" if entry.problems else "]") + "\n  }"
    yield "[]\n" if before.startswith("[") else "\n]\n"


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "file": entry.file,
        "document": entry.document,
        "kind": entry.kind,
        "namespace": entry.namespace,
        "name": entry.name,
        "verdict": entry.verdict,
    }


def _problem_row(found: Problem) -> dict[str, Any]:
    place = found.place or Place("")
    return {
        "rule": found.rule,
        "severity": found.severity,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "path": path_text(found.path),
        "message": sentence(found.message),
        "fix": sentence(found.fix),
        "layer": found.layer,
    }
