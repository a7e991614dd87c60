"""A value that is a secret by its place is in no answer of the form, except in what the page keeps itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.acceptance.test_secrets_of_any_type import CASES, LLAMA, PLACES, RENDERED, SECRETS, hides
from tests.tiers import mostly_full

NAMES = [case for case in CASES if case != RENDERED]


@pytest.mark.parametrize("case", mostly_full(NAMES, 1, lambda case: case[1]), ids="-".join)
def test_no_answer_shows_it(client: Any, heard: list[str], case: tuple[str, str]) -> None:
    place, kind = case
    values = {**LLAMA, **PLACES[place](SECRETS[kind])}
    opened = client.post("/open", data=yaml.safe_dump(values), content_type="application/yaml").json
    state = opened.pop("state", None)
    hides(json.dumps(opened))
    if state is not None:
        answer = client.post("/view", data=json.dumps(state), content_type="application/json").json
        for part in ("problems", "notice", "memory", "parallel", "modes", "model", "file"):
            hides(json.dumps(answer.get(part)))
    assert heard == []
