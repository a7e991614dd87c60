"""The table of rules, read from `facts/rules/<layer>.json`: names, words, versions, sources.

A row:

    "webhook/instance-type-required": {
      "message": "required field is missing; KAITO {kaito} needs it to create nodes",
      "fix": "Give one, such as Standard_NC24ads_A100_v4",
      "meaning": "one or two sentences for docs/reference/rules/",
      "source": "KAITO v0.8.1, api/v1beta1/workspace_validation.go",
      "severity": "error",          (the default; or "warning", or "undecidable": only a cluster knows)
      "versions": "0.8-",           (the default is "all"; also "-0.7", "0.7", "0.8-0.10", "none")
      "apis": {"v1alpha1": "none"}, (versions for API versions other than v1beta1; optional)
      "parameters": {"limit": 3},   (figures that the check reads; optional)
      "formerly": ["kaito/…"],      (former names of the rule; optional)
      "stops": true                 (a warning, but no pod will serve; optional)
    }

The first part of a name is the layer, and so the file. The order of the rows is that of the checks.

`{names}` in `message` and `fix` are filled with the facts that a check passes. The code of a check finds a
problem; the row has its versions and words. So a new KAITO version needs new rows, not new code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, get_args

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import PackError, Place, Problem, RuleLayer, Severity
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.root import ROOT
from kaito_pack.base.sentences import filled
from kaito_pack.base.trees import mapping, sequence
from kaito_pack.facts.tables import Rows, is_foreign, per_pack, read_json, table

NEEDED = frozenset({"message", "fix", "meaning"})  # required fields of a row
RECENT = 2048  # number of cached comparisons of versions and ranges


class Rule(NamedTuple):
    """One row of the table; see the module docstring."""

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
    formerly: Sequence[str] = ()
    stops: bool = False  # whether a pod never serves although the cluster accepts the object

    @property
    def scope(self) -> str:
        """The KAITO versions that the rule applies to, and those of other API versions if they differ."""
        others = (f"{api}: {versions}" for api, versions in self.apis.items() if versions != self.versions)
        return "; ".join((self.versions, *others))

    def holds_for(self, kaito: str, api: str = "") -> bool:
        """Return whether the rule applies to that KAITO minor ("0.12") and API version ("v1alpha1")."""
        return in_range(kaito, self.apis.get(api, self.versions))


@lru_cache(RECENT)
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
    """Return `"0.12"` as `(0, 12)`, for comparing versions."""
    return tuple(int(part) for part in version.split("."))


@per_pack
def rules(layer: RuleLayer) -> Mapping[str, Rule]:
    """Return the rules of one layer by name: those of `facts/rules/<layer>.json`.

    A user's pack may use a former name. Raises PackError for a row that is not a rule of the layer.
    """
    rows = table(f"rules/{layer}.json")
    if not is_foreign():
        return _Rules(layer, rows)
    rows = with_current_names(rows)
    for name in rows:
        if layer_of(name) != layer:
            raise PackError(f"facts/rules/{layer}.json: {name}: the name must begin with {layer}/")
    return MappingProxyType(dict(_Rules(layer, rows)))


class _Rules(Mapping[str, Rule]):
    """The rules of a layer, each created from its row on demand: a run needs a third of them."""

    def __init__(self, layer: RuleLayer, rows: Rows) -> None:
        self._layer, self._rows = layer, rows
        self._rules: dict[str, Rule] = {}

    def __getitem__(self, name: str) -> Rule:
        rule = self._rules.get(name)
        if rule is None:
            row = self._rows[name]
            try:
                rule = Rule(name=name, layer=self._layer, **{**row, "formerly": _former_names(row)})
            except TypeError:
                reason = "a row has a missing or unknown field; run `pack check` to see which"
                raise PackError(f"facts/rules/{self._layer}.json: {reason}") from None
            self._rules[name] = rule
        return rule

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _former_names(row: Any) -> tuple[str, ...]:
    """Return the former names in a row of any shape, since a user's pack may have one."""
    return tuple(name for name in sequence(mapping(row).get("formerly")) if isinstance(name, str))


def layer_of(name: str) -> str:
    """Return the first part of a rule's name."""
    return name.partition("/")[0]


def current_names(rows: Rows) -> Mapping[str, str]:
    """Return the current name of each row, by its former names."""
    return {former: name for name, row in rows.items() for former in _former_names(row)}


def with_current_names(rows: Rows) -> Rows:
    """Return the rows, with those under a former name laid over the row of the current name.

    A complete row of the layer is a separate rule, even if a user's pack lists its name as a former one.
    """
    current = {
        former: name
        for former, name in current_names(rows).items()
        if layer_of(former) != layer_of(name) or not mapping(rows.get(former)).keys() >= NEEDED
    }
    merged = {name: row for name, row in rows.items() if name not in current}
    for former, row in rows.items():
        name = current.get(former)
        if name in merged and isinstance(row, dict):
            merged[name] = {**mapping(merged[name]), **row}
    return merged


@per_pack
def all_rules() -> Mapping[str, Rule]:
    """Return the rules of every layer, by name."""
    return MappingProxyType(
        {name: rule for layer in get_args(RuleLayer) for name, rule in rules(layer).items()}
    )


@per_pack
def former_names() -> Mapping[str, str]:
    """Return the current name of each rule that has been renamed, by its former names."""
    return MappingProxyType({former: name for name, rule in all_rules().items() for former in rule.formerly})


def get_rule(name: str) -> Rule:
    """Return the rule of that current or former name. Raises KeyError if it does not exist.

    A current name needs only the table of its layer (0.2 ms).
    """
    layer = layer_of(name)
    if layer in get_args(RuleLayer) and name in (rows := rules(layer)):  # type: ignore[arg-type]
        return rows[name]
    return all_rules()[former_names().get(name, name)]


def own_message(name: str) -> str | None:
    """Return the message of a rule in the pack's own table, ignoring the user's packs; None without a row."""
    rows = read_json(ROOT, f"facts/rules/{name.partition('/')[0]}.json")
    return rows[name]["message"] if name in rows else None


@per_pack
def page(name: str) -> str:
    """Return where the docs describe a rule, by the row "rules" of `facts/docs.json`.

    This is a path in the repository because the docs have no public site; the row of a user's pack may give a
    URL. Empty for a name without a row, and for a rule that only a user's pack has.
    """
    try:
        rule = get_rule(name)
    except KeyError:
        return ""
    if is_foreign() and rule.name not in read_json(ROOT, f"facts/rules/{rule.layer}.json"):
        return ""
    pattern = str(table("docs.json")["rules"]["page"])
    return pattern.replace("{layer}", rule.layer).replace("{name}", rule.name.partition("/")[2])


def problem(name: str, path: FieldPath = (), place: Place | None = None, /, **facts: object) -> Problem:
    """Return the problem `name` at `path`, with `facts` filled into the words of its row.

    Facts that contain a user's text must have passed through `problems.shown` first.
    """
    rule = get_rule(name)
    message, fix = filled(rule.message, facts), filled(rule.fix, facts)
    return Problem(rule.name, rule.layer, rule.severity, path, message, fix, place)
