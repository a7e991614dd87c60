"""Predicts what the target's version of KAITO does with each changed field of a manifest.

The labels are in `facts/kaito/changes.json`; the rules of the webhook decide what it rejects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.sentences import filled, sentence
from kaito_pack.base.trees import ABSENT, Difference, Manifest
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.plan import moves
from kaito_pack.plan.changes import Change, Secrets, by_table
from kaito_pack.plan.differences import keyed_path, named_differences
from kaito_pack.plan.moves import nameable
from kaito_pack.plan.stored import kept_by_apply, settled
from kaito_pack.run import judging as checks
from kaito_pack.workspace.identity import DEFAULT_NAMESPACE, Identity, identity, metadata_text
from kaito_pack.workspace.inference_sets import is_inference_set

LABELS = ("rejected", "not-rolled-out", "rolled-out-by-job", "recreate", "live", "ignored")
REFUSED = "KAITO rejects the whole update"
ONLY_ANEW = (
    f"{REFUSED}. To apply it, delete and recreate the {{kind}}; the model is unavailable until it is ready"
)
REPLACES = "replaces {kind} {namespace}/{name}; both serve the model until you delete that one"
REPLACED = (
    "{kind} {namespace}/{name} replaces it. Delete it when that one is ready and the clients use its Service"
)
STORED = "webhook/stored-object-broken"
BLOCKED = "every update, because the stored object is invalid: "


@dataclass
class Planned:
    """The plan of one object: created, deleted, recreated or changed; the first two have no changes.

    `why` is the reason for the object as a whole.
    """

    action: str
    kind: str
    namespace: str
    name: str
    changes: list[Change] = field(default_factory=list)
    remedy: str = ""
    why: str = ""

    @property
    def labels(self) -> list[str]:
        """The labels of its changes, and `created` or `deleted`."""
        return [self.action] if not self.changes else [change.label for change in self.changes]


def plan(
    old: Sequence[Manifest],
    new: Sequence[Manifest],
    target: Target,
    whole: bool = True,
    same_file: Mapping[Identity, Identity] | None = None,
) -> list[Planned]:
    """Return the plan of each object; with `whole` False, objects missing from `new` are not deleted.

    `same_file` has the old identity of the Workspace of the same values file.
    """
    stored = {identity(body): body for body in old}
    wanted = {identity(body): body for body in new}
    gone = {key: body for key, body in stored.items() if key not in wanted}
    created = {key: body for key, body in wanted.items() if key not in stored}
    guess = whole or moves.only_pair(old, new)
    moved = moves.moves(gone, created, same_file or {}, guess)
    replaced = moves.replaced(gone, created)
    planned_objects = []
    for key, body in wanted.items():
        before = stored.get(key) or gone.pop(moved.get(key, key), None)
        if before is None:
            planned_objects.append(_planned("created", body, REPLACES, replaced.get(key)))
        elif planned := _changed(before, body, target):
            planned_objects.append(planned)
    if whole:
        by = {old: new for new, old in replaced.items()}
        planned_objects += [_deleted(body, by.get(key)) for key, body in gone.items()]
    return planned_objects


def _planned(action: str, body: Manifest, words: str = "", other: Identity | None = None) -> Planned:
    """Return the plan of an object; `words` describe how `other` replaces it or is replaced by it."""
    planned = Planned(
        action, str(body.get("kind")), metadata_text(body, "namespace"), metadata_text(body, "name")
    )
    if other is not None:
        facts = {part: shown(getattr(other, part), quote=False) for part in ("kind", "namespace", "name")}
        planned.why = filled(words, facts)
    return planned


def _deleted(body: Manifest, by: Identity | None = None) -> Planned:
    planned = _planned("deleted", body, REPLACED, by)
    planned.remedy = _delete(planned)
    return planned


def _delete(planned: Planned) -> str:
    if not nameable(planned.kind, planned.name, planned.namespace or DEFAULT_NAMESPACE):
        return ""  # cannot exist in a cluster
    command = f"kubectl delete {planned.kind.lower()} {planned.name}"
    return f"{command} -n {planned.namespace}" if planned.namespace else command


def _changed(old: Manifest, new: Manifest, target: Target) -> Planned | None:
    before = settled(old, target.kaito)
    if identity(old) != identity(new):
        after = settled(new, target.kaito)
        planned = _planned("recreated", new)
        planned.changes = [
            by_table(each, before, after, target.kaito) for each in _shown_differences(before, after)
        ]
        return planned
    after = kept_by_apply(old, new, target.kaito)
    changes = list(_shown_differences(before, after))
    if not changes:
        return None
    planned = _planned("changed", new)
    planned.changes = list(_labelled(changes, before, after, target))
    if "rejected" in planned.labels and (is_workspace(new) or is_inference_set(new)):
        is_creatable = not any(_refusals(None, new, target))
        planned.why = ONLY_ANEW.format(kind=planned.kind) if is_creatable else REFUSED
        planned.remedy = _delete(planned) if is_creatable else ""
    return planned


def _shown_differences(old: Manifest, new: Manifest) -> Iterator[Difference]:
    """Yield the differences, with placeholders for secrets."""
    secrets: Secrets | None = None
    for difference in named_differences(old, new):
        secrets = secrets or Secrets(old, new)
        yield secrets.hidden(difference)


def _labelled(
    changes: Sequence[Difference], old: Manifest, new: Manifest, target: Target
) -> Iterator[Change]:
    is_judged = is_workspace(new) or is_inference_set(new)
    refused, blocked = rejections(old, new, target) if is_judged else ([], [])
    first_of = _by_place([keyed_path(new, refusal.path) for refusal in refused])
    matched: set[int] = set()
    for change in changes:
        number = first_of(change.path)
        if number is not None:
            matched.add(number)
            yield _rejected(change, refused[number])
        elif blocked:
            # KAITO's message about the stored object has the only fix.
            block = next((each for each in blocked if each.rule == STORED), blocked[0])
            yield _rejected(change, block, BLOCKED)
        else:
            yield by_table(change, old, new, target.kaito)
    for number, refusal in enumerate(refused):
        if number not in matched:  # the webhook reports another field than the changed one
            yield _rejected(Difference(refusal.path, ABSENT, ABSENT), refusal)


def _rejected(change: Difference, refusal: Problem, head: str = "") -> Change:
    words, fix = head + refusal.message, sentence(refusal.fix)
    return Change(change.path, change.old, change.new, "rejected", words, fix)


def rejections(old: Manifest, new: Manifest, target: Target) -> tuple[list[Problem], list[Problem]]:
    """Return the problems that this change causes, and those that every change of this object causes."""
    before = {(refusal.rule, refusal.path) for refusal in _refusals(old, old, target)}
    refused: tuple[list[Problem], list[Problem]] = [], []
    for refusal in _refusals(old, new, target):
        refused[(refusal.rule, refusal.path) in before].append(refusal)
    return refused


def _refusals(old: Manifest | None, new: Manifest, target: Target) -> list[Problem]:
    """Return the errors that reject the update of `old` to `new`, or the creation of `new` without `old`."""
    problems = checks.check(new, Surroundings(target, old=old), with_model=False) or []
    return [each for each in problems if each.is_error and each.layer in ("crd", "webhook")]


def _by_place(places: Sequence[FieldPath]) -> Callable[[FieldPath], int | None]:
    """Return a function that finds the index of the first place equal to, above or below a path."""
    exact: dict[FieldPath, int] = {}
    below: dict[FieldPath, int] = {}
    for number, place in enumerate(places):
        exact.setdefault(place, number)
        for depth in range(len(place)):
            below.setdefault(place[:depth], number)

    def first(path: FieldPath) -> int | None:
        numbers = [below.get(path), *(exact.get(path[:depth]) for depth in range(len(path) + 1))]
        return min((number for number in numbers if number is not None), default=None)

    return first
