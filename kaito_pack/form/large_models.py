"""Proposals for a GGUF model that is too large for a CPU: GPUs, and instance types that hold it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import ValuesMap, get, mapping, text, whole
from kaito_pack.form.hints import hints
from kaito_pack.form.model_choice import GPUS, instance_type_of
from kaito_pack.kaito import instance_types
from kaito_pack.kaito.instance_types import InstanceType
from kaito_pack.kaito.target import Target
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.gguf import GgufModel, images, weights_of_file
from kaito_pack.pack import Mode, json_schema
from kaito_pack.values.meanings import named_values
from kaito_pack.workspace.engines import GGUF, engine

SHOWN = 3  # instance types shown beside the question


class Proposal(NamedTuple):
    """Defaults for unanswered questions, and the instance types that hold the model, smallest first.

    `decides` is the path of the value that selects CPU or GPUs, `needed_gib` the memory of the model in GiB.
    """

    defaults: Mapping[FieldPath, Any]
    instance_types: Sequence[InstanceType] = ()
    decides: FieldPath = ()
    needed_gib: float = 0


def proposal(mode: Mode, answers: ValuesMap, target: Target, catalogue: Catalogue) -> Proposal:
    """Return the proposal for the model of the answers, from `large` in the `x-form` of a value.

    It is empty if the size of the model is unknown or the answers already serve it another way.
    """
    model = _model(mode, answers, catalogue)
    if model is None:
        return Proposal({})
    parts = json_schema.applicable(mode.schema, answers)["properties"]
    for name, part in parts.items():
        if large := hints(part, name).large:
            known = Proposal({}, (), (name,), model.needed_gib)
            is_other = answers.get(name, large["value"]) != large["value"]
            if is_other or model.weights_gib <= large["aboveGiB"]:
                return known
            gpus = whole(get(answers, GPUS))
            types = _that_hold(model, gpus, target)
            defaults: dict[FieldPath, Any] = {(name,): large["value"]}
            if types and target.provisioning == "auto":
                defaults |= {instance_type_of(mode): types[0].name}
                defaults |= {GPUS: types[0].gpus} if instance_type_of(mode)[0] not in answers else {}
            unanswered = {path: value for path, value in defaults.items() if get(answers, path) is None}
            return known._replace(defaults=unanswered, instance_types=types)
    return Proposal({})


def _that_hold(model: GgufModel, gpus: int | None, target: Target) -> list[InstanceType]:
    """Return the instance types whose GPUs hold the model; with `gpus`, that number of GPUs must hold it."""
    return [
        each
        for each in instance_types.smallest(target.cloud, target.kaito)
        if each.gpus >= (gpus or 1) and each.gpu_memory_gib * (gpus or each.gpus) >= model.needed_gib
    ]


def _model(mode: Mode, answers: ValuesMap, catalogue: Catalogue) -> GgufModel | None:
    """Return the GGUF model of the answers, from an image or a file, if its size is known."""
    if mapping(engine(mode.facts.get("engine")).get("serves")).get("format") != GGUF:
        return None
    for value in answers.values():
        if row := images().get(value) if isinstance(value, str) else None:
            return GgufModel(str(value), row["weightsGiB"], {}, ())
    names = named_values(mode.facts)
    file = text(answers.get(names["file"]))
    weights = weights_of_file(file, text(answers.get(names["model"])), catalogue) if file else None
    return GgufModel(file, weights, {}, ()) if weights else None


def memory_text(proposed: Proposal) -> str:
    """Return the memory that the model needs, as text."""
    return f"The model needs about {proposed.needed_gib:.1f} GiB of memory"


def machines_text(proposed: Proposal) -> str:
    """Return the smallest instance types that hold the model, as text; empty if there are none."""
    if not proposed.instance_types:
        return ""
    words = [
        each.name if each.gpus == 1 else f"{each.name} ({each.gpus} GPUs)"
        for each in proposed.instance_types[:SHOWN]
    ]
    return f"Instance types that hold the model: {', '.join(words)}"
