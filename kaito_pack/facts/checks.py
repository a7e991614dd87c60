"""The functions that check rules. Each registers itself under the name of its rule's row.

    @rule("webhook/workload-missing", on="create")
    def workload_missing(case: Case) -> Iterator[Problem]: ...

The first part of the name is the layer. The front of a layer imports the modules that hold its checks, so
that a command pays for no other layer. `on` says when the function runs:

- None, "create", "update" or "server": the front of the layer runs it for what it judges;
- "set": the same, for InferenceSets alone;
- "part": another check calls it, for a part of what that one judges;
- "shared": the same, and other functions report the rule as well ("field is required").

`part` names the part of a Workspace that the check is about: without that part it would report nothing, so
that it does not run.

Every row has a function, every function a row, and a rule is reported only where it is registered:
`tests/unit/test_facts_checks.py`. What a JSON Schema refuses is named there instead (`x-rules`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args

from kaito_pack.base.problems import PackError, RuleLayer
from kaito_pack.base.records import NamedTuple
from kaito_pack.facts import rules

# Of a Workspace, a server with its model or an InferenceSet, or whenever another check calls the function.
Occasion = Literal["create", "update", "server", "set", "part", "shared"]
LAYERS: tuple[RuleLayer, ...] = get_args(RuleLayer)
Function = TypeVar("Function", bound=Callable[..., Any])


class RegistryError(PackError):
    """A name without a layer, a name that two functions check, or a check that has no row."""


class Check(NamedTuple):
    """A function that checks a rule: on the one occasion `on`, of the one `part`; None is every one.

    The function of a front's check yields problems; that of a part has the form its caller wants.
    """

    name: str
    function: Callable[..., Any]
    on: Occasion | None = None
    part: str | None = None

    @property
    def place(self) -> str:
        """The file and line of the function."""
        return _place(self.function)


_checks: dict[str, dict[str, Check]] = {}  # by layer and name
_shared: dict[str, list[Check]] = {}  # every function that reports a shared rule


def rule(*names: str, on: Occasion | None = None, part: str | None = None) -> Callable[[Function], Function]:
    """Register the decorated function as the check of the rules `names`.

    `on` and `part` say when it runs; see the head of this module. Raises RegistryError if a name does not
    begin with a layer, or if another function checks it and the rule is not a shared one.
    """

    def register(function: Function) -> Function:
        for name in names:
            layer = name.partition("/")[0]
            if layer not in LAYERS:
                raise RegistryError(f"{_place(function)}: {name} must begin with one of {', '.join(LAYERS)}")
            own = _checks.setdefault(layer, {})
            first = own.get(name)
            if first is None or on != "shared" or first.on != "shared":
                if first is not None and first.place != _place(function):
                    raise RegistryError(f"{_place(function)}: {name} is already checked in {first.place}")
                own[name] = Check(name, function, on, part)
            if on == "shared":
                _shared.setdefault(name, []).append(Check(name, function, on))
        return function

    return register


def registered() -> dict[str, list[Check]]:
    """Return the checks of all modules that have been imported, by the names of their rules.

    Only a shared rule has several.
    """
    return {name: _shared.get(name, [check]) for own in _checks.values() for name, check in own.items()}


def checks_of(layer: RuleLayer) -> tuple[Check, ...]:
    """Return the checks of a layer that its front runs, in the order of their rows.

    Raises RegistryError for a check without a row.
    """
    rows, own = rules.rules(layer), _checks.get(layer, {})
    for name in own.keys() - rows.keys():
        raise RegistryError(f"{own[name].place}: {name} has no row in facts/rules/{layer}.json")
    return tuple(own[name] for name in rows if name in own and own[name].on not in ("part", "shared"))


def _place(function: Callable[..., Any]) -> str:
    code = function.__code__
    return f"{code.co_filename}:{code.co_firstlineno}"
