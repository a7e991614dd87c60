"""Whether a model fits its GPUs, and what would: for people who choose, before anything is wrong."""

from __future__ import annotations

from typing import NamedTuple

from kaito_pack.models.checks import budget_of
from kaito_pack.models.memory import Budget, budget_table, fitting_gpu_counts, longest_max_model_len
from kaito_pack.models.model import MOST_GPUS, Model
from kaito_pack.models.serving import Serving


class Fit(NamedTuple):
    """The budget of one GPU; the longest --max-model-len there, in tokens; the GPU counts that would do."""

    budget: Budget
    longest: int
    gpu_counts: list[int]


def fit_of(serving: Serving, model: Model, gpu_memory_gib: float, most_gpus: int | None) -> Fit | None:
    """How `model` fits nodes of `most_gpus` GPUs of `gpu_memory_gib` each; None where figures lack."""
    budget = budget_of(serving, model, gpu_memory_gib)
    if budget is None:
        return None
    longest = longest_max_model_len(model, budget.gpus, gpu_memory_gib, budget.utilization)
    counts = fitting_gpu_counts(
        model, budget.tokens, gpu_memory_gib, budget.utilization, min(most_gpus or MOST_GPUS, MOST_GPUS)
    )
    return Fit(budget, longest, counts)


def fit_table(fit: Fit) -> list[tuple[str, str]]:
    """The budget, and what would fit, as rows of two columns for a person to read."""
    return [
        *budget_table(fit.budget),
        ("longest maxModelLen", f"{fit.longest} tokens" if fit.longest else "none fits"),
        ("GPU counts that fit", ", ".join(map(str, fit.gpu_counts)) or "none"),
    ]
