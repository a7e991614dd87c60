"""What a change will do: every changed field with what KAITO of the target's version makes of it.

The labels stand in `schemas/kaito/changes.json`; what the webhook refuses is asked of its own rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kaito_pack import checks
from kaito_pack.differences import ABSENT, Difference, differences, settled
from kaito_pack.problems import Path, Problem, path_text, shown
from kaito_pack.report import sentence
from kaito_pack.rules import in_range
from kaito_pack.tables import table
from kaito_pack.target import Surroundings, Target

HASH = "kubefoundry.io/template-hash"
INSTANCE = "app.kubernetes.io/instance"
LABELS = ("rejected", "not-rolled-out", "rolled-out-by-job", "recreate", "live", "ignored")
BY_JOB = "the rollout job deletes the workload, KAITO makes it again, and the replicas restart"
Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One changed field: its label, what KAITO does with it, and the command or words that help."""

    path: Path
    old: Any
    new: Any
    label: str
    words: str
    remedy: str = ""

    def told(self) -> str:
        """`replicas: 1 → 2`, safe to print."""
        return f"{path_text(self.path)}: {_value(self.old)} → {_value(self.new)}"


@dataclass
class Planned:
    """What becomes of one object: created, deleted, recreated or changed; the first two have no changes."""

    action: str
    kind: str
    namespace: str
    name: str
    changes: list[Change] = field(default_factory=list)
    remedy: str = ""

    @property
    def labels(self) -> list[str]:
        """The labels of its changes, and `created` or `deleted`."""
        return [self.action] if not self.changes else [change.label for change in self.changes]


def plan(
    old: Sequence[Manifest], new: Sequence[Manifest], target: Target, whole: bool = True
) -> list[Planned]:
    """What becomes of each object; `whole` False: what is missing from `new` is not deleted."""
    there = {_identity(one): settled(one) for one in old}
    wanted = {_identity(one): settled(one) for one in new}
    gone = {key: body for key, body in there.items() if key not in wanted}
    found = []
    for key, body in wanted.items():
        before = there.get(key)
        if before is None and (moved := _moved(body, gone)) is not None:
            before = gone.pop(moved)
        if before is None:
            found.append(_planned("created", body))
            continue
        changes = list(_changes(before, body, target))
        if changes:
            action = "recreated" if any(change.label == "recreate" for change in changes) else "changed"
            found.append(replace(_planned(action, body), changes=changes))
    if whole:
        found += [_deleted(body) for body in gone.values()]
    return found


def _identity(body: Manifest) -> tuple[str, str, str, str]:
    group = str(body.get("apiVersion", "")).rpartition("/")[0]
    return group, str(body.get("kind")), _metadata(body, "namespace"), _metadata(body, "name")


def _metadata(body: Manifest, name: str) -> str:
    metadata = body.get("metadata")
    return str(metadata.get(name, "")) if isinstance(metadata, Mapping) else ""


def _moved(body: Manifest, gone: Mapping[Any, Manifest]) -> Any:
    """The Workspace of the same instance that has gone: it was renamed, or has moved to another namespace."""
    if not checks.is_workspace(body):
        return None
    for key, other in gone.items():
        if checks.is_workspace(other) and _is_like(body, other):
            return key
    return None


def _is_like(body: Manifest, other: Manifest) -> bool:
    same_name = _metadata(body, "name") == _metadata(other, "name")
    return same_name or body.get("inference") == other.get("inference")


def _planned(action: str, body: Manifest) -> Planned:
    return Planned(action, str(body.get("kind")), _metadata(body, "namespace"), _metadata(body, "name"))


def _deleted(body: Manifest) -> Planned:
    kind = "workspace" if checks.is_workspace(body) else str(body.get("kind")).lower()
    planned = _planned("deleted", body)
    planned.remedy = f"kubectl delete {kind} {planned.name} -n {planned.namespace or 'default'}"
    return planned


