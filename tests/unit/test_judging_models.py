"""What the values of each mode say of their model, beside what their manifests say."""

from __future__ import annotations

import pytest

from kaito_pack.documents import read_text
from kaito_pack.kaito.target import Nodes, Target
from kaito_pack.pack import Pack
from kaito_pack.run.judging import gpu_memory
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import Source

GGUF = "name: a\nmodelSource: huggingface\n"
BUILT = f"{GGUF}modelId: a/b-GGUF\nggufFile: lynx-70b-Q4_K_M.gguf\nggufRunMode: build\nimageRef: r.io/l:1\n"


def rules(text: str) -> dict[str, tuple[int, int]]:
    """Return the rules that values break with the line and column of each."""
    pipeline = Pipeline(Pack(), Target("0.12", "1.35", gpu_memory_gib=24.0))
    (outcome,) = pipeline.judge([Source("values.yaml", read_text(text, "values.yaml"))])
    places = {problem.rule: problem.place for problem in outcome.problems}
    return {rule: (place.line, place.column) for rule, place in places.items() if place}


@pytest.mark.parametrize(
    ("values", "rule", "place"),
    [
        (f"{BUILT}resources:\n  memory: 8Gi\n", "advice/memory-below-model", (8, 11)),
        (
            f"{BUILT}computeType: gpu\nresources:\n  gpu: 1\n",
            "advice/gpu-memory-below-model",
            (9, 8),
        ),
        (f"{GGUF}modelId: a/bge-m3-GGUF\nggufFile: b.gguf\n", "model/not-text-generation", (3, 10)),
        ("name: a\nmodelSource: vllm\nmodelId: BAAI/bge-m3\n", "model/not-text-generation", (3, 10)),
    ],
)
def test_values_are_reported_where_they_name_the_model(
    values: str, rule: str, place: tuple[int, int]
) -> None:
    assert rules(values)[rule] == place


def test_a_file_that_fits_is_not_reported() -> None:
    assert "advice/memory-below-model" not in rules(f"{BUILT}resources:\n  memory: 48Gi\n")


@pytest.mark.parametrize(
    ("sizes", "memory"), [((24.0,), 24.0), ((24.0, 24.0), 24.0), ((24.0, 80.0), None), ((), None)]
)
def test_the_nodes_of_a_target_say_how_large_a_gpu_is(sizes: tuple[float, ...], memory: float | None) -> None:
    nodes = tuple(Nodes((), gpus=1, gpu_memory_gib=size) for size in sizes)

    assert gpu_memory(Target("0.12", "1.35", nodes=(*nodes, Nodes(()))), None) == (memory, None)
    assert gpu_memory(Target("0.12", "1.35", nodes=nodes, gpu_memory_gib=48.0), None) == (48.0, None)


@pytest.mark.parametrize(
    ("values", "is_reported"),
    [
        ("gpuResource: nvidia.com/mig-1g.10gb", True),
        ("gpuResource: nvidia.com/mig-3g.40gb", False),
        ("partition: {mode: mig, profile: 1g.10gb}", True),
        ("partition: {mode: mig, profile: 2g.20gb+me}", False),
        ("gpuResource: nvidia.com/mig-1g.10gb\nextraArgs: [--enforce-eager]", True),
    ],
)
def test_a_slice_must_hold_the_model_as_a_gpu_must(values: str, is_reported: bool) -> None:
    model = "name: a\nmodelSource: vllm\nmodelId: Qwen/Qwen2.5-Coder-7B-Instruct\nmaxModelLen: 8192\n"

    assert ("model/memory" in rules(f"{model}{values}\n")) is is_reported
