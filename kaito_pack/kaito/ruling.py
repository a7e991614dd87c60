"""Applies rules to a Workspace: a check runs if its row applies to the version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from types import MappingProxyType

from kaito_pack.base.problems import Problem, RuleLayer
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Manifest
from kaito_pack.facts import rules
from kaito_pack.facts.checks import Check, Occasion, checks_of
from kaito_pack.facts.rules import Rule
from kaito_pack.facts.tables import per_pack
from kaito_pack.kaito.fields import Workspace
from kaito_pack.kaito.sharing import Shared
from kaito_pack.kaito.target import Surroundings
from kaito_pack.workspace.inference_sets import child_of


class Case(NamedTuple):
    """A Workspace that one rule checks; `old` is the stored one for an update."""

    workspace: Workspace
    surroundings: Surroundings
    rule: Rule
    old: Workspace | None = None
    manifest: Manifest = MappingProxyType({})  # the InferenceSet whose Workspace is checked

    @property
    def kaito(self) -> str:
        return self.surroundings.target.kaito

    @property
    def own_nodes(self) -> bool:
        """Whether the nodes already exist (node provisioning "byo"), so that KAITO creates none."""
        return self.surroundings.provisioning(self.workspace.manifest) == "byo"

    @property
    def before(self) -> Workspace:
        """The stored object; an empty one for a create."""
        return self.old or Workspace({})

    def problem(self, *path: str | int, **facts: object) -> Problem:
        """Return the rule's problem at `path`, with `facts` filled into its words."""
        return rules.problem(self.rule.name, path, None, kaito=self.kaito, **facts)

    def holds(self, name: str, layer: RuleLayer | None = None) -> bool:
        """Return whether another rule, of the same layer by default, applies to this Workspace."""
        return rules.rules(layer or self.rule.layer)[name].holds_for(self.kaito, self.workspace.api)


@per_pack
def _checks(
    layer: RuleLayer, kaito: str, api: str, occasion: Occasion, parts: frozenset[str]
) -> tuple[tuple[Rule, Check], ...]:
    """Return the rules of a layer that apply, each with its check, in the order in which they run."""
    table = rules.rules(layer)
    return tuple(
        (table[check.name], check)
        for check in checks_of(layer)
        if check.on in ((occasion,) if occasion == "set" else (None, occasion))
        and (check.part is None or check.part in parts)
        and table[check.name].holds_for(kaito, api)
    )


def judge(
    layer: RuleLayer, workspace: Workspace, surroundings: Surroundings, old: Workspace | None = None
) -> Iterator[Problem]:
    """Yield the reports of a layer's registered checks, for the rules that apply to the target's KAITO.

    `old` is the stored Workspace if an update is checked.
    """
    occasion: Occasion = "create" if old is None else "update"
    checks = _checks(layer, surroundings.target.kaito, workspace.api, occasion, workspace.parts)
    if surroundings.shared is not None:
        yield from _shared(checks, workspace, surroundings, surroundings.shared, old)
        return
    for rule, check in checks:
        yield from check.function(Case(workspace, surroundings, rule, old))


def _shared(
    checks: Sequence[tuple[Rule, Check]],
    workspace: Workspace,
    surroundings: Surroundings,
    shared: Shared,
    old: Workspace | None,
) -> Iterator[Problem]:
    """Yield the reports of `checks`; reuse those that are the same for every version of KAITO."""
    answers = shared.answers(old is None, workspace.manifest)
    for rule, check in checks:
        if (problems := answers.get(rule.name)) is None:
            problems, is_same = shared.computed(
                partial(check.function, Case(workspace, surroundings, rule, old))
            )
            if is_same:
                answers[rule.name] = problems
        yield from problems


def judge_set(layer: RuleLayer, manifest: Manifest, surroundings: Surroundings) -> Iterator[Problem]:
    """Yield the reports of a layer's checks on InferenceSets.

    The `workspace` of their cases is the one that KAITO creates, `manifest` the InferenceSet itself.
    """
    child = Workspace(child_of(manifest))
    old = None if surroundings.old is None else Workspace(child_of(surroundings.old))
    for rule, check in _checks(layer, surroundings.target.kaito, child.api, "set", child.parts):
        yield from check.function(Case(child, surroundings, rule, old, manifest))
