"""Checks whether vLLM can serve a known model, and whether it fits the GPUs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.sentences import either, filled
from kaito_pack.base.trees import ModeFacts, ValuesMap, get
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.models import near, size
from kaito_pack.models.access import check_access
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.heads import divides_attention_heads, divides_kv_heads, tensor_parallel_sizes
from kaito_pack.models.memory import Budget, budget, fitting_gpu_counts, longest_max_model_len, stage_of
from kaito_pack.models.model import MOST_GPUS, Model
from kaito_pack.models.ruling import Server, ServerCase, judge
from kaito_pack.models.serving import ServedWorkspace, Serving, serving_of_values
from kaito_pack.models.vllm_arguments import MAX_MODEL_LEN, OTHER_LIMIT, human_readable_int
from kaito_pack.values.meanings import NO_MODE, named_values

MODULES = (near, size)  # the other modules with checks of servers


def check_values(
    values: ValuesMap,
    catalogue: Catalogue,
    image: str | None,
    gpu_memory_gib: float | None = None,
    most_gpus: int | None = None,
    mode: ModeFacts = NO_MODE,
) -> Iterator[Problem]:
    """Yield the problems of values of a mode whose engine is vLLM, with paths in the values.

    `image` is the rendered image, `gpu_memory_gib` the memory of ONE GPU in GiB, `most_gpus` the GPUs of one
    node; each is None if unknown.
    """
    yield from check_serving(serving_of_values(values, image, mode), catalogue, gpu_memory_gib, most_gpus)


def check_workspace(
    served: ServedWorkspace,
    catalogue: Catalogue,
    gpu_memory_gib: float | None = None,
    most_gpus: int | None = None,
) -> Iterator[Problem]:
    """Yield the problems of a Workspace, with paths in the manifest; none if its template has no vLLM."""
    if served.serving is not None:
        yield from check_serving(served.serving, catalogue, gpu_memory_gib, most_gpus)
        yield from check_access(served.manifest, catalogue)


def check_settings(
    preset: str, settings: Mapping[str, object], catalogue: Catalogue, path: FieldPath
) -> Iterator[Problem]:
    """Yield an error if a preset's settings, by name without dashes, exceed the limits of its model.

    vLLM reads underscores as hyphens. A `path` that ends in the setting gets the spelling in the manifest.
    """
    name = MAX_MODEL_LEN[0][2:]
    key = next((key for key in settings if str(key).replace("_", "-") == name), name)
    path = (*path[:-1], key) if path[-1] == name else path
    length = human_readable_int(str(settings.get(key, "")))
    model = catalogue.find_preset(preset) if length else None
    if model is not None:
        plain = not any(name[2:] in settings for name in OTHER_LIMIT)
        paths = {"max_model_len": path}
        serving = Serving(model.model_id, None, max_model_len=length, plain_limit=plain, paths=paths)
        yield from judge(Server(serving, model, catalogue))


def check_serving(
    serving: Serving, catalogue: Catalogue, gpu_memory_gib: float | None = None, most_gpus: int | None = None
) -> Iterator[Problem]:
    """Yield the problems of one vLLM server that the known facts of its model show."""
    model = catalogue.find(serving.model_id) if serving.model_id else None
    yield from judge(Server(serving, model, catalogue, gpu_memory_gib, most_gpus))


@rule("advice/odd-gpu-count", on="server")
def odd_gpu_count(case: ServerCase) -> Iterator[Problem]:
    """Report a GPU count that rarely divides attention heads, for an unknown model."""
    size, model_id = case.serving.tensor_parallel_size, case.serving.model_id
    if case.model is None and size in case.rule.parameters["counts"]:
        model = shown(model_id) if model_id else "the model"
        yield case.problem("tensor_parallel_size", gpus=size, model=model)


@rule("model/attention-heads", on="server")
def attention_heads(case: ServerCase) -> Iterator[Problem]:
    """Report a GPU count that does not divide the model's attention heads."""
    size, model = case.serving.tensor_parallel_size, case.model
    if size and model and not divides_attention_heads(model, size):
        yield _heads_problem(case, model, model.attention_heads)


@rule("model/kv-heads", on="server")
def kv_heads(case: ServerCase) -> Iterator[Problem]:
    """Report a GPU count that can neither split nor replicate the model's KV heads."""
    size, model = case.serving.tensor_parallel_size, case.model
    if size and model and divides_attention_heads(model, size) and not divides_kv_heads(model, size):
        yield _heads_problem(case, model, model.kv_heads)


def _heads_problem(case: ServerCase, model: Model, heads: int | None) -> Problem:
    return case.problem(
        "tensor_parallel_size",
        gpus=case.serving.tensor_parallel_size,
        heads=heads,
        model=shown(model.model_id),
        counts=gpus_text(tensor_parallel_sizes(model)),
        stages=stages_remedy(case.serving, model),
    )


