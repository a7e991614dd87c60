"""One changed field, and its label by the rows of `facts/kaito/changes.json` if KAITO accepts it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from kaito_pack.base.display import shown_whole
from kaito_pack.base.paths import FieldPath, path_text
from kaito_pack.base.secrets import HIDDEN, looks_like_secret
from kaito_pack.base.sentences import filled
from kaito_pack.base.trees import ABSENT, Difference, Manifest, get
from kaito_pack.facts.rules import in_range
from kaito_pack.facts.tables import Row, table
from kaito_pack.plan.differences import keyed_path
from kaito_pack.plan.moves import nameable
from kaito_pack.values.secrets import SecretPlaces
from kaito_pack.workspace.identity import identity, metadata_text
from kaito_pack.workspace.inference_sets import is_inference_set, pod_template_path

HASH = "kubefoundry.io/template-hash"
BY_JOB = "the rollout job deletes the workload, KAITO recreates it, and the replicas restart"


@dataclass(frozen=True)
class Change:
    """One changed field: its label, what KAITO does with it, and the remedy, a command or text."""

    path: FieldPath
    old: Any
    new: Any
    label: str
    words: str
    remedy: str = ""

    def text(self) -> str:
        """Return `replicas: 1 → 2`, safe to print; the path alone if no value changed there."""
        return ": ".join(filter(None, (path_text(self.path), self.values())))

    def values(self) -> str:
        """Return `1 → 2`, safe to print; "" if no value changed there."""
        if self.old is ABSENT and self.new is ABSENT:
            return ""
        return f"{_value(self.old)} → {_value(self.new)}"

    def data(self) -> dict[str, Any]:
        """Return `{"old": 1, "new": 2}` for programs, without absent values and without tokens."""
        both = {"old": self.old, "new": self.new}
        return {name: _masked(value) for name, value in both.items() if value is not ABSENT}


class Secrets:
    """The places of the secrets in two manifests, by path of difference; computed once."""

    def __init__(self, old: Manifest, new: Manifest) -> None:
        self._places = [SecretPlaces(body, partial(keyed_path, body, with_flags=True)) for body in (old, new)]

    def hidden(self, difference: Difference) -> Difference:
        """Return the difference with placeholders for both values if one of them is or has a secret."""
        if not any(places.covers(difference.path) for places in self._places):
            return difference
        old, new = (value if value is ABSENT else HIDDEN for value in (difference.old, difference.new))
        return Difference(difference.path, old, new)


def by_table(difference: Difference, old: Manifest, new: Manifest, kaito: str) -> Change:
    """Return the change with the label, words and remedy of its row for that KAITO minor."""
    row = _row(difference.path, new, kaito)
    if identity(old) != identity(new) and row["label"] != "recreate":
        row = table("kaito/changes.json")["set-moved" if is_inference_set(new) else "moved"]
    if row["label"] == "not-rolled-out" and _is_for_the_job(old, new):
        return Change(*difference, "rolled-out-by-job", row.get("byJob", BY_JOB))
    facts = {
        "kind": str(new.get("kind")).lower(),
        "name": metadata_text(new, "name"),
        "namespace": metadata_text(new, "namespace") or "default",
        "old_name": metadata_text(old, "name"),
        "old_namespace": metadata_text(old, "namespace") or "default",
        "controller": controller(row, kaito),
    }
    remedy = filled(row["remedy"], facts) if nameable(*filter(None, facts.values())) else ""
    return Change(*difference, row["label"], row["words"], remedy)


def _row(path: FieldPath, body: Manifest, kaito: str) -> Row:
    """Return the row of that kind with the longest match of `path`, preferably one that needs a field."""
    rows = table("kaito/changes.json")
    kind = str(body.get("kind"))
    text = ".".join(map(str, path)) + "."
    fits = [row for row in rows.values() if row["kind"] == kind and _fits(row, text, kaito)]
    fits = [row for row in fits if _has(body, row.get("with", ""))]
    if fits:
        return max(fits, key=lambda row: (len(row["path"]), "with" in row))
    fallback: Row = rows["resource" if kind == "Workspace" else "other"]
    return fallback


def _fits(row: Row, path: str, kaito: str) -> bool:
    return (
        bool(row["path"])
        and path.startswith(f"{row['path']}.")
        and in_range(kaito, row.get("versions", "all"))
    )


def controller(row: Row, kaito: str) -> str:
    """Return the kind of the pods' controller that a row names for that KAITO; "" for none."""
    kinds = row.get("controller", {})
    return next((kind for versions, kind in kinds.items() if in_range(kaito, versions)), "")


def _has(body: Manifest, path: str) -> bool:
    """Return whether the object has the field that a row requires; True if the row requires none."""
    return not path or get(body, tuple(path.split("."))) is not None


def _is_for_the_job(old: Manifest, new: Manifest) -> bool:
    """Return whether the rollout job sees the change: it compares only hashes of the pod spec."""
    return _hash(new) not in (None, _hash(old))


def _hash(body: Manifest) -> Any:
    return get(body, (*pod_template_path(body), "metadata", "annotations", HASH))


def _masked(value: Any) -> Any:
    """Return `value`, or a note if it contains a token, because a cut value would show half of it."""
    return HIDDEN if looks_like_secret(_json(value)) else value


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, default=str)


def _value(value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    return shown_whole(_masked(value), quote=False)
