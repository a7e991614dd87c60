"""Values: layers, modes, defaults, canonical form."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.base.problems import Place, ProblemsError
from kaito_pack.documents import read_text
from kaito_pack.pack import Pack
from kaito_pack.values import checking
from kaito_pack.values.layers import Layer
from tests.conftest import TINY

PACK = Pack()
GGUF = "name: tiny\nmodelSource: huggingface\nmodelId: acme/tiny-GGUF\nggufFile: tiny.gguf\n"


def layer(text: str, file: str = "tiny.yaml", title: str = "values") -> Layer:
    return Layer(read_text(text, file)[0], title)


def filled(text: str) -> Any:
    return checking.check([layer(text)], PACK).filled


def refused(*layers: Layer) -> dict[str, Any]:
    with pytest.raises(ProblemsError) as raised:
        checking.check(layers, PACK)
    return {result.rule: result for result in raised.value.problems}


def test_what_is_left_out_gets_its_default_and_is_there() -> None:
    got = filled(TINY)
    assert (got["namespace"], got["replicas"], got["computeType"], got["startupMinutes"]) == (
        "kaito-workspace",
        1,
        "gpu",
        10,
    )
    assert got["resources"] == {
        "gpu": 1,
        **dict.fromkeys(("cpu", "memory", "ephemeralStorage")),
        "limits": {"cpu": None, "memory": None, "ephemeralStorage": None},
    }
    assert got["labelSelector"] == {"kubernetes.io/os": "linux"}
    assert got["maxModelLen"] is None


@pytest.mark.parametrize(
    ("compute", "gpu"), [("", None), ("computeType: cpu\n", None), ("computeType: gpu\n", 1)]
)
def test_the_gpu_count_defaults_to_one_where_there_is_a_gpu(compute: str, gpu: int | None) -> None:
    assert filled(GGUF + compute)["resources"]["gpu"] == gpu


def test_with_an_instance_type_the_selector_is_of_this_workspace_alone() -> None:
    got = filled(TINY + "instanceType: Standard_NC24ads_A100_v4\n")
    assert got["labelSelector"] == {"kubefoundry.io/workspace": "workspace-tiny"}


def test_a_default_that_is_a_map_is_replaced_as_a_whole() -> None:
    assert filled(TINY + "labelSelector: {pool: a}\n")["labelSelector"] == {"pool": "a"}


def test_null_means_absent() -> None:
    assert filled(TINY + "replicas: null\nresources: {cpu: null}\n")["replicas"] == 1
    assert "values/missing" in refused(layer("name: tiny\nmodelSource: vllm\nmodelId: null\n"))


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("0.5", "500m"),
        ("4", "4"),
        ('"4"', "4"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("1e3", "1e3"),
        ("1.0", "1"),
    ],
)
def test_quantities_come_out_in_canonical_form(written: str, canonical: str) -> None:
    assert filled(TINY + f"resources: {{cpu: {written}}}\n")["resources"]["cpu"] == canonical


def test_what_was_given_stays_as_it_was_written() -> None:
    assert checking.check([layer(TINY + "resources: {cpu: 0.5}\n")], PACK).given["resources"] == {"cpu": 0.5}


def test_a_later_layer_wins_and_maps_merge() -> None:
    got = checking.check(
        [
            layer(TINY + "resources: {cpu: 1, memory: 1Gi}\n"),
            layer("resources: {cpu: 2}\n", "over.yaml", "layer"),
        ],
        PACK,
    )
    asked = {name: got.filled["resources"][name] for name in ("cpu", "memory", "gpu")}
    assert asked == {"cpu": "2", "memory": "1Gi", "gpu": 1}
    assert got.place(("resources", "cpu")).file == "over.yaml"
    assert got.place(("resources", "memory")).file == "tiny.yaml"


def test_lists_are_replaced_and_null_takes_away() -> None:
    got = checking.check(
        [
            layer(TINY + "preferredNodes: [a-1, b-1]\nmaxModelLen: 5\n"),
            layer("preferredNodes: [c-1]\nmaxModelLen: null\n", "over.yaml"),
        ],
        PACK,
    )
    assert got.filled["preferredNodes"] == ["c-1"]
    assert got.filled["maxModelLen"] is None


def test_a_problem_names_the_layer_that_the_value_came_from() -> None:
    result = refused(layer(TINY), layer("# comment\nreplicas: 0\n", "over.yaml"))
    assert result["values/out-of-range"].place == Place("over.yaml", 2, 11)


def test_a_wrong_mode_is_one_problem() -> None:
    assert list(refused(layer("name: A B\nmodelSource: vlm\ngpu: x\n"))) == ["values/unknown-mode"]


def test_a_token_is_refused_anywhere_and_shown_nowhere() -> None:
    token = "hf_" + "a1b2c3d4e5" * 3
    for text in (
        f"hfTokenSecret: {token}",
        f"labelSelector: {{a: {token}}}",
        f"{token}: x",
        f"preferredNodes: [{token}]",
    ):
        with pytest.raises(ProblemsError) as raised:
            checking.check([layer(f"{TINY}{text}\n")], PACK)
        from kaito_pack.base.sentences import line

        report = "\n".join(line(result) for result in raised.value.problems)
        assert "values/literal-token" in report
        assert token not in report


def test_all_problems_come_in_one_run_in_the_order_of_the_file() -> None:
    with pytest.raises(ProblemsError) as raised:
        checking.check(
            [layer("name: A\nmodelSource: vllm\nmodelId: x\nreplicas: 0\nfoo: 1\nresources: {gpu: 9}\n")],
            PACK,
        )
    places = [result.place.line for result in raised.value.problems if result.place]
    assert places == [1, 3, 4, 5, 6]
