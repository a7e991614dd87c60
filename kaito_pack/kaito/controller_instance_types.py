"""Instance types that KAITO's webhook admits but its controller or the scheduler cannot use."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import mapping
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule
from kaito_pack.kaito import instance_types
from kaito_pack.kaito.fields import CONTAINERS, INSTANCE_TYPE
from kaito_pack.kaito.pod_gpus import gpus_of
from kaito_pack.kaito.ruling import Case
from kaito_pack.kaito.webhook_instance_types import azure_series, effective_instance_type, nearest, remedy


def _created_type(case: Case) -> str:
    """Return the instance type of the nodes that KAITO creates; "" if it creates none."""
    return "" if case.own_nodes else effective_instance_type(case)


def _has_no_gpu(name: str, cloud: str) -> bool:
    """Return whether the series of an instance type has no GPUs."""
    series = mapping(get_rule("controller/instance-type-unsupported").parameters["withoutGpu"]).get(cloud, ())
    return instance_types.find(cloud, name) is None and name.lower().startswith(tuple(series))


@rule("controller/instance-type-unsupported", on="create")
def instance_type_unsupported(case: Case) -> Iterator[Problem]:
    """Report an instance type that is missing from the list by which the controller estimates nodes."""
    name, cloud = _created_type(case), case.surroundings.target.cloud
    if not name or not case.workspace.has_preset or not case.workspace.runs_vllm:
        return
    known = instance_types.find(cloud, name)
    is_listed = known is not None and known.known_in(case.kaito)
    if is_listed or azure_series(case, name, any_case=True) is None:  # the webhook rejects the others
        return
    kind = "none" if _has_no_gpu(name, cloud) else "unknown" if known is None else "dropped"
    model = known.model if known is not None else ""
    reason = case.rule.parameters["reasons"][kind].format(value=shown(name), kaito=case.kaito, model=model)
    fix = remedy(name, case) if kind == "unknown" else case.rule.parameters["fixes"][kind]
    yield case.problem(*INSTANCE_TYPE, reason=reason, fix=fix)


@rule("controller/gpus-above-instance-type")
def gpus_above_instance_type(case: Case) -> Iterator[Problem]:
    """Report a pod that requests more GPUs than a node has."""
    name, cloud = _created_type(case), case.surroundings.target.cloud
    asked = sum(gpus_of(container) for _, container in case.workspace.containers())
    known = instance_types.find(cloud, name) if name else None
    gpus = known.gpus if known is not None else 0 if name and _has_no_gpu(name, cloud) else None
    if gpus is not None and asked > gpus:
        fixes = case.rule.parameters["fixes"]
        fix = fixes["fewer" if gpus else "none"].format(gpus=gpus)
        count = "1 GPU" if asked == 1 else f"{asked} GPUs"
        facts = {"asked": count, "instance_type": shown(name), "gpus": gpus or "none", "fix": fix}
        yield case.problem(*CONTAINERS, **facts)


@rule("advice/instance-type-unlisted")
def instance_type_unlisted(case: Case) -> Iterator[Problem]:
    """Report an unlisted instance type whose name is close to a listed one."""
    name, cloud = _created_type(case), case.surroundings.target.cloud
    is_judged = case.workspace.has_preset and case.workspace.runs_vllm  # by the estimator's rule
    if not name or is_judged or instance_types.find(cloud, name) is not None:
        return
    near = nearest(name, cloud, case.kaito, case.rule.parameters["closeness"])
    if near is not None:
        yield case.problem(*INSTANCE_TYPE, value=shown(name), near=shown(near))
