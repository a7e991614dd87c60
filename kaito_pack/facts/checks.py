"""The functions that check rules. Each registers itself under the name of its rule's row.

    @rule("webhook/workload-missing", on="create")
    def workload_missing(case: Case) -> Iterator[Problem]: ...

The first part of the name is the layer. The front of a layer imports the modules that hold its checks, so
that a command pays for no other layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from kaito_pack.base.problems import PackError, Problem, RuleLayer
from kaito_pack.facts import rules

Occasion = Literal["create", "update", "server"]  # of a Workspace, or a server with its model
LAYERS: tuple[RuleLayer, ...] = get_args(RuleLayer)
Function = TypeVar("Function", bound=Callable[..., Iterator[Problem]])


class RegistryError(PackError):
    """A name without a layer, a name that two functions check, or a check that has no row."""


class Check(NamedTuple):
    """A function that checks a rule. `on` is the one occasion on which it runs, None for every one."""

    name: str
    function: Callable[..., Iterator[Problem]]
    on: Occasion | None = None

    @property
    def place(self) -> str:
        """The file and line of the function."""
        return _place(self.function)


_checks: dict[str, Check] = {}


def rule(*names: str, on: Occasion | None = None) -> Callable[[Function], Function]:
    """Register the decorated function as the check of the rules `names`.

    `on` limits it to creates, to updates or to servers of models. Raises RegistryError if a name does not
    begin with a layer, or if another function checks it.
    """

    def register(function: Function) -> Function:
        for name in names:
            if rules.layer_of(name) not in LAYERS:
                raise RegistryError(f"{_place(function)}: {name} must begin with one of {', '.join(LAYERS)}")
            first = _checks.get(name)
            if first is not None and first.place != _place(function):
                raise RegistryError(f"{_place(function)}: {name} is already checked in {first.place}")
            _checks[name] = Check(name, function, on)
        return function

    return register


def registered() -> dict[str, Check]:
    """Return the checks of all modules that have been imported, by the names of their rules."""
    return dict(_checks)


def checks_of(layer: RuleLayer) -> tuple[Check, ...]:
    """Return the registered checks of a layer in the order of its rows, in which they run.

    Raises RegistryError for a check without a row.
    """
    rows = rules.rules(layer)
    for name, check in _checks.items():
        if name not in rows and rules.layer_of(name) == layer:
            raise RegistryError(f"{check.place}: {name} has no row in facts/rules/{layer}.json")
    return tuple(_checks[name] for name in rows if name in _checks)


def _place(function: Callable[..., Any]) -> str:
    code = function.__code__
    return f"{code.co_filename}:{code.co_firstlineno}"
