"""Any value of any JSON type anywhere in what the page sends: an answer in words, never a failure."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from kaito_pack.base.trees import walk
from tests.acceptance.test_any_value import ANY, VALUES, changed, sampled, written
from tests.tiers import often

STATE = {
    "start": {"modelId": "microsoft/Phi-4-mini-instruct", "engines": "vllm", "gated": "true"},
    "mode": "vllm",
    "answers": {"name": "a", "modelId": "microsoft/Phi-4-mini-instruct", "resources.gpu": "1"},
    "target": {"kaitoVersion": "0.12", "cloud": "azure", "nodeProvisioning": "auto"},
    "kept": "{}",
}
GOOD = (200, 400, 422)


def answers(client: Any, heard: list[str], state: Any, where: object) -> None:
    """Ask for the view of a state."""
    answer = client.post("/view", data=written(state), content_type="application/json")
    assert answer.status_code in GOOD, (where, answer.json, heard)
    assert heard == []


def as_kept(values: Any) -> Any:
    """The state of an opened file with these values."""
    return STATE | {"kept": written(values), "mode": "vllm"}


@pytest.mark.parametrize("example", ["a state", "values that are kept"])
def test_a_few_places(client: Any, heard: list[str], example: str) -> None:
    for where, content in sampled(STATE if example == "a state" else VALUES, 4):
        answers(client, heard, content if example == "a state" else as_kept(content), where)


@pytest.mark.full
@pytest.mark.parametrize("example", ["a state", "values that are kept"])
def test_many_places(client: Any, heard: list[str], example: str) -> None:
    for where, content in sampled(STATE if example == "a state" else VALUES, 25):
        answers(client, heard, content if example == "a state" else as_kept(content), where)


@pytest.mark.full
@often(100, *HealthCheck)
@given(data=st.data(), value=st.sampled_from(ANY), is_file=st.booleans())
def test_any_place(client: Any, heard: list[str], data: st.DataObject, value: Any, is_file: bool) -> None:
    path = data.draw(st.sampled_from([path for path, _ in walk(VALUES)]))
    content = changed(VALUES, path, value)
    if is_file:
        answer = client.post("/open", data=written(content), content_type="application/yaml")
        assert (answer.status_code, heard) == (200, []), (path, value)
        if "state" not in answer.json:
            return
        answers(client, heard, answer.json["state"], (path, value))
    else:
        answers(client, heard, as_kept(content), (path, value))
    assert json.dumps(answer.json if is_file else {})
