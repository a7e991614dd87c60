"""Estimates the size of models outside the catalogues from their ids, and checks that it fits the GPUs."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.memory import GIB, WEIGHTS_FACTOR, overhead_gib
from kaito_pack.models.quantization import quantization_of
from kaito_pack.models.ruling import ServerCase
from kaito_pack.models.serving import Serving
from kaito_pack.models.words import billions_of, matching_rows

PLAIN_BITS = 16  # fp16 and bf16


def weights_by_name(model_id: str, catalogue: Catalogue) -> tuple[float, float] | None:
    """Return the billions of parameters and the GiB of weights from the id or its family; None if unknown."""
    family = next((row for _, row in matching_rows("families", model_id)), {})
    billions = billions_of(model_id) or family.get("billions")
    if billions is None:
        return None
    quantization = quantization_of(model_id, catalogue)
    bits = quantization.bits if quantization else PLAIN_BITS
    return billions, billions * 1e9 * bits / 8 / GIB


@rule("model/size-in-name", on="server")
def size_in_name(case: ServerCase) -> Iterator[Problem]:
    """Report a model outside the catalogues whose name suggests that it does not fit its GPUs."""
    if (facts := _oversize(case)) is not None:
        yield case.problem("tensor_parallel_size", **facts)


@rule("advice/model-not-judged", on="server")
def model_not_judged(case: ServerCase) -> Iterator[Problem]:
    """Report the checks that are skipped for a model outside the catalogues."""
    model_id = case.serving.model_id or ""
    is_repository = "/" in model_id and not model_id.startswith(("/", "."))
    if case.model is None and is_repository and _oversize(case) is None:
        yield case.problem("server", model=shown(model_id), bare=shown(model_id, quote=False))


def _oversize(case: ServerCase) -> dict[str, str] | None:
    """Return the figures of a model that is too large for its GPUs according to its name, else None.

    If the memory of a GPU is unknown, the largest known GPU is assumed.
    """
    serving, gpu_memory_gib = case.serving, case.server.gpu_memory_gib
    if case.model is not None or not serving.model_id or not serving.plain_memory:
        return None
    named = weights_by_name(serving.model_id, case.server.catalogue)
    gpus = serving.gpu_count or serving.tensor_parallel_size
    if named is None or not gpus:
        return None
    billions, weights = named
    total = gpu_memory_gib or get_rule("model/size-in-name").parameters["largestGpuGiB"]
    share = weights * WEIGHTS_FACTOR / gpus
    if share + overhead_gib(share) <= total * serving.utilization:
        return None
    return {
        "model": shown(serving.model_id),
        "billions": f"{billions:g}",
        "weights": f"{weights:.0f}",
        "gpus": f"{gpus} GPU" if gpus == 1 else f"{gpus} GPUs",
        "usable": f"{total * serving.utilization * gpus:.0f}",
        "total": f"{total:g}" if gpu_memory_gib else f"at most {total:g}",
    }


def size_table(serving: Serving, catalogue: Catalogue, gpu_memory_gib: float | None) -> list[tuple[str, str]]:
    """Return the memory estimate for a model outside the catalogues as rows; empty if its name has none."""
    named = weights_by_name(serving.model_id or "", catalogue)
    if named is None:
        return []
    billions, weights = named
    gpus = serving.gpu_count or serving.tensor_parallel_size or 1
    rows = [
        ("model", serving.model_id or ""),
        ("size by its name", f"{billions:g} billion parameters"),
        (
            "weights" if gpus == 1 else f"weights, 1/{gpus}",
            f"about {weights * WEIGHTS_FACTOR / gpus:.0f} GiB",
        ),
    ]
    if gpu_memory_gib:
        usable = gpu_memory_gib * serving.utilization
        rows.append((f"usable ({serving.utilization:g})", f"{usable:.2f} GiB"))
    return [*rows, ("note", "not in any catalogue: KV cache, heads and length are not checked")]
