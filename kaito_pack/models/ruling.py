"""Applies rules to a model that vLLM serves: runs the checks registered with `on="server"`."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.problems import Problem, RuleLayer
from kaito_pack.base.records import NamedTuple
from kaito_pack.facts import rules
from kaito_pack.facts.checks import Check, checks_of
from kaito_pack.facts.rules import Rule
from kaito_pack.facts.tables import per_pack
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.model import Model
from kaito_pack.models.serving import Serving

LAYERS: tuple[RuleLayer, ...] = ("advice", "model")


class Server(NamedTuple):
    """A vLLM server and its model; `model` is None if no catalogue has it.

    `gpu_memory_gib` is the memory of ONE GPU in GiB, `most_gpus` the GPUs of one node, each None if unknown.
    """

    serving: Serving
    model: Model | None
    catalogue: Catalogue
    gpu_memory_gib: float | None = None
    most_gpus: int | None = None


class ServerCase(NamedTuple):
    """A server under check by one rule."""

    server: Server
    rule: Rule

    @property
    def serving(self) -> Serving:
        return self.server.serving

    @property
    def model(self) -> Model | None:
        return self.server.model

    def problem(self, field: str, **facts: object) -> Problem:
        """Return the rule's problem at a field of the server, its message filled with `facts`."""
        return rules.problem(self.rule.name, self.serving.path(field), None, **facts)


@per_pack
def _checks() -> tuple[tuple[Rule, Check], ...]:
    return tuple(
        (rules.rules(layer)[check.name], check)
        for layer in LAYERS
        for check in checks_of(layer)
        if check.on == "server"
    )


def judge(server: Server) -> Iterator[Problem]:
    """Yield the problems that the registered checks report for a server, in the order of their rows."""
    for rule, check in _checks():
        yield from check.function(ServerCase(server, rule))
