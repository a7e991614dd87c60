"""The table of rules, read from `facts/rules/<layer>.json`: names, words, versions, sources.

A row:

    "kaito/instance-type-required": {
      "message": "missing, and KAITO {kaito} needs it to create nodes",
      "fix": "Give one, such as Standard_NC24ads_A100_v4",
      "meaning": "one or two sentences for docs/rules.md",
      "source": "KAITO v0.8.1, api/v1beta1/workspace_validation.go",
      "severity": "error",          (the default; or "warning")
      "versions": "0.8-",           (the default is "all"; also "-0.7", "0.7", "0.8-0.10", "none")
      "apis": {"v1alpha1": "none"}, (versions for another API version than v1beta1; optional)
      "parameters": {"limit": 3}    (figures that the check reads; optional)
    }

`{names}` in `message` and `fix` are filled from the facts that a check gives. The code of a check finds;
the row says when it holds and in which words, so that a new KAITO version is a new row, not new code.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, get_args

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import PackError, Place, Problem, RuleLayer, Severity
from kaito_pack.base.sentences import filled
from kaito_pack.facts.tables import per_pack, table


class Rule(NamedTuple):
    """One row of the table; see the head of this module."""

    name: str
    layer: RuleLayer
    message: str
    fix: str
    meaning: str
    source: str = ""
    severity: Severity = "error"
    versions: str = "all"
    parameters: Mapping[str, Any] = MappingProxyType({})
    apis: Mapping[str, str] = MappingProxyType({})

    def holds_for(self, kaito: str, api: str = "") -> bool:
        """Return whether the rule applies to that KAITO minor ("0.12") and API version ("v1alpha1")."""
        return in_range(kaito, self.apis.get(api, self.versions))


def in_range(version: str, versions: str) -> bool:
    """Return whether a minor ("0.12") is in a range: "all", "none", "0.8-", "-0.7", "0.8-0.10", "0.7"."""
    if versions in ("all", "none"):
        return versions == "all"
    first, dash, last = versions.partition("-")
    given = minor(version)
    return (not first or minor(first) <= given) and (
        given <= minor(last) if last else bool(dash) or given == minor(first)
    )


def minor(version: str) -> tuple[int, ...]:
    """`"0.12"` as `(0, 12)`, to compare versions by."""
    return tuple(int(part) for part in version.split("."))


@per_pack
def rules(layer: RuleLayer) -> Mapping[str, Rule]:
    """The rules of one layer, by name: those of `facts/rules/<layer>.json`."""
    rows = table(f"rules/{layer}.json")
    try:
        return MappingProxyType({name: Rule(name=name, layer=layer, **row) for name, row in rows.items()})
    except TypeError:
        told = "a row lacks message, fix or meaning, or has another field; `pack check` says which"
        raise PackError(f"facts/rules/{layer}.json: {told}") from None


@per_pack
def all_rules() -> Mapping[str, Rule]:
    """The rules of every layer, by name."""
    return MappingProxyType(
        {name: rule for layer in get_args(RuleLayer) for name, rule in rules(layer).items()}
    )


def rule(name: str) -> Rule:
    """The rule of that name. Most begin with their layer, so that one table is read (0.2 ms), not seven."""
    first = name.partition("/")[0]
    for layer in get_args(RuleLayer):
        if layer == first and (found := rules(layer).get(name)) is not None:
            return found
    return all_rules()[name]


def problem(name: str, path: FieldPath = (), place: Place | None = None, /, **facts: object) -> Problem:
    """The problem `name` at `path`, its row's words filled with `facts`.

    Facts that are a user's text must have gone through `problems.shown` first.
    """
    found = rule(name)
    message = filled(found.message, facts)
    return Problem(name, found.layer, found.severity, path, message, filled(found.fix, facts), place)