def stages_remedy(serving: Serving, model: Model) -> str:
    """Return the fewest pipeline stages with which the model can use its GPUs, as text; empty if none."""
    gpus = serving.gpu_count or serving.tensor_parallel_size or 0
    sizes = tensor_parallel_sizes(model)
    if gpus > MOST_GPUS:
        return ""
    fitting = (stages for stages in range(2, gpus + 1) if gpus % stages == 0 and gpus // stages in sizes)
    stages = next(fitting, None)
    if stages is None or stages > (model.layers or stages):
        return ""
    text: str = get_rule("model/attention-heads").parameters["stages"].format(stages=stages, gpus=gpus)
    return text


@rule("model/max-model-len", on="server")
def max_model_len(case: ServerCase) -> Iterator[Problem]:
    """Report a length above the model's own limit."""
    length, limit = case.serving.max_model_len, case.model.max_tokens if case.model else None
    if case.model and case.serving.plain_limit and length and limit and length > limit:
        yield case.problem("max_model_len", tokens=length, limit=limit, model=shown(case.model.model_id))


@rule("model/unknown-architecture", on="server")
def unknown_architecture(case: ServerCase) -> Iterator[Problem]:
    """Report a model whose architectures vLLM in the image does not support."""
    image, catalogue = case.serving.image, case.server.catalogue
    architectures = case.model.architectures if case.model else ()
    if (
        case.model is None
        or not image
        or not architectures
        or any(catalogue.image_knows(image, a) is not False for a in architectures)
    ):
        return
    first = next((tag for a in architectures if (tag := catalogue.first_image_with(a))), None)
    remedies = case.rule.parameters["remedies"]
    yield case.problem(
        "image",
        image=shown(image),
        model=shown(case.model.model_id),
        architecture=shown(", ".join(architectures)),
        remedy=filled(remedies["image"], {"tag": first}) if first else remedies["none"],
    )


@rule("model/memory", on="server")
def memory(case: ServerCase) -> Iterator[Problem]:
    """Report a model whose share per GPU does not fit in the memory of one GPU."""
    serving, model, gpu_memory_gib = case.serving, case.model, case.server.gpu_memory_gib
    if model is None or gpu_memory_gib is None or gpu_memory_gib <= 0:
        return
    plan = budget_of(serving, model, gpu_memory_gib)
    if plan is None or not plan.cannot_fit:
        return
    yield case.problem(
        "max_model_len" if serving.max_model_len else "tensor_parallel_size",
        model=shown(model.model_id),
        gpus=plan.gpus,
        tokens=plan.tokens,
        needed=f"{plan.needed_gib:.1f}",
        weights=f"{plan.weights_gib:.1f}",
        overhead=f"{plan.overhead_gib:.1f}",
        cache=f"{'at most ' * plan.is_upper_bound}{plan.kv_cache_gib:.1f}",
        usable=f"{plan.usable_gib:.1f}",
        total=f"{plan.total_gib:g}",
        remedy=memory_remedy(plan, model, case.server.most_gpus or MOST_GPUS, serving.batched_tokens),
    )


def budget_of(serving: Serving, model: Model, gpu_memory_gib: float) -> Budget | None:
    """Return the budget of one GPU of that server; None if a necessary figure is unknown.

    Without a length, vLLM uses the model's own limit and must hold one request of that length.
    """
    tokens = 1 if serving.fits_itself else serving.max_model_len or model.max_tokens
    if tokens and model.max_tokens and serving.plain_limit:
        tokens = min(tokens, model.max_tokens)  # a longer length is a separate error
    known = model.has_memory_figures and serving.plain_memory
    if not known or not tokens or not serving.tensor_parallel_size:
        return None
    size, batched = serving.tensor_parallel_size, serving.batched_tokens
    stages = serving.pipeline_parallel_size
    plan = budget(stage_of(model, stages), size, tokens, gpu_memory_gib, serving.utilization, batched)
    return plan._replace(gpus=size * stages, stages=stages)


def memory_remedy(plan: Budget, model: Model, most_gpus: int, batched: int | None) -> str:
    """Return what would fit: a shorter length on the same GPUs, more GPUs for this length, or neither."""
    remedies = get_rule("model/memory").parameters["remedies"]
    memory, share, stage = plan.total_gib, plan.utilization, stage_of(model, plan.stages)
    longest = longest_max_model_len(stage, plan.tensor_parallel_size, memory, share, batched)
    most = min(most_gpus, MOST_GPUS) // plan.stages
    counts = fitting_gpu_counts(stage, plan.tokens, memory, share, most, batched)
    gpus = plan.stages * min(counts, default=0)
    key = ("both" if longest else "gpus") if gpus else ("length" if longest else "none")
    such = "1 such GPU is" if most_gpus == 1 else f"{most_gpus} such GPUs are"
    facts = {"longest": longest, "gpus": gpus, "tokens": plan.tokens, "most": such}
    return filled(remedies[key], facts)


def gpus_text(counts: list[int]) -> str:
    """Return `1 GPU` for `[1]` and `1, 2 or 4 GPUs` for `[1, 2, 4]`."""
    return "1 GPU" if counts == [1] else f"{either([str(count) for count in counts])} GPUs"


@rule("model/pipeline-stages", on="part")
def check_stages(values: ValuesMap, mode: ModeFacts = NO_MODE) -> Iterator[Problem]:
    """Yield an error if the pipeline stages do not divide the GPUs of values evenly."""
    name = named_values(mode)["stages"]
    stages, gpus = values.get(name), get(values, ("resources", "gpu"))
    if isinstance(stages, int) and isinstance(gpus, int) and stages > 0 and gpus % stages:
        yield problem("model/pipeline-stages", (name,), stages=stages, gpus=gpus)
