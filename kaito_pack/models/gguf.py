"""The memory that llama.cpp needs, for known images with a model inside and for GGUF files by name."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Fields, Manifest, get, mapping
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.facts.tables import Rows, per_pack, table
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.memory import GIB
from kaito_pack.models.quantities import gibibytes
from kaito_pack.models.vllm_arguments import gpu_limit
from kaito_pack.models.words import billions_of, matching_rows
from kaito_pack.workspace import WorkspaceView
from kaito_pack.workspace.engines import GGUF, engine

MEMORY = "advice/memory-below-model"
GPU_MEMORY = "advice/gpu-memory-below-model"
SUFFIX = ".gguf"


class GgufModel(NamedTuple):
    """A GGUF model in a container of a Workspace: its name, its size and the memory that it needs, in GiB."""

    name: str
    weights_gib: float
    container: Fields
    path: FieldPath

    @property
    def needed_gib(self) -> float:
        """The weights plus an estimate for the KV cache and the rest, in GiB."""
        parameters = get_rule(MEMORY).parameters
        return float(self.weights_gib * parameters["factor"] + parameters["otherGiB"])


@per_pack
def images() -> Rows:
    """Return the images with a model inside and the GiB of their weights, by the last part of the name."""
    return table("models/images.json")


def gguf_model(manifest: Manifest, view: WorkspaceView, catalogue: Catalogue) -> GgufModel | None:
    """Return the model that llama.cpp serves in a Workspace; None if there is none or its size is unknown."""
    is_gguf = mapping(engine(view.engine).get("serves")).get("format") == GGUF
    if not is_gguf or view.container is None or view.is_tuning:
        return None
    container = mapping(get(manifest, view.container))
    tag = (view.image or "").partition("@")[0].rpartition("/")[2]
    if row := images().get(tag):
        return GgufModel(tag, row["weightsGiB"], container, view.container)
    if not view.gguf_file:
        return None
    weights = weights_of_file(view.gguf_file, view.model_id or "", catalogue)
    return GgufModel(view.gguf_file, weights, container, view.container) if weights else None


def weights_of_file(file: str, model_id: str, catalogue: Catalogue) -> float | None:
    """Return the GiB of a GGUF file, from the catalogue or the parameters and quantization in its name.

    The name of the repository may have the parameters instead. None if neither has them.
    """
    model = catalogue.find(model_id)
    recorded = next((row.size_gib for row in model.gguf_files if row.file == file), None) if model else None
    if recorded:
        return recorded
    name = file.rpartition("/")[2].removesuffix(SUFFIX)
    billions = billions_of(name) or billions_of(model_id)
    bits = next((row["bits"] for _, row in matching_rows("gguf", name)), None)
    return billions * 1e9 * bits / 8 / GIB if billions and bits else None


def gguf_table(model: GgufModel, gpu_memory_gib: float | None) -> list[tuple[str, str]]:
    """Return the memory that a GGUF model needs and has, as a two-column table."""
    rows = [
        ("model", model.name),
        ("weights", f"about {model.weights_gib:.1f} GiB"),
        ("needed", f"about {model.needed_gib:.1f} GiB"),
    ]
    gpus, _ = gpu_limit(model.container, model.path)
    memory = memory_of(model)
    if gpus and gpu_memory_gib:
        return [*rows, (f"GPU memory, {gpus} x", f"{gpu_memory_gib:g} GiB")]
    return [
        *rows,
        ("memory of the container", f"{memory[0]:.4g} GiB" if memory and not gpus else "not known"),
    ]


@rule(MEMORY, GPU_MEMORY, on="part")
def check_gguf(
    manifest: Manifest, view: WorkspaceView, catalogue: Catalogue, gpu_memory_gib: float | None
) -> Iterator[Problem]:
    """Yield advice if a GGUF model needs more memory than its container or its GPUs have.

    `gpu_memory_gib` is the memory of ONE GPU in GiB. If it is unknown, the GPUs may not hold the model, so
    the memory of the container is compared.
    """
    model = gguf_model(manifest, view, catalogue)
    if model is None:
        return
    facts = {
        "model": shown(model.name),
        "weights": f"{model.weights_gib:.1f}",
        "needed": f"{model.needed_gib:.1f}",
    }
    gpus, path = gpu_limit(model.container, model.path)
    size_and_path = memory_of(model)
    if gpus and (gpu_memory_gib or not size_and_path):
        size = (gpu_memory_gib or 0) * gpus
        if size and size < model.needed_gib:
            count = "1 GPU" if gpus == 1 else f"{gpus} GPUs"
            yield problem(
                GPU_MEMORY, path, gpus=count, total=f"{gpu_memory_gib:g}", size=f"{size:g}", **facts
            )
        return
    if size_and_path and size_and_path[0] < model.needed_gib:
        least = ceil(model.needed_gib)
        facts["remedy"] = get_rule(MEMORY).parameters["remedies"]["gpu"] if gpus else ""
        yield problem(MEMORY, size_and_path[1], size=f"{size_and_path[0]:.4g}", least=least, **facts)


def memory_of(model: GgufModel) -> tuple[float, FieldPath] | None:
    """Return the memory limit of the container in GiB, else its request, and the path of the field."""
    for key in ("limits", "requests"):
        size = gibibytes(get(model.container, ("resources", key, "memory")))
        if size is not None:
            return size, (*model.path, "resources", key, "memory")
    return None
