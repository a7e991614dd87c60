"""The values line behind a problem is found with one rendering, however many problems there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from kaito_pack.base.paths import FieldPath
from kaito_pack.documents import read_text
from kaito_pack.facts.rules import problem
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.rendering.locating import Locator
from kaito_pack.rendering.renderer import OwnTemplates, Renderer
from kaito_pack.run.sources import Source
from kaito_pack.run.validation import Validator
from kaito_pack.values import checking
from kaito_pack.values.layers import Layer

PACK = Pack()
RENDERER = Renderer(PACK)
CONTAINER = ("inference", "template", "spec", "containers", 0)
TEXT = """\
name: tiny
modelSource: vllm
modelId: acme/tiny
hfTokenSecret: hf
resources:
  gpu: 2
maxModelLen: 8192
labelSelector:
  pool: gpu
  tier: a
preferredNodes: [node-1, node-2]
extraArgs: [--enforce-eager, --seed, "7"]
"""


def locator(text: str = TEXT) -> Locator:
    values = checking.check([Layer(read_text(text, "tiny.yaml")[0])], PACK)
    return Locator(values, RENDERER.render(values)[0], RENDERER)


@pytest.fixture
def renders(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How many templates are rendered, without marks and with them."""
    count: Counter[str] = Counter()
    texts, marked = OwnTemplates.texts, OwnTemplates.marked

    def counted_texts(self: OwnTemplates, names: Sequence[str], context: Mapping[str, Any]) -> list[str]:
        count["plain"] += len(names)
        return texts(self, names, context)

    def counted_marked(self: OwnTemplates, name: str, context: Mapping[str, Any]) -> Any:
        count["marked"] += 1
        return marked(self, name, context)

    monkeypatch.setattr(OwnTemplates, "texts", counted_texts)
    monkeypatch.setattr(OwnTemplates, "marked", counted_marked)
    yield count


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        (("metadata", "name"), ("name",)),
        (("resource", "labelSelector", "matchLabels", "tier"), ("labelSelector", "tier")),
        (("resource", "preferredNodes", 1), ("preferredNodes", 1)),
        (("resource", "preferredNodes"), ("preferredNodes",)),
        (("resource", "labelSelector", "matchLabels"), ("labelSelector",)),
        (("resource", "instanceType"), ("instanceType",)),
        ((*CONTAINER, "args", 3), ("modelId",)),
        ((*CONTAINER, "args", 5), ("resources", "gpu")),
        ((*CONTAINER, "args", 6), ("trustRemoteCode",)),
        ((*CONTAINER, "args", 7), ("maxModelLen",)),
        ((*CONTAINER, "args", 8), ("maxModelLen",)),
        ((*CONTAINER, "args", 10), ("extraArgs", 1)),
        ((*CONTAINER, "env", 0, "valueFrom", "secretKeyRef", "name"), ("hfTokenSecret",)),
        ((*CONTAINER, "livenessProbe", "initialDelaySeconds"), ("startupMinutes",)),
        ((*CONTAINER, "resources", "limits", "nvidia.com/gpu"), ("resources", "gpu")),
        ((*CONTAINER, "resources"), ("resources", "gpu")),
        ((*CONTAINER, "command"), ()),
        ((*CONTAINER, "ports", 0, "containerPort"), ()),
    ],
)
def test_a_part_of_the_manifest_leads_to_its_value(path: FieldPath, cause: FieldPath) -> None:
    assert locator().cause(path) == cause


def test_what_the_pod_template_writes_leads_there() -> None:
    text = f"{TEXT}podTemplate:\n  spec:\n    priorityClassName: gpu\n    hostIPC: true\n"
    path = ("inference", "template", "spec", "priorityClassName")
    result = locator(text).located(problem("advice/preferred-nodes-deprecated", path))
    assert result.place is not None
    assert result.place.line == TEXT.count("\n") + 3


def test_all_problems_of_a_manifest_take_one_rendering(renders: Counter[str]) -> None:
    item = locator()
    renders.clear()
    for index in range(9):
        item.cause((*CONTAINER, "args", index))
    assert renders == {"marked": 1}


@pytest.mark.parametrize(("extra", "marked"), [("", 0), ("extraArgs: [--seed, x, --no-such]\n", 1)])
def test_validate_renders_once_and_once_more_for_problems(
    renders: Counter[str], extra: str, marked: int
) -> None:
    text = "name: {}\nmodelSource: vllm\nmodelId: mistralai/Mistral-7B-Instruct-v0.3\n" + extra
    sources = [Source(f"{name}.yaml", read_text(text.format(name), f"{name}.yaml")) for name in "abcde"]
    templates = len(PACK.mode("vllm").templates)
    report = Validator(PACK, Target("0.12", "1.35")).run(sources)
    assert bool(marked) == any(entry.problems for entry in report.entries)
    assert renders["plain"] == len(sources) * templates
    assert renders["marked"] == len(sources) * marked


def test_what_the_template_writes_beside_the_pod_template_leads_to_its_own_value() -> None:
    text = f"{TEXT}podTemplate:\n  spec:\n    containers:\n      - name: model\n        tty: true\n"
    result = locator(text).located(problem("advice/preferred-nodes-deprecated", (*CONTAINER, "args", 8)))
    assert result.place is not None
    assert result.place.line == TEXT[: TEXT.index("maxModelLen")].count("\n") + 1
