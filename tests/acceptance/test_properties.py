"""For any valid values: rendering succeeds, reads back, satisfies every schema, and the links hold."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, find, given

from kaito_pack.kaito.fields import is_workspace
from kaito_pack.kaito.target import Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.kubernetes.decoding.findings import RULES
from kaito_pack.pack.json_schema import accepts
from kaito_pack.rendering.manifests import applied, as_yaml
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.run.judging import check
from kaito_pack.run.pipeline import surroundings
from kaito_pack.values import checking as checked_values
from tests import strategies, tiers
from tests.strategies import PACK

RENDERER = Renderer(PACK)
NEWEST = Target(PACK.kaito_version(), definitions.newest())
OF_DECODING = {f"webhook/{name}" for name in (*RULES.values(), "field-too-new")}
often = tiers.often(200, *HealthCheck)


def rendered(drawn: dict[str, Any]) -> list[Any]:
    return RENDERER.render(checked_values.check([strategies.as_layer(drawn)], PACK))


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_every_value_of_a_mode_is_drawn(mode: str) -> None:
    known = {name for name, part in PACK.mode(mode).schema["properties"].items() if "not" not in part}
    assert set(strategies.fields(mode)) == known - strategies.LEFT_OUT


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_a_value_without_a_strategy_is_drawn_by_its_schema(mode: str) -> None:
    for name, part in PACK.mode(mode).schema["properties"].items():
        if "not" not in part:
            assert accepts(part, find(strategies.by_schema(part), lambda _: True)), name


@often
@given(drawn=strategies.any_values())
def test_manifests_read_back_as_they_are_meant_by_any_yaml_reader(drawn: dict[str, Any]) -> None:
    manifests = rendered(drawn)
    assert list(yaml.safe_load_all(as_yaml(manifests))) == [item.body for item in applied(manifests)]


@often
@given(drawn=strategies.any_values())
def test_no_schema_and_no_kubernetes_rule_refuses_what_is_rendered(drawn: dict[str, Any]) -> None:
    bodies = [item.body for item in rendered(drawn)]
    around = surroundings(NEWEST, bodies)
    result = [item for body in bodies for item in check(body, around, with_model=False) or ()]
    assert [item for item in result if item.layer in ("crd", "kubernetes")] == []
    assert [item for item in result if item.rule in OF_DECODING] == [], "the pod template decodes"


@often
@given(drawn=strategies.any_values())
def test_what_is_rendered_is_a_fixed_point_of_the_controller(drawn: dict[str, Any]) -> None:
    from kaito_pack.kaito import canonical

    workspace = rendered(drawn)[0].body
    assert list(canonical.check(workspace)) == []


@often
@given(drawn=strategies.any_values())
def test_the_links_between_fields_hold(drawn: dict[str, Any]) -> None:
    workspace, *others = (item.body for item in rendered(drawn))
    assume(is_workspace(workspace))  # tests/acceptance/test_inference_sets.py has the links of the other kind
    name = workspace["metadata"]["name"]
    assert workspace["resource"]["count"] == drawn.get("replicas", 1)
    container = workspace["inference"].get("template", {}).get("spec", {}).get("containers", [{}])[0]
    args = container.get("args", [])
    if "--tensor-parallel-size" in args:
        size = int(args[args.index("--tensor-parallel-size") + 1])
        stages, gpus = (
            drawn.get("pipelineParallelSize", 1),
            container["resources"]["limits"][drawn.get("gpuResource", "nvidia.com/gpu")],
        )
        # GPUs that the stages do not divide are an error of the values, which are not judged here.
        assert gpus == str(size * stages) or int(gpus) % stages
    for service in (body for body in others if body["kind"] == "Service"):
        assert service["spec"]["selector"] == {"kaito.sh/workspace": name}
        served = [port["containerPort"] for port in container["ports"]]
        assert [port["targetPort"] for port in service["spec"]["ports"]] == served
    assert {body["metadata"]["namespace"] for body in (workspace, *others)} == {
        workspace["metadata"]["namespace"]
    }
