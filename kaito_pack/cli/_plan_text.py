"""A plan as text, as JSON rows, and as the comment of a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kaito_pack.base.display import escaped
from kaito_pack.base.paths import path_text
from kaito_pack.base.sentences import sentence
from kaito_pack.cli._markdown import are_too_long, cell, code, fitting
from kaito_pack.cli._output import as_json
from kaito_pack.plan import LABELS, Planned
from kaito_pack.plan.upgrade import EFFECTS, Reason, Upgraded

HEADS = {"refused": "refused", "breaks": "broken afterwards", "differs": "treated differently"}

TITLES = {
    "rejected": "rejected",
    "not-rolled-out": "accepted but not rolled out",
    "rolled-out-by-job": "rolled out by the job (replicas restart)",
    "recreate": "recreate",
    "live": "live",
    "ignored": "ignored",
}


def summary(planned: Sequence[Planned]) -> str:
    """`3 objects: 1 rejected, 2 live, 1 created`: fields of changed objects, and objects that come and go."""
    if not planned:
        return "Nothing changes"
    labels = [label for one in planned for label in one.labels]
    counts = [
        f"{labels.count(label)} {TITLES[label]}" for label in LABELS if label in labels if label != "recreate"
    ]
    actions = [one.action for one in planned]
    counts += [
        f"{actions.count(word)} {word}" for word in ("recreated", "created", "deleted") if word in actions
    ]
    return f"{len(planned)} object{'s' if len(planned) > 1 else ''}: {', '.join(counts)}"


def _name(one: Planned) -> str:
    name = f"{one.namespace}/{one.name}" if one.namespace else one.name
    return escaped(f"{one.kind} {name}" + (f" on {one.cluster}" if one.cluster else ""))


def as_text(planned: Sequence[Planned]) -> str:
    """The plan for a terminal."""
    lines = [summary(planned)]
    for one in planned:
        lines += ["", f"{_name(one)}: {one.action}"]
        lines += [f"    {text}" for text in (sentence(one.why), one.remedy) if text]
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
            **({"cluster": one.cluster} if one.cluster else {}),
            "action": one.action,
            "kind": one.kind,
            "namespace": one.namespace,
            "name": one.name,
            "reason": one.why,
            "remedy": one.remedy,
            "changes": [
                {
                    "path": path_text(change.path),
                    "change": change.told(),
                    **change.data(),
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
    parts = ["\n".join(_section(one)) for one in planned]
    if are_too_long(parts):  # what hurts most stays
        pairs = sorted(zip(planned, parts, strict=True), key=lambda pair: min(map(_urgency, pair[0].labels)))
        parts = [part for _, part in pairs]
    return "\n".join([f"**KAITO plan.** {summary(planned)}.", *fitting(parts)]) + "\n"


def _urgency(label: str) -> int:
    return LABELS.index(label) if label in LABELS else len(LABELS)


def _section(one: Planned) -> list[str]:
    lines = ["", f"### {cell(_name(one))}: {one.action}"]
    lines += ["", cell(sentence(one.why))] if one.why else []
    if one.changes:
        lines += ["", "| What KAITO does | Field | Change |", "| --- | --- | --- |"]
    for change in one.changes:
        values = cell(change.values())
        lines.append(f"| {TITLES[change.label]} | {code(path_text(change.path))} | {values} |")
    reasons = {(change.words, change.remedy): None for change in one.changes}
    if reasons or one.remedy:
        lines += ["", "<details><summary>Why, and what to do</summary>", ""]
        for words, remedy in reasons:
            what = code(remedy) if remedy.startswith("kubectl ") else cell(remedy)
            lines.append(f"- {cell(sentence(words))} {what}".rstrip())
        lines += [f"- {code(one.remedy)}"] if one.remedy else []
        lines += ["", "</details>"]
    return lines


def upgrade_text(found: Sequence[Upgraded], version: str, form: str) -> str:
    """What a newer KAITO treats otherwise, a line a reason."""
    rows = [_upgrade_row(one, reason) for one in found for reason in one.reasons]
    if form == "json":
        return as_json(rows) + "\n"
    effects = [one.effect for one in found]
    counts = ", ".join(f"{effects.count(effect)} {HEADS[effect]}" for effect in EFFECTS)
    head = f"KAITO {version}: {counts}"
    lines: list[str] = []
    for row in rows:
        text = f"{row['message']} {row['fix']}"
        name = f"{row['namespace']}/{row['name']}" + (f" on {row['cluster']}" if "cluster" in row else "")
        if form == "markdown":
            lines.append(f"- {code(name)} {row['effect']} on {row['on']}: {cell(text)}")
        else:
            lines.append(f"{name} {row['effect']} on {row['on']}: {text} [{row['rule']}]")
    if form == "markdown":
        lines = [f"**{head}.**", *([""] if rows else []), *fitting(lines)]
    else:
        lines = [head, *lines]
    return "\n".join(lines) + "\n"


def _upgrade_row(one: Upgraded, reason: Reason) -> dict[str, Any]:
    return {
        **({"cluster": one.cluster} if one.cluster else {}),
        "namespace": one.namespace,
        "name": one.name,
        "from": one.now,
        "effect": reason.effect,
        "on": reason.on,
        "refused": reason.effect == "refused",
        "rule": reason.problem.rule,
        "severity": reason.problem.severity,
        "message": sentence(reason.problem.message),
        "fix": sentence(reason.problem.fix),
    }
