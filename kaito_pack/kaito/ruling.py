"""How a rule of the table meets a Workspace: one small function a rule, run where its row holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from kaito_pack.base.problems import Problem, RuleLayer
from kaito_pack.facts import rules
from kaito_pack.facts.rules import Rule
from kaito_pack.facts.tables import per_pack
from kaito_pack.kaito.fields import Workspace
from kaito_pack.kaito.target import Surroundings


class Case(NamedTuple):
    """A Workspace before one rule; `old` is the stored one where an update is judged."""

    workspace: Workspace
    surroundings: Surroundings
    rule: Rule
    old: Workspace | None = None

    @property
    def kaito(self) -> str:
        return self.surroundings.target.kaito

    @property
    def own_nodes(self) -> bool:
        """Whether nodes are brought along (node provisioning "byo"), not made by KAITO."""
        return self.surroundings.provisioning(self.workspace.manifest) == "byo"

    @property
    def before(self) -> Workspace:
        """The stored object; an empty one where a create is judged."""
        return self.old or Workspace({})

    def problem(self, *path: str | int, **facts: object) -> Problem:
        """The rule's problem at `path`, its words filled with `facts`."""
        return rules.problem(self.rule.name, path, None, kaito=self.kaito, **facts)

    def holds(self, name: str) -> bool:
        """Return whether another rule of the same layer applies to this Workspace."""
        return rules.rules(self.rule.layer)[name].holds_for(self.kaito, self.workspace.api)


Check = Callable[[Case], Iterator[Problem]]


@per_pack
def _names_that_hold(layer: RuleLayer, kaito: str, api: str) -> frozenset[str]:
    return frozenset(name for name, rule in rules.rules(layer).items() if rule.holds_for(kaito, api))


def judge(
    layer: RuleLayer,
    checks: Mapping[str, Check],
    workspace: Workspace,
    surroundings: Surroundings,
    old: Workspace | None = None,
) -> Iterator[Problem]:
    """Every problem that the checks find whose row holds for the target's KAITO."""
    holding = _names_that_hold(layer, surroundings.target.kaito, workspace.api)
    table = rules.rules(layer)
    for name, check in checks.items():
        if name in holding:
            yield from check(Case(workspace, surroundings, table[name], old))
