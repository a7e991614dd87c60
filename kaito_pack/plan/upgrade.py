"""Compares how two KAITO versions handle Workspaces: which ones the newer rejects or handles differently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, get
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.facts.tables import table
from kaito_pack.kaito import advice, instance_types
from kaito_pack.kaito.fields import INSTANCE_TYPE, TEMPLATE, is_workspace
from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.plan.changes import controller
from kaito_pack.run import judging as checks
from kaito_pack.run.pipeline import surroundings
from kaito_pack.workspace.inference_sets import is_inference_set, path_in_set, workspace_of

Effect = Literal["refused", "breaks", "differs"]
When = Literal["create", "update", "create and update"]
EFFECTS: tuple[Effect, ...] = ("refused", "breaks", "differs")


@dataclass(frozen=True)
class Reason:
    """One problem that only the newer KAITO reports, and the operation on which it does."""

    problem: Problem
    on: When

    @property
    def effect(self) -> Effect:
        """The effect: rejected by admission, broken afterwards, or treated differently."""
        if not self.problem.is_error:
            return "differs"
        return "refused" if self.problem.layer in ("crd", "webhook") else "breaks"


@dataclass(frozen=True)
class Upgraded:
    """One Workspace, and why KAITO `then` treats it differently from KAITO `now`."""

    namespace: str
    name: str
    now: str
    reasons: Sequence[Reason]

    @property
    def effect(self) -> Effect:
        """The worst effect of its reasons."""
        return min((reason.effect for reason in self.reasons), key=EFFECTS.index)


def upgraded(bodies: Sequence[Manifest], now: Target, then: Target) -> list[Upgraded]:
    """Return each Workspace and InferenceSet that KAITO `then` treats differently from `now`."""
    around = surroundings(now, bodies), surroundings(then, bodies)
    workspaces = []
    for body in bodies:
        if (is_workspace(body) or is_inference_set(body)) and (reasons := list(_reasons(body, *around))):
            metadata = body["metadata"]
            workspaces.append(Upgraded(metadata.get("namespace", ""), metadata["name"], now.kaito, reasons))
    return workspaces


def _reasons(body: Manifest, now: Surroundings, then: Surroundings) -> Iterator[Reason]:
    as_new = _new(body, now, then)
    as_stored = _new(body, now.with_old(body), then.with_old(body))
    for each in as_new:
        yield Reason(each, "create and update" if each in as_stored else "create")
    yield from (Reason(each, "update") for each in as_stored if each not in as_new)
    place = path_in_set(INSTANCE_TYPE) if is_inference_set(body) else INSTANCE_TYPE
    if not any(each.path == place and each.is_error for each in as_new):
        yield from (Reason(each, "create") for each in _dropped(body, now.target, then))
    yield from (Reason(each, "update") for each in _replaced(body, now.target, then.target))


def _new(body: Manifest, now: Surroundings, then: Surroundings) -> list[Problem]:
    known = {(each.rule, each.path) for each in checks.check(body, now) or ()}
    return [each for each in checks.check(body, then) or () if (each.rule, each.path) not in known]


REPLACED = "controller/workload-replaced"


@rule(REPLACED, on="part")
def _replaced(body: Manifest, now: Target, then: Target) -> Iterator[Problem]:
    """Yield a problem for a workload that the newer KAITO replaces with one of another kind."""
    row = table("kaito/changes.json")["template"]
    old, new = controller(row, now.kaito), controller(row, then.kaito)
    if old == new or not is_workspace(body) or get(body, TEMPLATE) is None:
        return
    if get_rule(REPLACED).holds_for(then.kaito):
        kinds = get_rule(REPLACED).parameters["kinds"]
        yield problem(REPLACED, TEMPLATE, kaito=then.kaito, old=kinds[old], new=kinds[new])


def _dropped(body: Manifest, now: Target, then: Surroundings) -> Iterator[Problem]:
    """Yield a problem for an instance type that KAITO no longer lists but its webhook still accepts."""
    name = get(workspace_of(body), INSTANCE_TYPE)
    instance = instance_types.find(now.cloud, name) if isinstance(name, str) else None
    if instance is None or instance.known_in(then.target.kaito) or not instance.known_in(now.kaito):
        return
    if then.provisioning(workspace_of(body)) == "auto":
        dropped = advice.dropped_problem(instance)
        yield dropped._replace(path=path_in_set(dropped.path)) if is_inference_set(body) else dropped
