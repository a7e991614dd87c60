"""The annotations and labels of a Workspace that KAITO reads: `facts/kaito/annotations.json`, a row per key.

A row (every field is optional):

    "kaito.sh/performance-mode": {
      "as": "annotation",           (the default; or "label")
      "versions": "0.10-",          (KAITO versions that read it; the default is "all")
      "values": ["balanced"],       (the values that have an effect; absent: any value)
      "anyCase": true,              (letter case and outer spaces of the value are ignored)
      "presence": true,             (any value turns it on, including `false`)
      "rejected": "0.10-",          (KAITO versions whose webhook rejects any other value on creation)
      "immutable": "0.13-",         (KAITO versions whose webhook rejects a change)
      "needs": ["preset", "vllm"],  (conditions for an effect: preset, vllm, auto)
      "meaning": "What vLLM is ….", (one sentence for docs/reference/annotations.md)
    }
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.sentences import either
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import in_range
from kaito_pack.facts.tables import Row, per_pack, table
from kaito_pack.kaito.fields import GROUP
from kaito_pack.kaito.ruling import Case

PREFIX = f"{GROUP}/"
PLACES = {"annotations": "annotation", "labels": "label"}
OFF = ("", "false", "no", "off", "0")
NEEDS: Mapping[str, Callable[[Case], bool]] = {
    "auto": lambda case: not case.own_nodes,
    "preset": lambda case: case.workspace.has_preset,
    "vllm": lambda case: case.workspace.runs_vllm,
}


class Key(NamedTuple):
    """One row of the table; see the module docstring."""

    name: str
    kind: str = "annotation"
    versions: str = "all"
    values: tuple[str, ...] = ()
    any_case: bool = False
    presence: bool = False
    rejected: str = "none"
    immutable: str = "none"
    needs: tuple[str, ...] = ()
    meaning: str = ""

    def takes(self, value: str) -> bool:
        """Return whether KAITO accepts the value."""
        return not self.values or (value.strip().lower() if self.any_case else value) in self.values


@per_pack
def keys() -> Mapping[str, Key]:
    """Return every annotation and label that some KAITO version reads, by name."""
    return {name: _key(name, row) for name, row in table("kaito/annotations.json").items()}


def _key(name: str, row: Row) -> Key:
    return Key(
        name,
        row.get("as", "annotation"),
        row.get("versions", "all"),
        tuple(row.get("values", ())),
        row.get("anyCase", False),
        row.get("presence", False),
        row.get("rejected", "none"),
        row.get("immutable", "none"),
        tuple(row.get("needs", ())),
        row.get("meaning", ""),
    )


def _set(case: Case) -> Iterator[tuple[str, Key, str]]:
    """Yield each key of the Workspace that KAITO reads there: its field, its row and its value."""
    for field, kind in PLACES.items():
        for name, value in _pairs(case, field).items():
            key = keys().get(name)
            if key is not None and key.kind == kind:
                yield field, key, value


def _pairs(case: Case, field: str) -> Mapping[str, str]:
    """Return the entries of `metadata.annotations` or `metadata.labels`."""
    return case.workspace.labels if field == "labels" else case.workspace.annotations


def _is_rejected(case: Case, key: Key) -> bool:
    return case.holds("webhook/annotation-value", "webhook") and in_range(case.kaito, key.rejected)


@rule("webhook/annotation-value", on="create")
def annotation_value(case: Case) -> Iterator[Problem]:
    """Report a value that the webhook rejects because it is unknown."""
    for field, key, value in _set(case):
        if in_range(case.kaito, key.rejected) and not key.takes(value):
            facts = {"value": shown(value), "key": key.name, "choices": _choices(key.values)}
            yield case.problem("metadata", field, key.name, **facts)


@rule("webhook/annotation-immutable", on="update")
def annotation_immutable(case: Case) -> Iterator[Problem]:
    """Report a changed value that the webhook rejects."""
    for key in keys().values():
        if in_range(case.kaito, key.immutable):
            old, new = (workspace.annotations.get(key.name) for workspace in (case.before, case.workspace))
            if old != new:
                facts = {"key": key.name, "old": shown(old or "none"), "new": shown(new or "none")}
                yield case.problem("metadata", "annotations", key.name, **facts)


@rule("advice/annotation-ignored-value")
def annotation_ignored_value(case: Case) -> Iterator[Problem]:
    """Report an unknown value, which KAITO ignores."""
    for field, key, value in _set(case):
        if not in_range(case.kaito, key.versions) or key.takes(value) or _is_rejected(case, key):
            continue
        near = did_you_mean(value, key.values)
        fix = f"Write {_quoted(near)}" if near else f"Use {_choices(key.values)}"
        yield case.problem("metadata", field, key.name, value=shown(value), key=key.name, fix=fix)


@rule("advice/annotation-presence")
def annotation_presence(case: Case) -> Iterator[Problem]:
    """Report an annotation that any value turns on."""
    for field, key, value in _set(case):
        if key.presence and value.strip().lower() in OFF:
            yield case.problem("metadata", field, key.name, value=shown(value), key=key.name)


@rule("advice/annotation-without-effect")
def annotation_without_effect(case: Case) -> Iterator[Problem]:
    """Report an annotation without effect on this kind of Workspace."""
    reasons = case.rule.parameters["reasons"]
    for field, key, _ in _set(case):
        lacking = [need for need in key.needs if not NEEDS[need](case)]
        if lacking and in_range(case.kaito, key.versions) and case.workspace.has_inference:
            yield case.problem("metadata", field, key.name, key=key.name, reason=reasons[lacking[0]])


@rule("advice/annotation-unknown")
def annotation_unknown(case: Case) -> Iterator[Problem]:
    """Report a key with KAITO's prefix that KAITO does not read."""
    for field, kind in PLACES.items():
        for name in _pairs(case, field):
            fix = _remedy(name, kind, case.kaito)
            if fix is not None:
                facts = {"key": shown(name), "kind": kind, "fix": fix}
                yield case.problem("metadata", field, name, **facts)


def _remedy(name: str, kind: str, kaito: str) -> str | None:
    """Return the fix for a key that KAITO does not read; None if it does or the key is not KAITO's."""
    key = keys().get(name)
    if key is not None and key.kind != kind:
        return f"Move it to metadata.{key.kind}s"
    if key is not None:
        since = key.versions.partition("-")[0]
        return None if in_range(kaito, key.versions) else f"Remove it, or use KAITO {since} or newer"
    if not _is_meant_for_kaito(name):
        return None
    known = [each.name for each in keys().values() if each.kind == kind and in_range(kaito, each.versions)]
    wanted = PREFIX + name.partition("/")[2]
    near = did_you_mean(wanted, known)
    return f"did you mean {shown(near)}" if near else "Remove it"


def _is_meant_for_kaito(name: str) -> bool:
    """Return whether a key has KAITO's prefix, or a similar one before a name that KAITO reads."""
    prefix, _, rest = name.partition("/")
    if prefix == GROUP:
        return True
    return PREFIX + rest in keys() and ("kaito" in prefix or did_you_mean(prefix, [GROUP]) is not None)


def _choices(values: tuple[str, ...]) -> str:
    """Return `("a", "b", "c")` as `"a", "b" or "c"`, quoted because YAML reads some values differently."""
    return either([_quoted(value) for value in values])


def _quoted(value: str) -> str:
    return f'"{value}"'
