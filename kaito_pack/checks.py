"""Every layer that judges a manifest, in the order in which a cluster would speak."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from kaito_pack.kaito import advice, canonical, controller, crd, instance_types, webhook
from kaito_pack.kaito.fields import CONTAINERS, TEMPLATE, is_workspace
from kaito_pack.kaito.template import check_template
from kaito_pack.kubernetes.custom_kinds import check_custom
from kaito_pack.kubernetes.kinds import check_builtin
from kaito_pack.kubernetes.objects import check_object
from kaito_pack.kubernetes.pod import check_pod_template
from kaito_pack.models import checks as models
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.problems import Problem
from kaito_pack.shapes import at, mapping, sequence
from kaito_pack.target import Surroundings, Target


def check(
    body: Mapping[str, Any], surroundings: Surroundings, with_model: bool = True
) -> list[Problem] | None:
    """All problems of one manifest, not yet located; None for a kind that nobody here knows.

    `with_model` False leaves out what vLLM would say of the model, where the values were asked already.
    """
    if is_workspace(body):
        found = list(_check_workspace(body, surroundings))
        return found + (list(_check_model(body, surroundings.target)) if with_model else [])
    builtin = check_builtin(body, surroundings.target.kubernetes)
    if builtin is None:
        return check_custom(body, surroundings.target.kubernetes)
    validated = list(check_object(body, surroundings.target.kubernetes))
    # Where validation speaks it knows more than the decoder: that a value is a Secret's, what a field is for.
    told = {found.path for found in validated}
    return [found for found in builtin if found.path not in told] + validated


def _check_workspace(body: Mapping[str, Any], surroundings: Surroundings) -> Iterator[Problem]:
    target = surroundings.target
    yield from crd.check(body, target.kaito)
    yield from check_template(body, target.kaito, target.kubernetes)
    yield from webhook.check(body, surroundings)
    template = at(body, TEMPLATE)
    if isinstance(template, Mapping):
        yield from check_pod_template(template, TEMPLATE, target.kubernetes)
    yield from controller.check(body, surroundings)
    yield from canonical.check(body, target.kaito)
    yield from advice.check(body, surroundings)


def _check_model(body: Mapping[str, Any], target: Target) -> Iterator[Problem]:
    memory, gpus = gpu_memory(target, at(body, ("resource", "instanceType")))
    yield from models.check_workspace(body, catalogue(target.catalogues), memory, gpus)


def check_model_of_values(
    values: Mapping[str, Any], mode: Mapping[str, Any], workspace: Mapping[str, Any], target: Target
) -> Iterator[Problem]:
    """What vLLM would say of the model that filled `values` name; nothing where `mode` has another engine."""
    if mode.get("engine") != "vllm":
        return
    containers = sequence(at(workspace, CONTAINERS))
    if containers:
        memory, gpus = gpu_memory(target, values.get("instanceType"))
        image = mapping(containers[0]).get("image")
        yield from models.check_values(values, catalogue(target.catalogues), image, memory, gpus)


def gpu_memory(target: Target, instance_type: object) -> tuple[float | None, int | None]:
    """Memory of one GPU in GiB and GPUs of one node, each None where nothing tells."""
    found = instance_types.find(target.cloud, instance_type) if isinstance(instance_type, str) else None
    if found is None:
        return target.gpu_memory_gib, None
    return found.gpu_memory_gib, found.gpus


@cache
def catalogue(files: tuple[str, ...]) -> Catalogue:
    """The pack's catalogue of models with those of `files` laid over it, read once a process."""
    return Catalogue.open(files)
