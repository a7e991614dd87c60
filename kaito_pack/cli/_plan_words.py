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


def summary(objects: Sequence[tuple[str, Planned]]) -> str:
    """Return `3 objects: 1 rejected, 2 live, 1 created`: fields of changed objects, and objects by action."""
    if not objects:
        return "Nothing changes"
    labels = [label for _, planned in objects for label in planned.labels]
    counts = [
        f"{labels.count(label)} {TITLES[label]}" for label in LABELS if label in labels if label != "recreate"
    ]
    actions = [planned.action for _, planned in objects]
    counts += [
        f"{actions.count(word)} {word}" for word in ("recreated", "created", "deleted") if word in actions
    ]
    return f"{len(objects)} object{'s' if len(objects) > 1 else ''}: {', '.join(counts)}"


def upgrade_summary(workspaces: Sequence[tuple[str, Upgraded]], version: str) -> str:
    """Return `KAITO 0.12: 1 refused, 0 broken afterwards, 2 treated differently`."""
    effects = [upgraded.effect for _, upgraded in workspaces]
    counts = ", ".join(f"{effects.count(effect)} {EFFECT_TITLES[effect]}" for effect in EFFECTS)
    return f"KAITO {version}: {counts}"


def object_title(cluster: str, planned: Planned) -> str:
    """Return `Workspace default/llama on east`, safe to print."""
    name = f"{planned.namespace}/{planned.name}" if planned.namespace else planned.name
    return escaped(f"{planned.kind} {name}{_on(cluster)}")


def workspace_title(cluster: str, upgraded: Upgraded) -> str:
    """Return `default/llama on east`."""
    return f"{upgraded.namespace}/{upgraded.name}{_on(cluster)}"


def _on(cluster: str) -> str:
    return f" on {cluster}" if cluster else ""
