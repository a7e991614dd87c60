"""What the page shows of a model in figures: its limits, and how it fits the memory of a GPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kaito_pack import checks, json_schema
from kaito_pack.form.model_choice import MODEL, About
from kaito_pack.models.checks import listed
from kaito_pack.models.fit import fit_of
from kaito_pack.models.memory import budget_table
from kaito_pack.models.model import divides_heads
from kaito_pack.models.serving import ENGINE, Serving, serving_of_values, serving_of_workspace, values_paths
from kaito_pack.pack import Mode
from kaito_pack.pipeline import Outcome
from kaito_pack.problems import path_text
from kaito_pack.tables import first
from kaito_pack.target import Target

# What of a catalogue's entry is worth a look, and the field of a Model that holds it.
SHOWN = {
    "maxTokens": "max_tokens",
    "weightsGiB": "weights_gib",
    "attentionHeads": "attention_heads",
    "quantization": "quantization",
    "license": "license",
}


def model_schema() -> Mapping[str, Any]:
    """What the catalogue's schema says of the fields of a model."""
    fields: Mapping[str, Any] = first("catalogue.schema.json")["$defs"]["model"]["properties"]
    return fields


def model_facts(of: About) -> list[dict[str, str]]:
    """The figures of a model that the catalogue has, in the catalogue's own words."""
    if of.figures is None:
        return []
    parts = model_schema()
    known = {name: getattr(of.figures, field) for name, field in SHOWN.items()}
    known |= {"engines": ", ".join(of.engines), "gated": {True: "yes", False: "no"}.get(of.gated)}  # type: ignore[arg-type]
    return [
        {"title": parts[name]["title"], "help": parts[name]["description"], "text": _number(name, value)}
        for name, value in known.items()
        if value
    ]


def _number(name: str, value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value} GiB" if name.endswith("GiB") else str(value)


def serving_of(mode: Mode, values: Mapping[str, Any], outcome: Outcome) -> Serving | None:
    """What the rendered Workspace asks of vLLM, else what the values do; None of other engines."""
    if outcome.manifests:
        return serving_of_workspace(outcome.manifests[0].body)
    is_vllm = mode.facts.get("engine") == ENGINE and MODEL in mode.schema.get("properties", {})
    return serving_of_values(json_schema.with_defaults(mode.schema, values), None) if is_vllm else None


def parallel(serving: Serving | None, of: About) -> dict[str, Any] | None:
    """The tensor parallel size as it is rendered, the question that sets it, and the counts that would do."""
    if serving is None or serving.tensor_parallel_size is None:
        return None
    path = values_paths({}, True)["tensor_parallel_size"]
    counts = divides_heads(of.figures) if of.figures and of.figures.attention_heads else None
    return {"question": path_text(path), "size": serving.tensor_parallel_size, "counts": counts}


def memory(
    serving: Serving | None, instance_type: object, of: About, target: Target
) -> dict[str, Any] | None:
    """The budget of one GPU as a bar and as a table, or what lacks for it; None where no vLLM serves."""
    if serving is None or of.figures is None:
        return None
    gib, most = checks.gpu_memory(target, instance_type)
    if gib is None:
        return {"lacks": "memory"}
    fit = fit_of(serving, of.figures, gib, most)
    if fit is None:
        return {"lacks": "figures"}
    budget = fit.budget
    rows = budget_table(budget)
    parts = [budget.weights_gib, budget.overhead_gib, budget.kv_cache_gib]
    return {
        "fits": budget.fits,
        "total": budget.total_gib,
        "usable": budget.usable_gib,
        "needed": budget.needed_gib,
        "parts": [{"title": row[0], "gib": gib} for row, gib in zip(rows[2:], parts, strict=False)],
        "rows": rows,
        "longest": fit.longest,
        "counts": listed(fit.gpu_counts) if fit.gpu_counts else "",
    }
