"""Which Workspace or InferenceSet was another one before: renamed, moved, or changed into the other kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kaito_pack.base.trees import Manifest, get
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.workspace.identity import Identity, metadata_text
from kaito_pack.workspace.inference_sets import is_inference_set, workspace_of

INSTANCE = "app.kubernetes.io/instance"


def nameable(*words: str) -> bool:
    """Return whether it can be an object's name. Commands to copy must not contain any other word."""
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
    """Return the old identity of each created Workspace that was another one before.

    `same_file` says which one the same values file made; with `guess` the instance label, the name and the
    model tell as well, which is right only if everything that is not in `created` goes away.
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
    """Add the pairs whose feature no other candidate has: two copies of a model are not a move."""
    for key, body in wanted.items():
        value = feature(body)
        candidates = [
            old for old, other in left.items() if value and feature(other) == value and old.kind == key.kind
        ]
        rivals = [other for other in wanted.values() if feature(other) == value]
        if len(candidates) == len(rivals) == 1:
            moved[key] = candidates[0]
            del left[candidates[0]]


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
    """Return whether one Workspace or InferenceSet is compared with one."""
    return sum(map(_serves, old)) == sum(map(_serves, new)) == 1


def replaced(
    gone: Mapping[Identity, Manifest], created: Mapping[Identity, Manifest]
) -> dict[Identity, Identity]:
    """Return the old identity of each object whose kind has changed, because `workload` has."""
    pairs: dict[Identity, Identity] = {}
    for key, body in created.items():
        for old, other in gone.items():
            is_same = bool(_instance(body)) and _instance(body) == _instance(other)
            is_pair = _serves(body) and _serves(other) and old.kind != key.kind
            if is_pair and is_same and old.namespace == key.namespace:
                pairs[key] = old
    return pairs
