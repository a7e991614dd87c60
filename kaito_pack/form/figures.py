"""The facts of a known model that a form shows beside a question: length limit, GPU counts, memory."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.paths import FieldPath
from kaito_pack.form.draft import Draft
from kaito_pack.form.large_models import machines_text, memory_text
from kaito_pack.form.model_choice import GPUS, instance_type_of, model_value
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.fit import Fit, fit_of, fit_table
from kaito_pack.models.heads import is_free_of_kv_heads, tensor_parallel_sizes
from kaito_pack.models.model import Model
from kaito_pack.models.serving import serving_of_values
from kaito_pack.models.size import weights_by_name
from kaito_pack.pack import json_schema
from kaito_pack.run import judging as checks
from kaito_pack.values.meanings import named_values
from kaito_pack.workspace.engines import checks_models


def length_of(draft: Draft) -> FieldPath:
    """Return the path of the answer with the maximum context length."""
    return (named_values(draft.mode.facts)["length"],)


def of_memory(draft: Draft) -> tuple[FieldPath, ...]:
    """Return the paths of the answers that the memory budget depends on."""
    return GPUS, length_of(draft), instance_type_of(draft.mode)


def facts_of(draft: Draft, path: tuple[str, ...]) -> Iterator[str]:
    """Yield the facts of the model that the user needs to choose the value at `path`."""
    model = draft.known.figures
    if path == instance_type_of(draft.mode) and (types := machines_text(draft.proposed)):
        yield types
    if path == draft.proposed.decides:
        yield memory_text(draft.proposed)
    if not checks_models(draft.mode.facts.get("engine")):
        return
    if model is None:
        if path == GPUS and (model_id := draft.answers.get(model_value(draft.mode))):
            yield unknown_text(str(model_id))
        return
    if path == GPUS and model.attention_heads:
        counts = ", ".join(map(str, tensor_parallel_sizes(model)))
        yield f"GPU counts that divide its {heads_of(model)}: {counts}"
    if path == length_of(draft) and model.max_tokens:
        yield f"The model's limit: {model.max_tokens} tokens"


def unknown_text(model_id: str) -> str:
    """Return a remark on a model that no catalogue has; it includes the size if the name contains it."""
    named = weights_by_name(model_id, Catalogue())
    size = f" According to its name, it has about {named[1]:.0f} GiB of weights." if named else ""
    return f"The model is not in any catalogue: its heads, length and memory are unknown.{size}"


def heads_of(model: Model) -> str:
    """Return the heads that limit the GPU count: `40 attention heads and 10 KV heads`."""
    heads = f"{model.attention_heads} attention heads"
    has_kv_heads = model.kv_heads and not is_free_of_kv_heads(model)
    return f"{heads} and {model.kv_heads} KV heads" if has_kv_heads else heads


def fit_of_draft(draft: Draft) -> Fit | None:
    """Return how the model fits the memory of a GPU with these answers; None if not known."""
    model, target = draft.known.figures, draft.ground.target
    if model is None or not checks_models(draft.mode.facts.get("engine")):
        return None
    filled = json_schema.with_defaults(draft.mode.schema, draft.document())
    memory, most = checks.gpu_memory_of_values(target, filled)
    return (
        None
        if memory is None
        else fit_of(serving_of_values(filled, None, draft.mode.facts), model, memory, most)
    )


def budget_text(draft: Draft) -> str:
    """Return the memory budget of one GPU with these answers, in one line; empty if not known."""
    fit = fit_of_draft(draft)
    return "; ".join(f"{title}: {text}" for title, text in fit_table(fit)) if fit else ""
