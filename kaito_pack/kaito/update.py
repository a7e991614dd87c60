"""What KAITO's webhook says of an update: other rules than those of a create."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, mapping, sequence, text
from kaito_pack.kaito import selectors
from kaito_pack.kaito import webhook_instance_types as types
from kaito_pack.kaito import webhook_resource as resource
from kaito_pack.kaito import webhook_tuning as tuning
from kaito_pack.kaito.fields import TEMPLATE, Workspace, given
from kaito_pack.kaito.ruling import Case, Check, judge
from kaito_pack.kaito.target import Surroundings


def count_immutable(case: Case) -> Iterator[Problem]:
    """The number of nodes stays."""
    both = case.workspace.has_resource and case.before.has_resource
    if both and case.workspace.count != case.before.count:
        yield case.problem("resource", "count", old=case.before.count, new=case.workspace.count)


def instance_type_immutable(case: Case) -> Iterator[Problem]:
    """The instance type stays once it is set; taking it away is another rule's matter."""
    old, new = case.before.instance_type, case.workspace.instance_type
    if old and new and old != new:
        yield case.problem("resource", "instanceType", old=shown(old), new=shown(new))


def instance_type_immutable_by_default(case: Case) -> Iterator[Problem]:
    """Up to 0.7 the instance type stays, the CRD's default standing for a missing one."""
    old = types.effective_instance_type(case, before=True)
    new = types.effective_instance_type(case)
    if old != new:
        yield case.problem("resource", "instanceType", old=shown(old), new=shown(new))


def selector_not_convertible(case: Case) -> Iterator[Problem]:
    """Both selectors must be plain labels, or expressions that can be written so."""
    pairs = (("new", case.workspace), ("stored", case.before))
    wrong = [which for which, workspace in pairs if selectors.as_map(workspace.selector) is None]
    if wrong:
        yield case.problem("resource", "labelSelector", which=wrong[0])


def selector_immutable(case: Case) -> Iterator[Problem]:
    """The selector stays, in whichever form it is written."""
    old, new = selectors.as_map(case.before.selector), selectors.as_map(case.workspace.selector)
    if old is not None and new is not None and old != new:
        yield case.problem("resource", "labelSelector")


def partition_immutable(case: Case) -> Iterator[Problem]:
    """How GPUs are cut into parts stays."""
    old, new = (_partition(w.resource.get("partition")) for w in (case.before, case.workspace))
    if old != new:
        yield case.problem("resource", "partition")


def _partition(value: object) -> dict[str, Any] | None:
    fields = mapping(value)
    return {k: v for k, v in fields.items() if given(v) and v != ""} if given(value) else None


def workload_changed(case: Case) -> Iterator[Problem]:
    """Serving stays serving, and tuning stays tuning."""
    for field in ("inference", "tuning"):
        if given(case.before.manifest.get(field)) != given(case.workspace.manifest.get(field)):
            yield case.problem(field, field=field)


def template_toggled(case: Case) -> Iterator[Problem]:
    """A pod template may change, but not come or go."""
    served = case.workspace.has_inference and case.before.has_inference
    if served and case.workspace.has_template != case.before.has_template:
        yield case.problem(*TEMPLATE)


def preset_immutable(case: Case) -> Iterator[Problem]:
    """The preset stays, its options included."""
    old, new = (_preset(w.inference.get("preset")) for w in (case.before, case.workspace))
    if case.workspace.has_inference and case.before.has_inference and old != new:
        yield case.problem("inference", "preset")


def _preset(value: object) -> tuple[object, ...] | None:
    """A preset as the webhook compares it: the CRD's default filled in, an empty list unlike none."""
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


def tuning_immutable(case: Case) -> Iterator[Problem]:
    """Preset, method and the input's name of a tuning stay."""
    old, new = case.before.tuning, case.workspace.tuning
    if not (case.before.has_tuning and case.workspace.has_tuning):
        return
    if _preset(old.get("preset")) != _preset(new.get("preset")):
        yield case.problem("tuning", "preset", field="preset")
    if text(old.get("method")).lower() != text(new.get("method")).lower():
        yield case.problem("tuning", "method", field="method")
    if text(mapping(old.get("input")).get("name")) != text(mapping(new.get("input")).get("name")):
        yield case.problem("tuning", "input", "name", field="name of the input")


def stored_object_broken(case: Case) -> Iterator[Problem]:
    """A stored template that KAITO cannot decode blocks every update."""
    from kaito_pack.kaito.template import check_template  # updates are rare, it is large

    target = case.surroundings.target
    for each in check_template(case.before.manifest, target.kaito, target.kubernetes):
        if each.is_error and each.layer == "webhook":
            yield case.problem(*TEMPLATE, why=each.message)
            return


ON_UPDATE: Mapping[str, Check] = {
    "kaito/name": resource.name,
    "kaito/resource-missing-own-nodes": resource.resource_missing_own_nodes,
    "kaito/stored-object-broken": stored_object_broken,
    "kaito/workload-changed": workload_changed,
    "kaito/template-toggled": template_toggled,
    "kaito/preset-immutable": preset_immutable,
    "kaito/count-immutable": count_immutable,
    "kaito/instance-type-required": types.instance_type_required,
    "kaito/instance-type-with-own-nodes": types.instance_type_with_own_nodes,
    "kaito/instance-type-immutable": instance_type_immutable,
    "kaito/instance-type-immutable-by-default": instance_type_immutable_by_default,
    "kaito/preferred-nodes-below-count": resource.preferred_nodes_below_count,
    "kaito/selector-not-convertible": selector_not_convertible,
    "kaito/selector-immutable": selector_immutable,
    "kaito/partition-immutable": partition_immutable,
    "kaito/tuning-immutable": tuning_immutable,
    "kaito/tuning-part-missing": tuning.tuning_part_missing,
    "kaito/tuning-image": tuning.tuning_image,
    "kaito/adapter-source": tuning.adapter_source,
    "kaito/adapter-twice": tuning.adapter_twice,
    "kaito/adapter-name": tuning.adapter_name,
    "kaito/adapter-image": tuning.adapter_image,
    "kaito/adapter-strength-range": tuning.adapter_strength_range,
}


def check_update(old: Manifest, new: Manifest, surroundings: Surroundings) -> Iterator[Problem]:
    """What the webhook refuses about changing the stored `old` into `new`, at paths of `new`.

    Read in KAITO v0.6.2 to v0.12.0. A create's rules about SKUs, presets and annotations do not apply.
    """
    yield from judge("webhook", ON_UPDATE, Workspace(new), surroundings, Workspace(old))
