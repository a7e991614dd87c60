"""Answers become exactly a values document, and a commented file that renders to the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaito_pack.base.trees import with_value
from kaito_pack.documents import read_file
from kaito_pack.form.answers import of_mode, parsed, submitted, values_text, written
from kaito_pack.form.judging import judged
from kaito_pack.form.model_choice import About
from kaito_pack.form.questions import Question, questions
from kaito_pack.form.ways import with_answer
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.run import judging as checks
from kaito_pack.run.pipeline import Pipeline
from tests.conftest import ROOT

PACK = Pack()
TARGET = Target("0.12", "1.37")
EXAMPLES = [file for file in sorted((ROOT / "values").glob("*.yaml")) if file.name != "fleet.yaml"]


def questions_of(mode: str, answers: dict[str, Any]) -> dict[str, Question]:
    result = questions(PACK, PACK.mode(mode), answers, About(), TARGET, checks.catalogue(()))
    return {item.name: item for item in result}


VLLM = {"name": "a", "modelId": "org/name"}


def test_a_vllm_document_has_just_what_is_needed() -> None:
    assert submitted(PACK.mode("vllm"), VLLM) == {
        "modelSource": "vllm",
        "name": "a",
        "modelId": "org/name",
        "computeType": "gpu",
        "resources": {"gpu": 1},
    }


def test_optional_values_are_there_only_when_they_are_set() -> None:
    extra = {"maxModelLen": 8192, "hfTokenSecret": "hf-token", "preferredNodes": ["n1"]}
    document = submitted(PACK.mode("vllm"), VLLM | extra | {"namespace": "kaito-workspace", "replicas": 1})
    assert set(document) == {"modelSource", "name", "modelId", "computeType", "resources", *extra}


def test_the_gpu_count_of_a_choice_that_was_made_before_is_gone() -> None:
    answers = {"name": "a", "premadeModel": "phi4:14b", "computeType": "cpu", "resources": {"gpu": 4}}
    assert "resources" not in submitted(PACK.mode("premade"), answers)
    assert submitted(PACK.mode("premade"), answers | {"computeType": "gpu"})["resources"] == {"gpu": 4}


def test_another_mode_keeps_what_it_has_a_use_for() -> None:
    rest = of_mode(PACK.mode("premade"), VLLM | {"modelSource": "vllm", "maxModelLen": 5, "replicas": 2})
    assert rest == {"name": "a", "replicas": 2}


def test_what_no_form_asks_for_stays_as_it_is() -> None:
    answers = VLLM | {"podTemplate": {"spec": {"hostNetwork": True}}, "misspelt": 1}
    document = submitted(PACK.mode("vllm"), answers)
    assert document["podTemplate"] == answers["podTemplate"]
    assert document["misspelt"] == 1


def test_an_answer_taken_away_takes_its_empty_map_along() -> None:
    assert with_value({"resources": {"gpu": 2}}, ["resources", "gpu"], None) == {}
    assert with_value({}, ["resources", "gpu"], 2) == {"resources": {"gpu": 2}}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("resources.gpu", "2", 2),
        ("resources.gpu", " 2 ", 2),
        ("resources.gpu", "two", "two"),
        ("resources.gpu", "2.5", "2.5"),
        ("resources.gpu", "", None),
        ("resources.memory", "16Gi", "16Gi"),
        ("monitoring.podMonitor", "true", True),
        ("monitoring.podMonitor", "maybe", "maybe"),
        ("preferredNodes", "a, b\nc", ["a", "b", "c"]),
        ("extraArgs", '["--a b", "--c"]', ["--a b", "--c"]),
        ("extraArgs", "[--a", ["[--a"]),
        ("labelSelector", "a=1, b=x", {"a": "1", "b": "x"}),
        ("labelSelector", '{"a": "1"}', {"a": "1"}),
        ("labelSelector", "a", "a"),
        ("rollout", "job", "job"),
        ("rollout", "jobs", "jobs"),
    ],
)
def test_texts_are_read_as_what_is_asked_for(name: str, text: str, value: Any) -> None:
    assert parsed(questions_of("vllm", VLLM)[name], text) == value


def test_items_a_line_each_may_have_commas_and_blanks() -> None:
    asked = questions_of("vllm", VLLM)
    assert parsed(asked["extraArgs"], "--a b, c\n --d \n", by_line=True) == ["--a b, c", "--d"]
    assert parsed(asked["labelSelector"], "a=b,c\nd=e", by_line=True) == {"a": "b,c", "d": "e"}
    assert written(asked["extraArgs"], ["--a b", "--c"], by_line=True) == "--a b\n--c"
    assert written(asked["extraArgs"], ["--a b", "--c"]) == '["--a b", "--c"]'


def test_settings_keep_their_types() -> None:
    vllm = questions_of("preset", {})["vllm"]
    output = parsed(vllm, "max-model-len=8192, enforce-eager=true, dtype=half")
    assert output == {"max-model-len": 8192, "enforce-eager": True, "dtype": "half"}


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1)
ITEMS = st.lists(TEXTS)
SCALARS = TEXTS | st.integers(-(2**60), 2**60) | st.booleans() | st.floats(-1e9, 1e9)
BY_KIND = {
    "extraArgs": ITEMS,
    "labelSelector": st.dictionaries(TEXTS, TEXTS),
    "vllm": st.dictionaries(TEXTS, SCALARS),
    "replicas": st.integers(-(2**60), 2**60),
    "monitoring.podMonitor": st.booleans(),
    "namespace": TEXTS.filter(lambda text: text == text.strip()),
}


@given(st.data())
def test_what_is_written_is_read_back(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(BY_KIND)))
    value = data.draw(BY_KIND[name])
    question = questions_of("preset" if name == "vllm" else "vllm", {})[name]
    by_line = data.draw(st.booleans())
    read = parsed(question, written(question, value, by_line), by_line)
    assert json.dumps(read) == json.dumps(value)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_opened_and_written_renders_to_the_same(file: Path) -> None:
    (document,) = read_file(str(file))
    answers = {key: value for key, value in document.value.items() if key != "modelSource"}
    mode = PACK.mode(document.value["modelSource"])
    for item in questions_of(mode.name, answers).values():
        if item.value is not None:
            value = parsed(item, written(item, item.value))
            answers = dict(with_answer(mode.schema["properties"], item.path, value, answers))
    text = values_text(mode, answers)
    pipeline = Pipeline(PACK, TARGET)
    (wanted,) = pipeline.run([str(file)])
    outcome = judged(text, pipeline)
    assert [item.text for item in outcome.manifests] == [item.text for item in wanted.manifests]
    assert yaml.safe_load(text) == submitted(mode, answers)


def test_a_file_says_where_its_schema_is_what_it_is_and_what_each_value_means() -> None:
    text = values_text(PACK.mode("vllm"), VLLM | {"maxModelLen": 8192}, "../schemas/values.schema.json")
    assert text == (
        "# yaml-language-server: $schema=../schemas/values.schema.json\n"
        "# vLLM: Any fp16 or bf16 text-generation model of the Hugging Face Hub, served by vLLM on GPUs.\n"
        "# Name of the deployment\n"
        "name: a\n"
        "# The mode: where the model comes from and which engine serves it\n"
        "modelSource: vllm\n"
        "# The model's repository on the Hugging Face Hub, org/name\n"
        "modelId: org/name\n"
        "# Always gpu: vLLM needs NVIDIA GPUs\n"
        "computeType: gpu\n"
        "resources:\n"
        "  # GPUs of one replica, 1 to 8\n"
        "  gpu: 1\n"
        "# The longest context in tokens, prompt and answer together\n"
        "maxModelLen: 8192\n"
    )


def test_a_text_is_judged_with_places_in_it() -> None:
    outcome = judged(
        "name: a\nmodelSource: vllm\nmodelId: a/b\nresources: {gpu: 9}\n", Pipeline(PACK, TARGET)
    )
    (result,) = (problem for problem in outcome.problems if problem.path[:1] == ("resources",))
    assert result.place is not None
    assert result.place.line == 4
    assert [problem for problem in outcome.problems if problem.path[:1] == ("modelId",)] == []
