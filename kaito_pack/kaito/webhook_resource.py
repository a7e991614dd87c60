"""Rules of the webhook about the name and `resource`, except instance types."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import mapping, sequence, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import rules
from kaito_pack.kaito import selectors
from kaito_pack.kaito.fields import SELECTOR
from kaito_pack.kaito.ruling import Case
from kaito_pack.kubernetes.decoding import names


@rule("webhook/name")
def name(case: Case) -> Iterator[Problem]:
    """Report a name that is not a DNS-1123 label; the CRD reports one that is not a string."""
    metadata = case.workspace.metadata
    field = "generateName" if metadata.get("generateName") and not metadata.get("name") else "name"
    value = metadata.get(field)
    if not names.is_dns_label(case.workspace.name) and isinstance(value, str | None):
        yield case.problem("metadata", field, name=shown(value or ""))


@rule("webhook/resource-missing", on="create")
def resource_missing(case: Case) -> Iterator[Problem]:
    """Report an inference Workspace without `resource`, on which the webhook crashes."""
    if not case.workspace.has_resource and case.workspace.has_inference and not case.own_nodes:
        yield case.problem("resource")


@rule("webhook/resource-missing-own-nodes")
def resource_missing_own_nodes(case: Case) -> Iterator[Problem]:
    """Report a Workspace without `resource` on existing nodes, on which the webhook crashes."""
    if not case.workspace.has_resource and case.own_nodes:
        yield case.problem("resource")


@rule("webhook/resource-missing-tuning", on="create")
def resource_missing_tuning(case: Case) -> Iterator[Problem]:
    """Report a tuning Workspace without `resource`, on which the webhook crashes."""
    if not case.workspace.has_resource and case.workspace.has_tuning:
        yield case.problem("resource")


@rule("webhook/preferred-nodes-below-count")
def preferred_nodes_below_count(case: Case) -> Iterator[Problem]:
    """Report fewer preferred nodes than replicas, which 0.7 rejects with existing nodes."""
    nodes = len(sequence(case.workspace.resource.get("preferredNodes")))
    if case.own_nodes and nodes < case.workspace.count and case.workspace.has_resource:
        yield case.problem("resource", "preferredNodes", nodes=nodes, count=case.workspace.count)


@rule("webhook/selector-operator", on="create")
def selector_operator(case: Case) -> Iterator[Problem]:
    """Report an operator other than In, which cannot be converted to labels."""
    for index, operator, _ in _expressions(case):
        if operator != "In":
            yield case.problem(*SELECTOR, "matchExpressions", index, "operator", operator=shown(operator))


@rule("webhook/selector-values", on="create")
def selector_values(case: Case) -> Iterator[Problem]:
    """Report an In expression without exactly one value."""
    for index, operator, values in _expressions(case):
        if operator == "In" and len(values) != 1:
            yield case.problem(*SELECTOR, "matchExpressions", index, "values", number=len(values))


def _expressions(case: Case) -> Iterator[tuple[int, str, list[object]]]:
    # The webhook converts the selector of inference Workspaces only.
    return selectors.expressions(case.workspace.selector if case.workspace.has_inference else {})


@rule("webhook/selector-reserved", on="create")
def selector_reserved(case: Case) -> Iterator[Problem]:
    """Report `matchLabels` with only KAITO's own keys."""
    keys = mapping(case.workspace.selector.get("matchLabels"))
    if case.workspace.has_inference and keys and set(keys) <= set(case.rule.parameters["keys"]):
        yield case.problem(*SELECTOR, "matchLabels", keys=", ".join(shown(key) for key in keys))


@rule("webhook/partition-auto", on="create")
def partition_auto(case: Case) -> Iterator[Problem]:
    """Report a partition on nodes that KAITO creates."""
    if _partition(case) is not None and case.workspace.has_inference and not case.own_nodes:
        yield case.problem("resource", "partition")


@rule("webhook/partition-mode", on="create")
def partition_mode(case: Case) -> Iterator[Problem]:
    """Report an unknown partition mode."""
    partition = _partition(case)
    if partition is not None and case.workspace.has_inference and case.own_nodes:
        mode = text(mapping(partition).get("mode"))
        if mode not in case.rule.parameters["gates"]:
            yield case.problem("resource", "partition", "mode", mode=shown(mode))


@rule("webhook/partition-gate", on="create")
def partition_gate(case: Case) -> Iterator[Problem]:
    """Report a partition mode whose feature gate may be off."""
    yield from _gate(case, None)


@rule("webhook/partition-gate-off", on="create")
def partition_gate_off(case: Case) -> Iterator[Problem]:
    """Report a partition mode whose feature gate is off in the target."""
    yield from _gate(case, False)


def _gate(case: Case, state: bool | None) -> Iterator[Problem]:
    """Yield the rule's problem if the mode's feature gate has that state in the target."""
    mode = text(mapping(_partition(case)).get("mode"))
    gate = rules("webhook")["webhook/partition-gate"].parameters["gates"].get(mode)
    is_wanted = bool(gate and case.workspace.has_inference and case.own_nodes)
    if is_wanted and case.surroundings.target.feature_gate(gate) is state:
        yield case.problem("resource", "partition", mode=shown(mode), gate=gate)


@rule("webhook/partition-tuning", on="create")
def partition_tuning(case: Case) -> Iterator[Problem]:
    """Report a partition for tuning."""
    if _partition(case) is not None and case.workspace.has_tuning:
        yield case.problem("resource", "partition")


def _partition(case: Case) -> object:
    return case.workspace.resource.get("partition")
