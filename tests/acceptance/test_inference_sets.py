"""InferenceSets, rendered from values and written by others: what holds for each KAITO that has them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given

from kaito_pack.base.problems import PackError
from kaito_pack.base.trees import get
from kaito_pack.documents import Document, read_text
from kaito_pack.facts.rules import in_range
from kaito_pack.facts.tables import table
from kaito_pack.importing import import_workspace
from kaito_pack.kaito import crd
from kaito_pack.kaito.target import Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Pack
from kaito_pack.rendering.renderer import Renderer
from kaito_pack.run.judging import check
from kaito_pack.run.pipeline import surroundings
from kaito_pack.run.sources import Source
from kaito_pack.run.validation import Validator
from kaito_pack.values import checking as checked_values
from kaito_pack.workspace.inference_sets import CREATED_BY, child_of, is_inference_set, path_in_set
from tests import strategies, tiers
from tests.conftest import ROOT
from tests.strategies import PACK

SINCE = [
    kaito
    for kaito in crd.versions()
    if in_range(kaito, table("kaito/kinds.json")["InferenceSet"]["versions"])
]
AUTOSCALED = ROOT / "values" / "vllm-autoscaled.yaml"
often = tiers.often(60, *HealthCheck)


def bodies_of(drawn: dict[str, Any], kaito: str) -> list[Any]:
    values = checked_values.check([strategies.as_layer(drawn)], PACK)
    return [manifest.body for manifest in Renderer(PACK, kaito).render(values)]


def as_set(drawn: dict[str, Any]) -> dict[str, Any]:
    """The values as those of an InferenceSet that every KAITO with InferenceSets has."""
    newer = ("preferredNodes", "autoUpgrade", "annotations", "partition")
    drawn = {key: value for key, value in drawn.items() if key not in newer}
    replicas = {} if "autoscaling" in drawn else {"replicas": max(drawn.get("replicas", 1), 1)}
    return {**drawn, **replicas, "workload": "InferenceSet"}


@often
@given(drawn=strategies.any_values())
def test_what_belongs_together_agrees(drawn: dict[str, Any]) -> None:
    drawn = as_set(drawn)
    first, *others = bodies_of(drawn, "0.12")
    name = first["metadata"]["name"]
    assert is_inference_set(first)
    assert ("replicas" in first["spec"]) is ("autoscaling" not in drawn)
    (service,) = [body for body in others if body["kind"] == "Service"]
    pod_labels = child_of(first)["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= pod_labels.items()
    scalers = [body for body in others if body["kind"] == "ScaledObject"]
    assert len(scalers) == ("autoscaling" in drawn)
    for scaler in scalers:
        assert scaler["spec"]["scaleTargetRef"] == {
            "apiVersion": first["apiVersion"],
            "kind": first["kind"],
            "name": name,
        }


@often
@given(drawn=strategies.any_values())
def test_each_kaito_that_has_inference_sets_takes_them_and_their_workspaces(drawn: dict[str, Any]) -> None:
    if drawn["modelSource"] == "preset":
        drawn = {**drawn, "preset": "phi-4-mini-instruct"} | {"modelAccessSecret": None}
    for kaito in SINCE:
        bodies = bodies_of(as_set(drawn), kaito)
        around = surroundings(Target(kaito, definitions.newest()), bodies)
        problems = [each for body in bodies for each in check(body, around, with_model=False) or ()]
        refused = [
            each for each in problems if each.is_error and each.layer in ("crd", "webhook", "kubernetes")
        ]
        assert [
            *refused,
            *(each for each in problems if each.rule == "controller/set-workspace-rejected"),
        ] == []


@pytest.mark.parametrize("kaito", SINCE)
def test_the_api_version_is_one_that_the_targets_kaito_serves(kaito: str) -> None:
    text = AUTOSCALED.read_text(encoding="utf-8")
    (report,) = Validator(PACK, Target(kaito, "1.35")).run_for(
        [Target(kaito, "1.35")], [Source("a.yaml", read_text(text, "a.yaml"))]
    )
    assert [entry.verdict for entry in report.entries] == ["accepted"] * len(report.entries)
    api = {
        entry.body["apiVersion"] for entry in report.entries if entry.body and is_inference_set(entry.body)
    }
    assert api == {"kaito.sh/v1beta1" if in_range(kaito, "0.11-") else "kaito.sh/v1alpha1"}


def test_values_are_rendered_again_for_a_target_with_another_api_version() -> None:
    sources = [Source("a.yaml", read_text(AUTOSCALED.read_text(encoding="utf-8"), "a.yaml"))]
    targets = [Target(kaito, "1.35") for kaito in ("0.12", "0.10", "0.11", "0.7")]
    reports = Validator(PACK, targets[0]).run_for(targets, sources)
    versions = [
        str(get(entry.body, ("apiVersion",)))
        for report in reports
        for entry in report.entries
        if entry.body and is_inference_set(entry.body)
    ]
    assert versions == [f"kaito.sh/{api}" for api in ("v1beta1", "v1alpha1", "v1beta1", "v1alpha1")]
    refusals = [
        problem.rule for entry in reports[-1].entries for problem in entry.problems if problem.is_error
    ]
    assert refusals == ["crd/kind-too-new"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("resource", "labelSelector", "matchLabels"), ("spec", "labelSelector", "matchLabels")),
        (("resource", "instanceType"), ("spec", "template", "resource", "instanceType")),
        (("inference", "preset", "name"), ("spec", "template", "inference", "preset", "name")),
        (("metadata", "labels", "a"), ("spec", "template", "metadata", "labels", "a")),
        (("metadata", "name"), ("metadata", "name")),
    ],
)
def test_a_field_of_the_workspace_is_found_in_the_inference_set(path: Any, expected: Any) -> None:
    assert path_in_set(path) == expected


@pytest.mark.parametrize("value", [None, 1, "a", [], [1], {"template": 1}, {"template": {"metadata": []}}])
def test_the_workspace_of_an_inference_set_of_any_shape_has_its_label(value: Any) -> None:
    child = child_of({"kind": "InferenceSet", "metadata": {"name": "a"}, "spec": value})
    assert child["metadata"]["labels"] == {CREATED_BY: "a"}


def imported(*bodies: Any) -> tuple[Any, list[str]]:
    documents = [Document(f"{index}.yaml", 1, body) for index, body in enumerate(bodies)]
    result = import_workspace(documents, PACK)
    return result.values, [loss.rule for loss in result.losses if loss.is_error]


def rendered_example(name: str) -> list[Any]:
    return list(yaml.safe_load_all((ROOT / "values" / "rendered" / name).read_text(encoding="utf-8")))


def test_what_keda_has_scaled_to_is_no_value() -> None:
    bodies = rendered_example("vllm-autoscaled.yaml")
    bodies[0]["spec"]["replicas"] = 3
    values, losses = imported(*bodies)
    assert losses == []
    assert "replicas" not in values and values["autoscaling"]["maxReplicas"] == 4


def test_both_versions_of_an_inference_set_are_imported_alike() -> None:
    (first, *others) = rendered_example("preset-inference-set.yaml")
    assert imported({**first, "apiVersion": "kaito.sh/v1alpha1"}, *others) == imported(first, *others)


def test_workspaces_beside_their_inference_set_are_no_other_objects() -> None:
    (first, *others) = rendered_example("preset-inference-set.yaml")
    child = child_of(first)
    child["metadata"] |= {"name": "phi-abcde"}
    assert imported(first, *others, child) == imported(first, *others)


def test_a_workspace_of_an_inference_set_is_imported_as_that_one() -> None:
    (first, *_) = rendered_example("preset-inference-set.yaml")
    child = child_of(first)
    child["metadata"] |= {"name": "phi-abcde"}
    values, _ = imported(child)
    assert (values["name"], values["workload"]) == ("phi", "InferenceSet")
    assert values["preset"] == "phi-4-mini-instruct"


def test_a_template_that_renders_a_workspace_alone_is_reported(tmp_path: Any) -> None:
    folder = tmp_path / "templates" / "vllm"
    folder.mkdir(parents=True)
    body = (
        "apiVersion: kaito.sh/v1beta1\nkind: Workspace\nmetadata:\n  name: {{ name }}\n"
        "  namespace: {{ namespace }}\n"
    )
    (folder / "workspace.yaml.j2").write_text(body, encoding="utf-8")
    pack = Pack((tmp_path,))
    values = {"name": "a", "modelSource": "vllm", "modelId": "a/b", "workload": "InferenceSet"}
    checked = checked_values.check([strategies.as_layer(values)], pack)
    with pytest.raises(PackError, match="renders a Workspace, but workload is InferenceSet"):
        Renderer(pack).render(checked)
