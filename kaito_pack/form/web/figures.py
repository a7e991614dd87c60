"""The figures of a model that the page shows: its limits, and how it fits the memory of a GPU."""

from __future__ import annotations

from typing import Any

from kaito_pack.base.paths import path_text
from kaito_pack.form.draft import Draft
from kaito_pack.form.figures import fit_of_draft
from kaito_pack.form.model_choice import GPUS, About, model_schema, takes_model
from kaito_pack.models.fit import fit_table
from kaito_pack.models.heads import tensor_parallel_sizes
from kaito_pack.models.memory import budget_table
from kaito_pack.models.serving import serving_of_workspace
from kaito_pack.run import judging as checks
from kaito_pack.run.judgement import Judgement
from kaito_pack.workspace.engines import checks_models

# The fields of a catalogue entry that the page shows, with the matching fields of Model.
SHOWN = {
    "maxTokens": "max_tokens",
    "weightsGiB": "weights_gib",
    "attentionHeads": "attention_heads",
    "quantization": "quantization",
    "license": "license",
}


def model_facts(known: About) -> list[dict[str, str]]:
    """Return the catalogue's figures of a model, in the words of its schema."""
    if known.figures is None:
        return []
    parts = model_schema()
    facts = {name: getattr(known.figures, field) for name, field in SHOWN.items()}
    facts |= {
        "engines": ", ".join(known.engines),
        "gated": None if known.gated is None else _yes(known.gated),
    }
    return [
        {"title": parts[name]["title"], "help": parts[name]["description"], "text": _figure(name, value)}
        for name, value in facts.items()
        if value
    ]


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _figure(name: str, value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value} GiB" if name.endswith("GiB") else str(value)


def serves_with_vllm(draft: Draft) -> bool:
    """Return whether the engine serves a Hub model, whose figures may be known."""
    return checks_models(draft.mode.facts.get("engine")) and takes_model(draft.ground.pack, draft.mode.name)


def parallel(draft: Draft, outcome: Judgement) -> dict[str, Any] | None:
    """Return the tensor parallel size, the question that sets it, and the counts that divide the heads.

    The size comes from the rendered manifest or, before one exists, from the answer.
    """
    if not serves_with_vllm(draft):
        return None
    question = draft.question(GPUS)
    serving = serving_of_workspace(outcome.manifests[0].body) if outcome.manifests else None
    size = serving.tensor_parallel_size if serving else question and question.answer
    figures = draft.known.figures
    counts = tensor_parallel_sizes(figures) if figures and figures.attention_heads else None
    return {"question": path_text(GPUS), "size": size, "counts": counts} if size is not None else None


def memory(draft: Draft) -> dict[str, Any] | None:
    """Return the budget of one GPU as a bar and as rows, or the missing inputs; None if it does not apply."""
    if not serves_with_vllm(draft) or draft.known.figures is None:
        return None
    if checks.gpu_memory_of_values(draft.ground.target, draft.answers)[0] is None:
        return {"lacks": "memory"}
    fit = fit_of_draft(draft)
    if fit is None:
        return {"lacks": "figures"}
    budget = fit.budget
    rows = budget_table(budget)
    sizes = [budget.weights_gib, budget.overhead_gib, budget.kv_cache_gib]
    return {
        "fits": budget.fits,
        "isOpen": not budget.fits and not budget.cannot_fit,
        "total": budget.total_gib,
        "usable": budget.usable_gib,
        "needed": budget.needed_gib,
        "parts": [{"title": title, "gib": gib} for (title, _), gib in zip(rows[2:], sizes, strict=False)],
        "rows": rows,
        "would": fit_table(fit)[len(rows) :],
    }
