"""The functions that check rules. Each registers itself under the name of its rule's row.

    @rule("webhook/workload-missing", on="create")
    def workload_missing(case: Case) -> Iterator[Problem]: ...

The first part of the name is the layer. The front of a layer imports the modules that define its checks, so
a command does not load other layers. `on` selects when the function runs:

- None, "create", "update" or "server": the front of the layer runs it for the objects that it checks;
- "set": the same, for InferenceSets only;
- "part": another check calls it for a part of its object;
- "shared": the same, and other functions report the rule as well ("field is required").

`part` names the part of a Workspace that the check is about. If the Workspace lacks it, the check does not
run, because it would report nothing.

Every row has a function, every function has a row, and a rule is reported only where it is registered:
`tests/unit/test_facts_checks.py`. The rules that a JSON Schema enforces are named in it (`x-rules`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args

from kaito_pack.base.problems import PackError, RuleLayer
from kaito_pack.base.records import NamedTuple
from kaito_pack.facts import rules

# The subject: a Workspace, a server with its model, an InferenceSet, or whatever another check passes.
Occasion = Literal["create", "update", "server", "set", "part", "shared"]
LAYERS: tuple[RuleLayer, ...] = get_args(RuleLayer)
Function = TypeVar("Function", bound=Callable[..., Any])


class RegistryError(PackError):
    """An error in the registry: a name without a layer, two checks of one name, or a check without a row."""


class Check(NamedTuple):
    """A function that checks a rule. It runs only on the occasion `on` and for the `part`; None is any.

    A check that the front runs yields problems; the signature of a part is up to its caller.
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

    `on` and `part` select when it runs; see the module docstring. Raises RegistryError if a name does not
    begin with a layer, or if another function checks it and the rule is not shared.
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
    """Return the checks of all imported modules, by the names of their rules.

    Only a shared rule has more than one.
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
