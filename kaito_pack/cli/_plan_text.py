"""A plan as text, as JSON rows, and as the comment of a pull request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kaito_pack.plan import LABELS, Planned
from kaito_pack.problems import path_text
from kaito_pack.report import sentence
from kaito_pack.upgrade import Upgraded

TITLES = {
    "rejected": "rejected",
    "not-rolled-out": "accepted but not rolled out",
    "rolled-out-by-job": "rolled out by the job (replicas restart)",
    "recreate": "recreate",
    "live": "live",
    "ignored": "ignored",
}


def summary(planned: Sequence[Planned]) -> str:
    """`3 objects change: 1 rejected, 2 live; 1 created`."""
    if not planned:
        return "Nothing changes"
    labels = [label for one in planned for label in one.labels]
    counts = [f"{labels.count(label)} {TITLES[label]}" for label in LABELS if label in labels]
    counts += [f"{labels.count(word)} {word}" for word in ("created", "deleted") if word in labels]
    return f"{len(planned)} object{'s' if len(planned) > 1 else ''}: {', '.join(counts)}"


def _name(one: Planned) -> str:
    return f"{one.kind} {one.namespace}/{one.name}" if one.namespace else f"{one.kind} {one.name}"


def as_text(planned: Sequence[Planned]) -> str:
    """The plan for a terminal."""
    lines = [summary(planned)]
    for one in planned:
        lines += ["", f"{_name(one)}: {one.action}"]
        lines += [f"    {one.remedy}"] if one.remedy else []
        said: set[tuple[str, str]] = set()
        for change in one.changes:
            lines.append(f"  {TITLES[change.label]}: {change.told()}")
            # The reason and the remedy of a label once an object, not once a field.
            if (change.words, change.remedy) not in said:
                said.add((change.words, change.remedy))
                lines += [f"    {sentence(change.words)}"]
                lines += [f"    {change.remedy}"] if change.remedy else []
    return "\n".join(lines) + "\n"


def as_rows(planned: Sequence[Planned]) -> list[dict[str, Any]]:
    """The plan as JSON rows."""
    return [
        {
            "action": one.action,
            "kind": one.kind,
            "namespace": one.namespace,
            "name": one.name,
            "remedy": one.remedy,
            "changes": [
                {
                    "path": path_text(change.path),
                    "change": change.told(),
                    "label": change.label,
                    "reason": change.words,
                    "remedy": change.remedy,
                }
                for change in one.changes
            ],
        }
        for one in planned
    ]


def as_markdown(planned: Sequence[Planned]) -> str:
    """The plan as a comment: the summary first, a table an object, remedies folded away."""
    lines = [f"**KAITO plan.** {summary(planned)}."]
    for one in planned:
        lines += ["", f"### {_cell(_name(one))}: {one.action}"]
        if one.changes:
            lines += ["", "| What KAITO does | Field | Change |", "| --- | --- | --- |"]
        for change in one.changes:
            path, _, values = change.told().partition(": ")
            lines.append(f"| {TITLES[change.label]} | `{_cell(path)}` | {_cell(values)} |")
        reasons = {(change.words, change.remedy): None for change in one.changes}
        if reasons or one.remedy:
            lines += ["", "<details><summary>Why, and what to do</summary>", ""]
            for words, remedy in reasons:
                what = (
                    f" `{remedy}`" if remedy.startswith("kubectl ") else f" {_cell(remedy)}" if remedy else ""
                )
                lines.append(f"- {_cell(sentence(words))}{what}")
            lines += [f"- `{one.remedy}`"] if one.remedy else []
            lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text that stays in its cell."""
    for character in "\\|`<>*_[]":
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", " ")


def upgrade_text(found: Sequence[Upgraded], version: str, form: str) -> str:
    """What a newer KAITO treats otherwise, a line a reason."""
    rows = [
        {
            "namespace": one.namespace,
            "name": one.name,
            "refused": one.is_refused,
            "rule": problem.rule,
            "severity": problem.severity,
            "on": on,
            "message": sentence(problem.message),
            "fix": sentence(problem.fix),
        }
        for one in found
        for on, problems in (("create", one.as_new), ("update", one.as_stored))
        for problem in problems
    ]
    if form == "json":
        return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    refused = sum(one.is_refused for one in found)
    head = f"KAITO {version}: {refused} refused, {len(found) - refused} treated differently"
    lines = [f"**{head}.**", ""] if form == "markdown" else [head]
    for row in rows:
        name = f"{row['namespace']}/{row['name']}"
        kind = "refused" if row["severity"] == "error" else "differs"
        text = f"{row['message']} {row['fix']}"
        if form == "markdown":
            lines.append(f"- `{name}` {kind} on {row['on']}: {_cell(text)}")
        else:
            lines.append(f"{name} {kind} on {row['on']}: {text} [{row['rule']}]")
    return "\n".join(lines) + "\n"
