"""Texts about plans, the same in every format."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

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
MOST_NAMED = 2  # clusters named in a title
EFFECT_VERBS = {"refused": "is rejected", "breaks": "breaks", "differs": "differs"}
EFFECT_TITLES = {"refused": "rejected", "breaks": "broken afterwards", "differs": "treated differently"}


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


def label_urgency(labels: Iterable[str]) -> int:
    """Return the urgency of changes from their labels: 0 if KAITO rejects one."""
    return min((LABELS.index(label) for label in labels if label in LABELS), default=len(LABELS))


def upgrade_summary(workspaces: Sequence[tuple[str, Upgraded]], version: str) -> str:
    """Return `KAITO 0.12: 1 rejected, 0 broken afterwards, 2 treated differently`."""
    effects = [upgraded.effect for _, upgraded in workspaces]
    counts = ", ".join(f"{effects.count(effect)} {EFFECT_TITLES[effect]}" for effect in EFFECTS)
    return f"KAITO {version}: {counts}"


def grouped(objects: Sequence[tuple[str, Planned]]) -> list[tuple[list[str], Planned]]:
    """Return each plan of an object once, with its clusters."""
    groups: dict[Hashable, tuple[list[str], Planned]] = {}
    for cluster, planned in objects:
        changes = tuple((each.text(), each.label, each.words, each.remedy) for each in planned.changes)
        identity = (planned.kind, planned.namespace, planned.name, planned.action)
        key = (identity, planned.why, planned.remedy, changes)
        groups.setdefault(key, ([], planned))[0].append(cluster)
    return list(groups.values())


def cluster_rows(objects: Sequence[tuple[str, Planned]]) -> list[list[str]]:
    """Return a table with the number of changes by cluster and label; empty without a fleet."""
    clusters = dict.fromkeys(cluster for cluster, _ in objects if cluster)
    if len(clusters) < 2:
        return []
    counts: dict[str, list[str]] = {name: [] for name in clusters}
    for cluster, planned in objects:
        counts[cluster] += planned.labels
    used = {label for labels in counts.values() for label in labels}
    labels = [label for label in (*LABELS, "created", "deleted") if label in used]
    head = ["CLUSTER", *(label.upper() for label in labels)]
    return [head, *([name, *(str(each.count(label)) for label in labels)] for name, each in counts.items())]


def _several(clusters: Sequence[str]) -> str:
    """Return `aks-prod, aks-dev and 8 more`."""
    rest = len(clusters) - MOST_NAMED
    return ", ".join(clusters[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def object_title(clusters: Sequence[str], planned: Planned) -> str:
    """Return `Workspace default/llama on east`, safe to print."""
    cluster = _several([name for name in clusters if name])
    name = f"{planned.namespace}/{planned.name}" if planned.namespace else planned.name
    return escaped(f"{planned.kind} {name}{_on(cluster)}")


def workspace_title(cluster: str, upgraded: Upgraded, version: str) -> str:
    """Return `default/llama on east (KAITO 0.11 to 0.12)`; without a fleet only the name."""
    versions = f" (KAITO {upgraded.now} to {version})" if cluster else ""
    return f"{upgraded.namespace}/{upgraded.name}{_on(cluster)}{versions}"


def _on(cluster: str) -> str:
    return f" on {cluster}" if cluster else ""
