"""Checks who owns the stored Workspace of the same name, if there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.sentences import filled
from kaito_pack.base.trees import Fields, Manifest, mapping
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.facts.tables import table


@rule("preflight/workspace-new", "preflight/workspace-ending", "preflight/workspace-changes", on="part")
def check(workspace: Manifest, stored: Manifest | None) -> Iterator[Problem]:
    """Yield the answers about the stored Workspace; {} if there is none, None if it may not be read."""
    metadata = mapping(workspace.get("metadata"))
    name = {"name": shown(metadata.get("name")), "bare": shown(metadata.get("name"), quote=False)}
    name["namespace"] = shown(metadata.get("namespace"), quote=False)
    name["kind"] = shown(workspace.get("kind"), quote=False)
    if stored is None:
        return
    if not stored:
        yield problem("preflight/workspace-new", **name)
        return
    live = mapping(stored.get("metadata"))
    if live.get("deletionTimestamp"):
        yield problem("preflight/workspace-ending", **name)
        return
    strangers = [*_owned(live, name), *_other_labels(metadata, live, name)]
    yield from strangers or [problem("preflight/workspace-changes", **name)]
    yield from _managers(metadata, live, name)


@rule("preflight/workspace-owned", on="part")
def _owned(live: Manifest, name: Mapping[str, str]) -> Iterator[Problem]:
    owners = live.get("ownerReferences")
    for owner in owners if isinstance(owners, list) else []:
        title = shown(f"{mapping(owner).get('kind')} {mapping(owner).get('name')}")
        yield problem("preflight/workspace-owned", owner=title, **name)


@rule("preflight/workspace-foreign", on="part")
def _other_labels(metadata: Fields, live: Manifest, name: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a problem for labels that differ from those of the values."""
    ours, theirs = mapping(metadata.get("labels")), mapping(live.get("labels"))
    for label in table("kaito/cluster.json")["identityLabels"]:
        if label in ours and theirs.get(label) != ours[label]:
            has = f"is {shown(theirs[label])}" if label in theirs else "does not exist"
            difference = f"label {label} {has}, not {shown(ours[label])}"
            yield problem("preflight/workspace-foreign", difference=difference, **name)
            return


@rule("preflight/workspace-managed", on="part")
def _managers(metadata: Fields, live: Manifest, name: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a problem for each tool whose labels or annotations show that it manages the Workspace."""
    for part, marks in table("kaito/cluster.json")["managers"].items():
        for mark, title in marks.items():
            value = mapping(live.get(part)).get(mark)
            if isinstance(value, str) and mapping(metadata.get(part)).get(mark) != value:
                manager = filled(title, {"value": shown(value)})
                yield problem(
                    "preflight/workspace-managed", manager=manager, mark=f"{mark}: {shown(value)}", **name
                )
