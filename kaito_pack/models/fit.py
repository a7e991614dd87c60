"""Reports whether a model fits its GPUs, and which settings fit, for users who are choosing them."""

from __future__ import annotations

from kaito_pack.base.records import NamedTuple
from kaito_pack.models.checks import budget_of
from kaito_pack.models.memory import (
    Budget,
    budget_table,
    fitting_gpu_counts,
    longest_max_model_len,
    stage_of,
)
from kaito_pack.models.model import MOST_GPUS, Model
from kaito_pack.models.serving import Serving

UPPER_BOUND = "some layers do not cache every token, and the catalogue does not have their number"


class Fit(NamedTuple):
    """The budget of one GPU, the longest --max-model-len that fits in tokens, and the GPU counts that fit."""

    budget: Budget
    longest: int
    gpu_counts: list[int]


def fit_of(serving: Serving, model: Model, gpu_memory_gib: float, most_gpus: int | None) -> Fit | None:
    """Return how `model` fits nodes of `most_gpus` GPUs of `gpu_memory_gib` each; None if unknown."""
    budget = budget_of(serving, model, gpu_memory_gib)
    if budget is None:
        return None
    utilization, batched, stages = budget.utilization, serving.batched_tokens, budget.stages
    stage, size = stage_of(model, stages), budget.tensor_parallel_size
    longest = longest_max_model_len(stage, size, gpu_memory_gib, utilization, batched)
    most = min(most_gpus or MOST_GPUS, MOST_GPUS) // stages
    sizes = fitting_gpu_counts(stage, budget.tokens, gpu_memory_gib, utilization, most, batched)
    return Fit(budget, longest, [size * stages for size in sizes])


def fit_table(fit: Fit) -> list[tuple[str, str]]:
    """Return the budget, and what would fit, as a two-column table."""
    is_bound = fit.budget.is_upper_bound
    none, bound = ("not known", "at least ") if is_bound else ("none fits", "")
    rows = [
        *budget_table(fit.budget),
        ("longest maxModelLen", f"{bound}{fit.longest} tokens" if fit.longest else none),
        ("GPU counts that fit", ", ".join(map(str, fit.gpu_counts)) or ("not known" if is_bound else "none")),
    ]
    return [*rows, ("note", UPPER_BOUND)] if is_bound else rows
