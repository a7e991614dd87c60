"""Whose a Workspace of that name is, where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kaito_pack.base.display import shown
from kaito_pack.base.sentences import filled
from kaito_pack.base.trees import Fields, Manifest, mapping
from kaito_pack.facts.tables import table
from kaito_pack.preflight.findings import Finding, finding


def check(workspace: Manifest, stored: Manifest | None) -> Iterator[Finding]:
    """The findings about the stored Workspace: {} is none, None one that may not be read."""
    metadata = mapping(workspace.get("metadata"))
    name = {"name": shown(metadata.get("name")), "bare": shown(metadata.get("name"), quote=False)}
    name["namespace"] = shown(metadata.get("namespace"), quote=False)
    if stored is None:
        return
    if not stored:
        yield finding("workspace-new", **name)
        return
    there = mapping(stored.get("metadata"))
    if there.get("deletionTimestamp"):
        yield finding("workspace-ending", **name)
        return
    strangers = [*_owned(there, name), *_other_labels(metadata, there, name)]
    yield from strangers or [finding("workspace-changes", **name)]
    yield from _managers(metadata, there, name)


def _owned(there: Manifest, name: Mapping[str, str]) -> Iterator[Finding]:
    owners = there.get("ownerReferences")
    for owner in owners if isinstance(owners, list) else []:
        title = shown(f"{mapping(owner).get('kind')} {mapping(owner).get('name')}")
        yield finding("workspace-owned", owner=title, **name)


def _other_labels(metadata: Fields, there: Manifest, name: Mapping[str, str]) -> Iterator[Finding]:
    """The labels by which this pack knows its own."""
    ours, theirs = mapping(metadata.get("labels")), mapping(there.get("labels"))
    for label in table("kaito/cluster.json")["identityLabels"]:
        if label in ours and theirs.get(label) != ours[label]:
            has = f"is {shown(theirs[label])}" if label in theirs else "is not there"
            difference = f"label {label} {has}, not {shown(ours[label])}"
            yield finding("workspace-foreign", difference=difference, **name)
            return


def _managers(metadata: Fields, there: Manifest, name: Mapping[str, str]) -> Iterator[Finding]:
    """Tools that keep the Workspace as they have it, by the marks that they leave."""
    for part, marks in table("kaito/cluster.json")["managers"].items():
        for mark, title in marks.items():
            value = mapping(there.get(part)).get(mark)
            if isinstance(value, str) and mapping(metadata.get(part)).get(mark) != value:
                manager = filled(title, {"value": shown(value)})
                yield finding("workspace-managed", manager=manager, mark=f"{mark}: {shown(value)}", **name)
