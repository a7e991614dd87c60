"""Lists what changes for a Workspace from one KAITO to the next, from facts/kaito/ and facts/rules/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from kaito_pack.facts import presets, rules
from kaito_pack.facts.rules import Rule, in_range
from kaito_pack.facts.tables import table
from kaito_pack.kaito import crd, instance_types
from kaito_pack.plan.changes import controller
from scripts.markdown import plain
from scripts.rule_pages import link

API = "v1beta1"
CLOUDS = ("azure", "aws", "arc")


def text() -> str:
    """Return a section for each step between two known KAITO versions, the oldest first."""
    return "\n".join(_step(old, new) for old, new in pairwise(crd.versions()))


def _step(old: str, new: str) -> str:
    groups = {
        "KAITO itself": [*_installation(old, new), *_workload(old, new)],
        "Fields": list(_fields(old, new)),
        "Rejected or reported from here on": list(_rules(new, old)),
        "No longer rejected or reported": list(_rules(old, new)),
        "Presets": list(_presets(old, new)),
        "Instance types": list(_instance_types(old, new)),
    }
    lines = [f"### From {old} to {new}", ""]
    for title, items in groups.items():
        lines += [f"{title}:", "", *(f"- {item}" for item in items), ""] if items else []
    return "\n".join(lines)


def _installation(old: str, new: str) -> Iterator[str]:
    """Yield the Kubernetes API that KAITO decodes with, and the argument that enables existing nodes."""
    before, after = (crd.versions()[kaito]["kubernetesApi"] for kaito in (old, new))
    if before != after:
        yield f"pod templates may have the fields of Kubernetes {after} (before: {before}), and no newer ones"
    before, after = (_own_nodes(kaito) for kaito in (old, new))
    if before != after:
        yield f"own nodes are chosen by `{after}`" + (f" (before: `{before}`)" if before else "")


def _own_nodes(kaito: str) -> str:
    rows = table("kaito/cluster.json")["provisioningArguments"]
    row = next(row for row in rows if in_range(kaito, row["versions"]))
    return f"{row['argument']}={row['byo']}" if row["argument"] else ""


def _workload(old: str, new: str) -> Iterator[str]:
    """Yield the workload that KAITO creates from a template."""
    before, after = (_kind(kaito) for kaito in (old, new))
    if before != after:
        yield f"a template becomes a `{after}` (before: a `{before}`)"


def _kind(kaito: str) -> str:
    return controller(table("kaito/changes.json")["template"], kaito)


def _fields(old: str, new: str) -> Iterator[str]:
    """Yield the fields of the CRD that are added, removed, or get another default."""
    before, after = (dict(_leaves(crd.schemas(kaito)[API], "")) for kaito in (old, new))
    for path in sorted(set(after) - set(before)):
        if path.rpartition(".")[0] not in set(after) - set(before):
            yield f"`{path}` is new"
    for path in sorted(set(before) - set(after)):
        if path.rpartition(".")[0] not in set(before) - set(after):
            yield f"`{path}` is gone"
    for path in sorted(set(before) & set(after)):
        was, is_now = before[path], after[path]
        if was != is_now:
            yield f"`{path}` has {f'the default `{is_now}`' if is_now else 'no default any more'}" + (
                f" (before: `{was}`)" if was else ""
            )


def _leaves(schema: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    """Yield every field below a schema by its path, with its default."""
    for name, part in schema.get("properties", {}).items():
        yield above + name, part.get("default")
        yield from _leaves(part, f"{above}{name}.")
        yield from _leaves(part.get("items", {}), f"{above}{name}[].")


def _rules(holds_in: str, not_in: str) -> Iterator[str]:
    new_rules = [
        rule for rule in rules.all_rules().values() if rule.holds_for(holds_in) and not rule.holds_for(not_in)
    ]
    return map(_line, sorted(new_rules, key=lambda rule: (rule.severity, rule.name)))


def _line(rule: Rule) -> str:
    severity = "" if rule.severity == "error" else f" ({rule.severity})"
    return f"{link(rule, '../reference/rules/')}{severity}: {plain(rule.meaning)}"


def _presets(old: str, new: str) -> Iterator[str]:
    before, after = set(presets.names(old)), set(presets.names(new))
    for verb, names in (("new", after - before), ("gone", before - after)):
        if names:
            yield f"{verb}: {_names(names)}"
    both = [preset for preset in map(presets.find, before & after) if preset]
    for verb, field in (("need", "needs_secret"), ("refuse", "refuses_secret")):
        was, is_now = (
            {preset.name for preset in both if presets.holds(kaito, getattr(preset, field))}
            for kaito in (old, new)
        )
        for when, names in (("from here on", is_now - was), ("no longer", was - is_now)):
            if names:
                yield f"{verb} a Secret {when}: {_names(names)}"


def _instance_types(old: str, new: str) -> Iterator[str]:
    for cloud in CLOUDS:
        dropped = set(instance_types.names(cloud, old)) - set(instance_types.names(cloud, new))
        if dropped:
            yield f"no longer known on {cloud}: {_names(dropped)}"


def _names(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
