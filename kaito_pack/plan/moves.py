"""Detects Workspaces and InferenceSets that were renamed, moved, or changed to the other kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from kaito_pack.base.trees import Manifest, get
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.workspace.identity import Identity, metadata_text
from kaito_pack.workspace.inference_sets import is_inference_set, workspace_of

INSTANCE = "app.kubernetes.io/instance"


def nameable(*words: str) -> bool:
    """Return whether all words are possible object names; printed commands must not contain other words."""
    return all(
        word[:1].isalnum() and all(c.isascii() and (c.isalnum() or c in ".:-") for c in word)
        for word in words
    )


def moves(
    gone: Mapping[Identity, Manifest],
    created: Mapping[Identity, Manifest],
    same_file: Mapping[Identity, Identity],
    guess: bool,
) -> dict[Identity, Identity]:
    """Return the old identity of each created Workspace that replaces another one.

    `same_file` has the old Workspace of the same values file. With `guess`, the instance label, the name and
    the model identify it as well; that is right only if all objects outside `created` are deleted.
    """
    left = {key: body for key, body in gone.items() if _serves(body)}
    moved: dict[Identity, Identity] = {}
    wanted = {key: body for key, body in created.items() if _serves(body)}
    for key in wanted:
        if (old := same_file.get(key)) in left and old.kind == key.kind:
            moved[key] = old
            del left[old]
    for feature in (_instance, _name, _model) if guess else ():
        _pair(left, {key: body for key, body in wanted.items() if key not in moved}, feature, moved)
    return moved


def _pair(
    left: dict[Identity, Manifest],
    wanted: Mapping[Identity, Manifest],
    feature: Callable[[Manifest], object],
    moved: dict[Identity, Identity],
) -> None:
    """Add the pairs with a unique feature, because two copies of a model are not a move."""
    before, now = _by_feature(left, feature), _by_feature(wanted, feature)
    for value, keys in now.items():
        if len(keys) == 1:
            (key,) = keys
            candidates = [old for old in before.get(value, ()) if old.kind == key.kind]
            if len(candidates) == 1:
                moved[key] = candidates[0]
                del left[candidates[0]]


def _by_feature(
    bodies: Mapping[Identity, Manifest], feature: Callable[[Manifest], object]
) -> dict[str, list[Identity]]:
    """Return the identities of objects by a feature, as JSON; those without it are left out."""
    groups: dict[str, list[Identity]] = {}
    for key, body in bodies.items():
        if value := feature(body):
            groups.setdefault(json.dumps(value, sort_keys=True, default=str), []).append(key)
    return groups


def _instance(body: Manifest) -> object:
    return get(body, ("metadata", "labels", INSTANCE))


def _name(body: Manifest) -> object:
    return metadata_text(body, "name")


def _model(body: Manifest) -> object:
    return workspace_of(body).get("inference")


def _serves(body: Manifest) -> bool:
    """Return whether an object serves a model: a Workspace, or an InferenceSet, which creates Workspaces."""
    return is_workspace(body) or is_inference_set(body)


def only_pair(old: Sequence[Manifest], new: Sequence[Manifest]) -> bool:
    """Return whether exactly one Workspace or InferenceSet is compared with exactly one."""
    return sum(map(_serves, old)) == sum(map(_serves, new)) == 1


def replaced(
    gone: Mapping[Identity, Manifest], created: Mapping[Identity, Manifest]
) -> dict[Identity, Identity]:
    """Return the old identity of each object whose kind has changed because `workload` has."""
    # By namespace and instance, so that no pair of objects is compared that cannot be one.
    before: dict[tuple[str, str], list[Identity]] = {}
    for old, body in gone.items():
        instance = _instance(body)
        if isinstance(instance, str) and instance and _serves(body):
            before.setdefault((old.namespace, instance), []).append(old)
    pairs: dict[Identity, Identity] = {}
    for key, body in created.items():
        instance = _instance(body)
        if isinstance(instance, str) and _serves(body):
            others = before.get((key.namespace, instance), ())
            for old in others:
                if old.kind != key.kind:
                    pairs[key] = old
    return pairs
