"""Checks an InferenceSet as the API server, KAITO's webhook and its controller do.

Most of it applies to the Workspace that KAITO creates for each replica. So the rules of Workspaces check that
Workspace, and their problems are reported at the fields of the InferenceSet. Source: KAITO v0.8.1 to v0.12.0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, get, mapping, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.kaito import advice, canonical, controller, crd, webhook
from kaito_pack.kaito.fields import GENERATED_SUFFIX
from kaito_pack.kaito.fields import TEMPLATE as POD_TEMPLATE
from kaito_pack.kaito.kinds import check_kind
from kaito_pack.kaito.pods import with_controller
from kaito_pack.kaito.ruling import Case, judge_set
from kaito_pack.kaito.target import Surroundings
from kaito_pack.kaito.template import OpenPart, check_parts, open_parts
from kaito_pack.kubernetes.decoding import cron, definitions, names
from kaito_pack.kubernetes.pods.pod import check_pod_template
from kaito_pack.workspace.inference_sets import KIND, TEMPLATE, child_of, path_in_set

METADATA = (*TEMPLATE, "metadata")
INSTANCE_TYPE = (*TEMPLATE, "resource", "instanceType")
WINDOW = ("spec", "autoUpgrade", "maintenanceWindow")
NAMES = (("metadata", "name"), ("metadata", "generateName"))


def check(body: Manifest, surroundings: Surroundings) -> Iterator[Problem]:
    """Yield the problems of an InferenceSet except those of models. Paths are in the InferenceSet."""
    target = surroundings.target
    if absent := check_kind(body, target):
        yield from absent
        return
    yield from crd.check(body, target.kaito, kind=KIND)
    yield from check_parts(_open_parts(body), target.kaito, target.kubernetes)
    yield from judge_set("webhook", body, surroundings)
    child = workspace_for(body, surroundings)
    around = surroundings.with_old(None)
    yield from _of_creation(webhook.check(child, around), target.kaito)
    template = get(child, POD_TEMPLATE)
    if isinstance(template, Mapping):
        yield from in_set(with_controller(check_pod_template(template, POD_TEMPLATE, target.kubernetes)))
    yield from judge_set("controller", body, surroundings)
    yield from in_set(controller.check(child, around))
    yield from canonical.check_owned(mapping(body.get("metadata")))
    yield from in_set(canonical.check(child, target.kaito))
    yield from in_set(advice.check(child, around))


def workspace_for(body: Manifest, surroundings: Surroundings) -> Manifest:
    """Return the Workspace that this KAITO creates, without an instance type if the nodes already exist."""
    child = child_of(body)
    is_ignored = get_rule("controller/set-instance-type-ignored").holds_for(surroundings.target.kaito)
    if is_ignored and surroundings.provisioning(child) == "byo":
        child["resource"].pop("instanceType", None)
    return child


def in_set(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield the problems of the Workspace with paths in the InferenceSet; other rules cover its name."""
    for each in problems:
        if each.path not in NAMES:
            yield each._replace(path=path_in_set(each.path))


@rule("controller/set-workspace-rejected", "controller/set-workspace-undecidable", on="part")
def _of_creation(problems: Iterable[Problem], kaito: str) -> Iterator[Problem]:
    """Yield the webhook's problems with the Workspace: on the InferenceSet, or when KAITO creates it."""
    is_late = get_rule("controller/set-workspace-rejected").holds_for(kaito)
    for each in in_set(problems):
        facts = {"kaito": kaito, "why": each.message, "fix": each.fix}
        if is_late and each.is_error:
            yield problem("controller/set-workspace-rejected", each.path, None, **facts)
        elif is_late and each.severity == "undecidable":
            yield problem("controller/set-workspace-undecidable", each.path, None, **facts)
        else:
            yield each


def _open_parts(body: Manifest) -> Iterator[OpenPart]:
    """Yield the parts of an InferenceSet that the CRD leaves open but KAITO's types define."""
    metadata = get(body, METADATA)
    if metadata is not None:
        yield METADATA, metadata, definitions.OBJECT_META
    for path, value, name in open_parts(child_of(body)):
        yield path_in_set(path), value, name


@rule("webhook/set-name", on="set")
def set_name(case: Case) -> Iterator[Problem]:
    """Report a name that is not a DNS-1123 label; the CRD reports one that is not a string."""
    metadata = mapping(case.manifest.get("metadata"))
    field = "generateName" if metadata.get("generateName") and not metadata.get("name") else "name"
    value, name = metadata.get(field), _name(case)
    if name and not names.is_dns_label(name) and isinstance(value, str | None):
        yield case.problem("metadata", field, name=shown(value or ""))


def _name(case: Case) -> str:
    metadata = mapping(case.manifest.get("metadata"))
    base = text(metadata.get("generateName"))
    return text(metadata.get("name")) or (base + GENERATED_SUFFIX if base else "")


@rule("webhook/set-window-schedule", on="set")
def set_window_schedule(case: Case) -> Iterator[Problem]:
    """Report a window schedule that is not a cron expression."""
    schedule = get(case.manifest, (*WINDOW, "schedule"))
    if isinstance(schedule, str) and (reason := cron.error_of(schedule, has_words=True)):
        yield case.problem(*WINDOW, "schedule", value=shown(schedule), reason=reason)


@rule("webhook/set-window-duration", on="set")
def set_window_duration(case: Case) -> Iterator[Problem]:
    """Report a window duration that Go does not parse as a positive one."""
    duration = get(case.manifest, (*WINDOW, "duration"))
    if isinstance(duration, str) and (cron.go_seconds(duration) or 0) <= 0:
        yield case.problem(*WINDOW, "duration", value=shown(duration))


@rule("webhook/set-partition-immutable", on="set")
def set_partition_immutable(case: Case) -> Iterator[Problem]:
    """Report a change of a partition that is already set."""
    old, new = (each.resource.get("partition") for each in (case.before, case.workspace))
    if case.old is not None and old is not None and old != new:
        yield case.problem(*TEMPLATE, "resource", "partition")


@rule("controller/set-name-too-long", on="set")
def set_name_too_long(case: Case) -> Iterator[Problem]:
    """Report a name whose Workspaces have names too long for the labels of their pods."""
    length, longest = len(_name(case)), case.rule.parameters["longest"]
    if length > longest:
        yield case.problem("metadata", "name", length=length, longest=longest)


@rule("controller/set-replicas-scaled", on="set")
def set_replicas_scaled(case: Case) -> Iterator[Problem]:
    """Report a manifest with a number of replicas that a ScaledObject changes."""
    scalers = case.surroundings.scalers_of(KIND, _name(case), case.workspace.namespace)
    if scalers and get(case.manifest, ("spec", "replicas")) is not None:
        name = shown(get(scalers[0], ("metadata", "name")))
        yield case.problem("spec", "replicas", name=name)


@rule("controller/set-instance-type-ignored", on="set")
def set_instance_type_ignored(case: Case) -> Iterator[Problem]:
    """Report an instance type, which is ignored with existing nodes."""
    if case.own_nodes and case.workspace.instance_type:
        yield case.problem(*INSTANCE_TYPE, value=shown(case.workspace.instance_type))
