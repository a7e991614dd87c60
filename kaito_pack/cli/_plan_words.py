"""The words that plans have in common, whatever the format."""

from __future__ import annotations

from collections.abc import Sequence

from kaito_pack.base.display import escaped
from kaito_pack.plan import LABELS, Planned
from kaito_pack.plan.upgrade import EFFECTS, Upgraded

TITLES = {
    "rejected": "rejected",
    "not-rolled-out": "accepted but not rolled out",
    "rolled-out-by-job": "rolled out by the job (replicas restart)",
    "recreate": "recreate",
    "live": "live",
    "ignored": "ignored",
}
EFFECT_TITLES = {"refused": "refused", "breaks": "broken afterwards", "differs": "treated differently"}


def summary(planned: Sequence[Planned]) -> str:
    """Return `3 objects: 1 rejected, 2 live, 1 created`: fields of changed objects, and objects by action."""
    if not planned:
        return "Nothing changes"
    labels = [label for each in planned for label in each.labels]
    counts = [
        f"{labels.count(label)} {TITLES[label]}" for label in LABELS if label in labels if label != "recreate"
    ]
    actions = [each.action for each in planned]
    counts += [
        f"{actions.count(word)} {word}" for word in ("recreated", "created", "deleted") if word in actions
    ]
    return f"{len(planned)} object{'s' if len(planned) > 1 else ''}: {', '.join(counts)}"


def upgrade_summary(upgraded: Sequence[Upgraded], version: str) -> str:
    """Return `KAITO 0.12: 1 refused, 0 broken afterwards, 2 treated differently`."""
    effects = [workspace.effect for workspace in upgraded]
    counts = ", ".join(f"{effects.count(effect)} {EFFECT_TITLES[effect]}" for effect in EFFECTS)
    return f"KAITO {version}: {counts}"


def object_title(planned: Planned) -> str:
    """Return `Workspace default/llama on east`, safe to print."""
    return escaped(f"{planned.kind} {_full_name(planned)}")


def workspace_title(upgraded: Upgraded) -> str:
    """Return `default/llama on east`."""
    cluster = f" on {upgraded.cluster}" if upgraded.cluster else ""
    return f"{upgraded.namespace}/{upgraded.name}{cluster}"


def _full_name(planned: Planned) -> str:
    name = f"{planned.namespace}/{planned.name}" if planned.namespace else planned.name
    return name + (f" on {planned.cluster}" if planned.cluster else "")
