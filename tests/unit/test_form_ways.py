"""One question for several values: how a model scales, by the engine and the KAITO version."""

from __future__ import annotations

from typing import Any

import pytest

from kaito_pack.form.draft import Draft, Ground
from kaito_pack.form.questions import Question
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.run import judging as checks
from kaito_pack.workspace.engines import engine

PACK = Pack()
CATALOGUE = checks.catalogue(())
SCALING = ("workload",)
QUEUE = {"maxReplicas": 4, "waitingRequests": 20, "prometheusAddress": "http://prometheus:9090"}
SCHEDULE = {"start": "0 8 * * 1-5", "end": "0 18 * * 1-5", "replicas": 2}


def draft(mode: str, answers: dict[str, Any] | None = None, kaito: str = "0.12") -> Draft:
    return Draft(Ground(PACK, Target(kaito, "1.37"), CATALOGUE), PACK.mode(mode), answers or {})


def question(*args: Any, **options: Any) -> Question:
    result = draft(*args, **options).question(SCALING)
    assert result is not None
    return result


def ways(*args: Any, **options: Any) -> list[str]:
    return [choice.value for choice in question(*args, **options).choices]


def brought_up(owner: Draft) -> list[str]:
    return [item.name.removeprefix("autoscaling.") for item in owner.questions() if item.follows]


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_the_engine_and_the_kaito_version_decide_which_ways_there_are(mode: str) -> None:
    row = engine(PACK.mode(mode).facts["engine"])
    has_queue = "requests_waiting" in {metric["id"] for metric in row["keyMetrics"]}
    asked = question(mode)

    assert asked.title == "How should it scale?"
    assert [item.title for item in asked.choices] == [
        "Fixed",
        "By hand",
        *["Autoscaled"] * has_queue,
        "By the clock",
    ]
    assert (asked.value, asked.default, asked.is_required) == (None, "fixed", False)
    assert ("does not report waiting requests" in asked.help) == (not has_queue)
    schema = PACK.mode(mode).schema["properties"]["autoscaling"]["properties"]["waitingRequests"]
    assert (schema.get("not") == {}) == (not has_queue), "the values schema of the mode agrees"


@pytest.mark.parametrize(
    ("kaito", "is_fixed"), [("0.6", True), ("0.7", True), ("0.8", False), ("0.11", False)]
)
def test_a_kaito_without_inference_sets_has_fixed_replicas_only(kaito: str, is_fixed: bool) -> None:
    asked = question("vllm", kaito=kaito)
    assert ([item.value for item in asked.choices] == ["fixed"]) == is_fixed
    assert (
        asked.help == f"KAITO {kaito} has no InferenceSet, so the number of replicas is fixed."
    ) == is_fixed


@pytest.mark.parametrize(
    ("answers", "way"),
    [
        ({}, "fixed"),
        ({"workload": "Workspace", "replicas": 2}, "fixed"),
        ({"workload": "InferenceSet", "replicas": 0}, "manual"),
        ({"workload": "InferenceSet", "autoscaling": QUEUE}, "queue"),
        ({"workload": "InferenceSet", "autoscaling": {"maxReplicas": 2, "schedule": SCHEDULE}}, "clock"),
        ({"workload": "InferenceSet", "autoscaling": {**QUEUE, "schedule": SCHEDULE}}, "queue"),
        ({"autoscaling": QUEUE}, "fixed"),
        ({"workload": "Deployment"}, "Deployment"),
    ],
)
def test_the_way_is_read_from_the_values_that_there_are(answers: dict[str, Any], way: str) -> None:
    asked = question("vllm", answers)
    assert asked.answer == way
    if any(choice.value == way for choice in asked.choices):
        assert draft("vllm", answers).answered(SCALING, way).answers == answers


@pytest.mark.parametrize(
    ("way", "answers", "follow"),
    [
        ("fixed", {}, []),
        ("manual", {"workload": "InferenceSet"}, []),
        (
            "queue",
            {"workload": "InferenceSet", "autoscaling": {"waitingRequests": 10}},
            ["minReplicas", "maxReplicas", "waitingRequests", "prometheusAddress"],
        ),
        (
            "clock",
            {"workload": "InferenceSet", "autoscaling": {"schedule": {}}},
            [
                "minReplicas",
                "maxReplicas",
                *(f"schedule.{x}" for x in ("timeZone", "start", "end", "replicas")),
            ],
        ),
    ],
)
def test_a_way_sets_its_values_and_brings_up_its_questions(
    way: str, answers: dict[str, Any], follow: list[str]
) -> None:
    chosen = draft("vllm").answered(SCALING, way)
    assert chosen.answers == answers
    assert brought_up(chosen) == follow
    others = [
        item.name for item in chosen.questions() if item.name.startswith("autoscaling.") and not item.follows
    ]
    assert others == []
    assert (chosen.question(("replicas",)) is None) == bool(follow)
    assert chosen.answered(SCALING, None).answers == {}


def test_another_way_keeps_what_both_ask_for() -> None:
    owner = draft("vllm", {"workload": "InferenceSet", "autoscaling": QUEUE}).answered(SCALING, "clock")
    assert owner.answers == {"workload": "InferenceSet", "autoscaling": {"maxReplicas": 4, "schedule": {}}}
    assert owner.answered(SCALING, "manual").answers == {"workload": "InferenceSet"}


def test_a_way_stays_while_its_answers_are_taken_away() -> None:
    owner = draft("vllm", {"workload": "InferenceSet", "autoscaling": QUEUE})
    assert (
        owner.answered(("autoscaling", "waitingRequests"), None).answers["autoscaling"]["waitingRequests"]
        == 10
    )
    clock = (
        draft("vllm").answered(SCALING, "clock").answered(("autoscaling", "schedule", "start"), "0 8 * * *")
    )
    assert clock.answered(("autoscaling", "schedule", "start"), None).answers == {
        "workload": "InferenceSet",
        "autoscaling": {"schedule": {}},
    }
    assert owner.answered(("autoscaling",), None).answers == {"workload": "InferenceSet"}


def test_an_answer_that_the_target_does_not_offer_stays_to_be_seen() -> None:
    answers = {"workload": "InferenceSet", "autoscaling": {"maxReplicas": 2, "schedule": SCHEDULE}}
    assert ways("vllm", answers, kaito="0.7") == ["fixed", "clock"]
    assert question("vllm", answers, kaito="0.7").value == "clock"
