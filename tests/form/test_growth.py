"""Twice the input of the page takes at most 2.2 times the work of an answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests import work
from tests.acceptance.test_growth import named, values_of
from tests.form.test_any_state import as_kept

LONG: dict[str, Callable[[int], Any]] = {
    "extraArgs": lambda size: [f"--x{number}=a" for number in range(size)],
    "env": lambda size: named(size, value="a"),
    "extraObjects": lambda size: [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{number}"}, "data": {"a": "b"}}
        for number in range(size)
    ],
    "annotations": lambda size: {f"example.com/a{number}": "b" for number in range(size)},
    "unknwon": lambda size: list(range(size)),
}


@pytest.mark.full
@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("address", ["/view", "/open"])
def test_the_work_grows_as_the_values_do(client: Any, heard: list[str], address: str, name: str) -> None:
    def asking(size: int) -> Callable[[], object]:
        values = {**values_of("vllm"), name: LONG[name](size)}
        body = json.dumps(as_kept(values) if address == "/view" else values)
        kind = "json" if address == "/view" else "yaml"

        def ask() -> None:
            answer = client.post(address, data=body, content_type=f"application/{kind}")
            assert answer.status_code == 200
            assert heard == []

        return ask

    work.check_added(asking, 60)


@pytest.mark.full
def test_the_work_grows_as_a_state_does(client: Any) -> None:
    def asking(size: int) -> Callable[[], object]:
        answers = {"name": "a", **{f"x{number}": "b" for number in range(size)}}
        body = json.dumps({"mode": "vllm", "answers": answers})
        return lambda: client.post("/view", data=body, content_type="application/json")

    work.check_added(asking, 60)
