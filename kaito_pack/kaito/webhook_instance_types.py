"""Rules of the webhook about `resource.instanceType`: required or not, and known or not."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import did_you_mean, shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import get, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, rules
from kaito_pack.kaito import crd, instance_types
from kaito_pack.kaito.fields import INSTANCE_TYPE, given
from kaito_pack.kaito.ruling import Case


@rule("webhook/instance-type-required")
def instance_type_required(case: Case) -> Iterator[Problem]:
    """Report a missing instance type if KAITO creates the nodes."""
    if not case.own_nodes and not case.workspace.instance_type:
        yield case.problem(*INSTANCE_TYPE)


@rule("webhook/instance-type-with-own-nodes")
def instance_type_with_own_nodes(case: Case) -> Iterator[Problem]:
    """Report an instance type with existing nodes; a stored one may remain."""
    if case.own_nodes and case.workspace.instance_type and not case.before.instance_type:
        yield case.problem(*INSTANCE_TYPE, value=shown(case.workspace.instance_type))


def _checked_type(case: Case) -> str | None:
    """Return the instance type whose name the webhook looks up, None for no lookup."""
    workspace = case.workspace
    if not workspace.has_inference:
        return None
    if not case.holds("webhook/instance-type-required"):  # in both provisioning modes, with the CRD's default
        return effective_instance_type(case)
    return workspace.instance_type or None if not case.own_nodes else None


def effective_instance_type(case: Case, before: bool = False) -> str:
    """Return the instance type, else the CRD's default, else ""."""
    workspace = case.before if before else case.workspace
    if workspace.has_resource and not given(workspace.resource.get("instanceType")):
        schema = crd.schemas(case.kaito).get(case.workspace.api)
        return text(get(schema, ("properties", "resource", "properties", "instanceType", "default")))
    return workspace.instance_type


def azure_series(case: Case, value: str, any_case: bool = False) -> str | None:
    """Return the series (`Standard_N` …) by which Azure admits an instance type without known figures."""
    if case.surroundings.target.cloud != "azure":
        return None
    prefixes: list[str] = rules("webhook")["webhook/instance-type-unknown"].parameters["prefixes"]
    for prefix in prefixes:
        if value.startswith(prefix) or (any_case and value.lower().startswith(prefix.lower())):
            return prefix
    return None


@rule("webhook/instance-type-unknown", on="create")
def instance_type_unknown(case: Case) -> Iterator[Problem]:
    """Report an instance type that KAITO does not list and whose series Azure does not admit."""
    value, cloud = _checked_type(case), case.surroundings.target.cloud
    if value is None or azure_series(case, value, any_case=True) or instance_types.find(cloud, value):
        return
    yield case.problem(*INSTANCE_TYPE, value=shown(value), cloud=cloud, fix=remedy(value, case))


def remedy(name: str, case: Case) -> str:
    """Return the fix for an instance type that KAITO does not know on the target's cloud."""
    cloud = case.surroundings.target.cloud
    parameters = get_rule("webhook/instance-type-unknown").parameters
    elsewhere = [other for other in instance_types.clouds() if name and instance_types.find(other, name)]
    if elsewhere and cloud not in elsewhere:
        return str(parameters["fixes"]["cloud"].format(cloud=elsewhere[0], value=shown(name)))
    near = nearest(name, cloud, case.kaito, parameters["closeness"])
    return f"did you mean {shown(near)}" if near else str(parameters["fixes"][cloud])


def nearest(name: str, cloud: str, kaito: str, closeness: float) -> str | None:
    """Return the listed instance type that a name most likely misspells; None if none is close enough."""
    near = did_you_mean(name, instance_types.names(cloud, kaito), closeness) if name else None
    return near if near != name else None


@rule("webhook/instance-type-dropped", on="create")
def instance_type_dropped(case: Case) -> Iterator[Problem]:
    """Report an instance type that KAITO dropped; on Azure its series still admits it."""
    value = _checked_type(case)
    node_type = instance_types.find(case.surroundings.target.cloud, value) if value else None
    if (
        value
        and node_type
        and not node_type.known_in(case.kaito)
        and not azure_series(case, value, any_case=True)
    ):
        yield case.problem(
            *INSTANCE_TYPE, value=shown(value), model=node_type.model, dropped_in=node_type.dropped_in
        )


@rule("webhook/instance-type-letter-case", on="create")
def instance_type_letter_case(case: Case) -> Iterator[Problem]:
    """Report an instance type in the wrong letter case, up to 0.9."""
    value = _checked_type(case)
    if not value or azure_series(case, value):
        return
    node_type = instance_types.find(case.surroundings.target.cloud, value)
    prefix = azure_series(case, value, any_case=True) or ""
    right = node_type.name if node_type else prefix + value[len(prefix) :]
    if right != value:
        yield case.problem(*INSTANCE_TYPE, value=shown(value), right=shown(right))
