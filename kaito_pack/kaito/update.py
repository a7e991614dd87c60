"""Rules of KAITO's webhook for updates, which differ from those for creation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import mapping, sequence, text
from kaito_pack.facts.checks import rule
from kaito_pack.kaito import selectors
from kaito_pack.kaito import webhook_instance_types as types
from kaito_pack.kaito.fields import TEMPLATE, given
from kaito_pack.kaito.ruling import Case


@rule("webhook/count-immutable", on="update")
def count_immutable(case: Case) -> Iterator[Problem]:
    """Report a changed number of nodes."""
    both = case.workspace.has_resource and case.before.has_resource
    if both and case.workspace.count != case.before.count:
        yield case.problem("resource", "count", old=case.before.count, new=case.workspace.count)


@rule("webhook/instance-type-immutable", on="update")
def instance_type_immutable(case: Case) -> Iterator[Problem]:
    """Report a changed instance type; another rule reports its removal."""
    old, new = case.before.instance_type, case.workspace.instance_type
    if old and new and old != new:
        yield case.problem("resource", "instanceType", old=shown(old), new=shown(new))


@rule("webhook/instance-type-immutable-by-default", on="update")
def instance_type_immutable_by_default(case: Case) -> Iterator[Problem]:
    """Report a changed instance type up to 0.7, where the CRD fills in a missing one."""
    old = types.effective_instance_type(case, before=True)
    new = types.effective_instance_type(case)
    if old != new:
        yield case.problem("resource", "instanceType", old=shown(old), new=shown(new))


@rule("webhook/selector-not-convertible", on="update")
def selector_not_convertible(case: Case) -> Iterator[Problem]:
    """Report selectors that cannot be converted to plain labels."""
    pairs = (("new", case.workspace), ("stored", case.before))
    wrong = [which for which, workspace in pairs if selectors.as_map(workspace.selector) is None]
    if wrong:
        yield case.problem("resource", "labelSelector", which=wrong[0])


@rule("webhook/selector-immutable", on="update")
def selector_immutable(case: Case) -> Iterator[Problem]:
    """Report a changed selector, in any form."""
    old, new = selectors.as_map(case.before.selector), selectors.as_map(case.workspace.selector)
    if old is not None and new is not None and old != new:
        yield case.problem("resource", "labelSelector")


@rule("webhook/partition-immutable", on="update")
def partition_immutable(case: Case) -> Iterator[Problem]:
    """Report a changed partition of the GPUs."""
    old, new = (_partition(w.resource.get("partition")) for w in (case.before, case.workspace))
    if old != new:
        yield case.problem("resource", "partition")


def _partition(value: object) -> dict[str, Any] | None:
    fields = mapping(value)
    return {k: v for k, v in fields.items() if given(v) and v != ""} if given(value) else None


@rule("webhook/workload-changed", on="update")
def workload_changed(case: Case) -> Iterator[Problem]:
    """Report a change between inference and tuning."""
    for field in ("inference", "tuning"):
        if given(case.before.manifest.get(field)) != given(case.workspace.manifest.get(field)):
            yield case.problem(field, field=field)


@rule("webhook/template-toggled", on="update")
def template_toggled(case: Case) -> Iterator[Problem]:
    """Report a pod template that is added or removed."""
    served = case.workspace.has_inference and case.before.has_inference
    if served and case.workspace.has_template != case.before.has_template:
        yield case.problem(*TEMPLATE)


@rule("webhook/preset-immutable", on="update")
def preset_immutable(case: Case) -> Iterator[Problem]:
    """Report a changed preset or preset option."""
    old, new = (_preset(w.inference.get("preset")) for w in (case.before, case.workspace))
    if case.workspace.has_inference and case.before.has_inference and old != new:
        yield case.problem("inference", "preset")


def _preset(value: object) -> tuple[object, ...] | None:
    """Return a preset as the webhook compares it: CRD defaults filled in, an empty list unequal to none."""
    fields = mapping(value)
    options = mapping(fields.get("presetOptions"))
    secrets = options.get("imagePullSecrets")
    return (
        None
        if not given(value)
        else (
            text(fields.get("name")),
            fields.get("accessMode") or "public",
            text(options.get("image")),
            text(options.get("modelAccessSecret")),
            list(sequence(secrets)) if given(secrets) else None,
        )
    )


@rule("webhook/tuning-immutable", on="update")
def tuning_immutable(case: Case) -> Iterator[Problem]:
    """Report a changed preset, method or input name of a tuning."""
    old, new = case.before.tuning, case.workspace.tuning
    if not (case.before.has_tuning and case.workspace.has_tuning):
        return
    if _preset(old.get("preset")) != _preset(new.get("preset")):
        yield case.problem("tuning", "preset", field="preset")
    if text(old.get("method")).lower() != text(new.get("method")).lower():
        yield case.problem("tuning", "method", field="method")
    if text(mapping(old.get("input")).get("name")) != text(mapping(new.get("input")).get("name")):
        yield case.problem("tuning", "input", "name", field="name of the input")


@rule("webhook/stored-object-broken", on="update")
def stored_object_broken(case: Case) -> Iterator[Problem]:
    """Report a stored template that KAITO cannot decode, which blocks every update."""
    from kaito_pack.kaito.template import check_template

    target = case.surroundings.target
    for each in check_template(case.before.manifest, target.kaito, target.kubernetes):
        if each.is_error and each.layer == "webhook":
            yield case.problem(*TEMPLATE, why=each.message)
            return
