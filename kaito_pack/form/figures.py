"""What the figures of a known model say beside a question: its limit, its GPU counts, its memory."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.form.draft import Draft
from kaito_pack.models.fit import Fit, fit_of, fit_table
from kaito_pack.models.model import divides_heads
from kaito_pack.models.serving import ENGINE, serving_of_values
from kaito_pack.pack import json_schema
from kaito_pack.run import judging as checks

GPUS, LENGTH, INSTANCE = ("resources", "gpu"), ("maxModelLen",), ("instanceType",)
OF_MEMORY = (GPUS, LENGTH, INSTANCE)  # the answers that the memory of a GPU depends on


def facts_of(draft: Draft, path: tuple[str, ...]) -> Iterator[str]:
    """What a person should know of the model before the value at `path` is chosen."""
    model = draft.of.figures
    if model is None or draft.mode.facts.get("engine") != ENGINE:
        return
    if path == GPUS and model.attention_heads:
        counts = ", ".join(map(str, divides_heads(model)))
        yield f"GPU counts that divide its {model.attention_heads} attention heads: {counts}"
    if path == LENGTH and model.max_tokens:
        yield f"The model's limit: {model.max_tokens} tokens"


def fit_of_draft(draft: Draft) -> Fit | None:
    """How the model fits the memory of a GPU under these answers; None where that is not known."""
    model, target = draft.of.figures, draft.ground.target
    if model is None or draft.mode.facts.get("engine") != ENGINE:
        return None
    filled = json_schema.with_defaults(draft.mode.schema, draft.document())
    instance_type = filled.get(INSTANCE[-1])
    memory, most = checks.gpu_memory(target, instance_type if isinstance(instance_type, str) else None)
    return None if memory is None else fit_of(serving_of_values(filled, None), model, memory, most)


def budget_text(draft: Draft) -> str:
    """The memory of one GPU under these answers, in one line; empty where it is not known."""
    fit = fit_of_draft(draft)
    return "; ".join(f"{title}: {text}" for title, text in fit_table(fit)) if fit else ""
