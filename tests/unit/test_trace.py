"""Which values made a part of a manifest."""

from __future__ import annotations

from kaito_pack.documents import read_text
from kaito_pack.facts.rules import problem
from kaito_pack.pack import Pack
from kaito_pack.rendering.locating import Locator
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.rendering.trace import culprits
from kaito_pack.values import checking
from kaito_pack.values.layers import Layer

PACK = Pack()
RENDERER = Renderer(PACK)
TEXT = "name: tiny\nmodelSource: vllm\nmodelId: acme/tiny\nresources:\n  gpu: 2\n"
VALUES = checking.check([Layer(read_text(TEXT, "tiny.yaml")[0])], PACK)
WORKSPACE, SERVICE = RENDERER.render(VALUES)
CONTAINER = ("inference", "template", "spec", "containers", 0)


def test_the_gpu_count_made_the_limit_and_the_tensor_parallel_size() -> None:
    limit = (*CONTAINER, "resources", "limits", "nvidia.com/gpu")
    assert culprits(VALUES, WORKSPACE, limit, RENDERER) == [("resources", "gpu"), ("gpuResource",)]
    assert culprits(VALUES, WORKSPACE, (*CONTAINER, "args", 5), RENDERER) == [
        ("resources", "gpu"),
        ("modelCache", "folder"),
        ("pipelineParallelSize",),
    ]


def test_an_absent_value_made_what_is_missing() -> None:
    assert culprits(VALUES, WORKSPACE, ("resource", "instanceType"), RENDERER) == [("instanceType",)]


def test_what_no_value_made_has_no_culprit() -> None:
    assert culprits(VALUES, WORKSPACE, (*CONTAINER, "command"), RENDERER) == []


def test_a_problem_is_told_at_the_line_of_the_value() -> None:
    result = problem("advice/preferred-nodes-deprecated", (*CONTAINER, "args", 5))
    place = Locator(VALUES, WORKSPACE, RENDERER).located(result).place
    assert place is not None
    assert (place.file, place.line) == ("tiny.yaml", 5)