def _changes(old: Manifest, new: Manifest, target: Target) -> Iterator[Change]:
    found = list(differences(_with_count(old), _with_count(new)))
    rejected = list(rejections(old, new, target)) if found and checks.is_workspace(new) else []
    told: set[int] = set()
    for difference in found:
        refusal = next((one for one in rejected if _concerns(one.path, difference.path)), None)
        if refusal is not None and not _is_renamed(old, new):
            told.add(rejected.index(refusal))
            yield _labelled(difference, "rejected", refusal.message, sentence(refusal.fix))
        else:
            yield _by_table(difference, old, new, target)
    for index, refusal in enumerate(rejected):
        if index not in told and not _is_renamed(old, new):
            value = Difference(refusal.path, ABSENT, ABSENT)
            yield _labelled(value, "rejected", refusal.message, sentence(refusal.fix))


def _with_count(body: Manifest) -> Manifest:
    """A missing count is 1, by the CRD's default; KAITO v0.6.2 to v0.12.0."""
    resource = body.get("resource")
    if not checks.is_workspace(body) or not isinstance(resource, Mapping):
        return body
    return {**body, "resource": {"count": 1, **{k: v for k, v in resource.items() if v is not None}}}


def _is_renamed(old: Manifest, new: Manifest) -> bool:
    return _identity(old) != _identity(new)


def rejections(old: Manifest, new: Manifest, target: Target) -> Iterator[Problem]:
    """What the API server or KAITO's webhook refuses because of the change, and not for what was there."""
    before = {(one.rule, one.path) for one in _refusals(old, old, target)}
    yield from (one for one in _refusals(old, new, target) if (one.rule, one.path) not in before)


def _refusals(old: Manifest, new: Manifest, target: Target) -> list[Problem]:
    found = checks.check(new, Surroundings(target, old=old), with_model=False) or []
    return [one for one in found if one.is_error and one.layer in ("crd", "webhook")]


def _concerns(problem: Path, change: Path) -> bool:
    shorter = min(len(problem), len(change))
    return problem[:shorter] == change[:shorter]


def _by_table(difference: Difference, old: Manifest, new: Manifest, target: Target) -> Change:
    row = _row(difference.path, checks.is_workspace(new))
    facts = {
        "name": _metadata(new, "name"),
        "namespace": _metadata(new, "namespace") or "default",
        "old_name": _metadata(old, "name"),
        "old_namespace": _metadata(old, "namespace") or "default",
        "workload": _workload(row, target.kaito),
    }
    if row["label"] == "not-rolled-out" and _is_for_the_job(old, new):
        return _labelled(difference, "rolled-out-by-job", BY_JOB, "")
    return _labelled(difference, row["label"], row["words"], row["remedy"].format_map(facts))


def _row(path: Path, is_workspace: bool) -> Mapping[str, Any]:
    rows = table("kaito/changes.json")
    if not is_workspace:
        other: Mapping[str, Any] = rows["service"]
        return other
    text = ".".join(map(str, path))
    fits = [row for row in rows.values() if row["path"] and f"{text}.".startswith(f"{row['path']}.")]
    return max(fits, key=lambda row: len(row["path"])) if fits else rows["resource"]


def _workload(row: Mapping[str, Any], kaito: str) -> str:
    kinds = row.get("workload", {})
    return next((kind for versions, kind in kinds.items() if in_range(kaito, versions)), "")


def _is_for_the_job(old: Manifest, new: Manifest) -> bool:
    """Whether the rollout job sees the change: it compares hashes of the pod spec, and of nothing else."""
    return _hash(new) not in (None, _hash(old))


def _hash(body: Manifest) -> Any:
    template: Any = body.get("inference", {}).get("template")
    metadata = template.get("metadata") if isinstance(template, Mapping) else None
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return annotations.get(HASH) if isinstance(annotations, Mapping) else None


def _labelled(difference: Difference, label: str, words: str, remedy: str) -> Change:
    return Change(difference.path, difference.old, difference.new, label, words, remedy)


def _value(value: Any) -> str:
    return "nothing" if value is ABSENT else shown(value, quote=False)
