"""The form's application, asked as its own page asks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from kaito_pack.form.web.cluster import said_by
from kaito_pack.form.web.server import app
from kaito_pack.form.web.state import State
from kaito_pack.form.web.view import Views
from kaito_pack.kaito.target import Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Pack
from tests.conftest import ROOT

PORT = 8123
ORIGIN = f"http://127.0.0.1:{PORT}"
EXAMPLES = sorted(
    file for file in (ROOT / "values").glob("*.yaml") if (ROOT / "values" / "rendered" / file.name).exists()
)
Post = Callable[..., dict[str, Any]]


class FromThePage(FlaskClient):
    """Asks under the form's own address, as its page does, unless a test says otherwise."""

    def open(self, *args: Any, **options: Any) -> Any:
        """A request with the page's Host and Origin."""
        options.setdefault("base_url", ORIGIN)
        given = {"Origin": ORIGIN, **(options.get("headers") or {})}
        options["headers"] = {name: value for name, value in given.items() if value is not None}
        return super().open(*args, **options)


def target(pack: Pack) -> Target:
    """The cluster that is meant where none is named."""
    return Target(pack.kaito_version(), definitions.newest())


@pytest.fixture
def heard() -> list[str]:
    """What the server has said on stderr."""
    return []


@pytest.fixture
def client(heard: list[str]) -> Any:
    """Flask's test client of the form, which sends what a browser would send from the page."""
    pack = Pack()
    first = State(target=said_by(target(pack)))
    created = app(Views(pack, target(pack)), first, PORT, heard.append)
    created.test_client_class = FromThePage
    return created.test_client()


@pytest.fixture
def view(client: Any) -> Post:
    """The view of a state that is given by its parts."""

    def of_state(**state: Any) -> dict[str, Any]:
        answer = client.post("/view", data=json.dumps(state), content_type="application/json")
        assert answer.status_code == 200, answer.json
        result: dict[str, Any] = answer.json
        return result

    return of_state


@pytest.fixture
def opened(client: Any) -> Callable[[str], dict[str, Any]]:
    """What becomes of the text of a file that is opened."""

    def of_text(text: str | bytes) -> dict[str, Any]:
        answer = client.post("/open", data=text, content_type="application/yaml")
        assert answer.status_code == 200, answer.json
        result: dict[str, Any] = answer.json
        return result

    return of_text


def rendered(example: Path) -> str:
    """What render.py prints for an example."""
    return (ROOT / "values" / "rendered" / example.name).read_text(encoding="utf-8")


def by_name(view: dict[str, Any], group: str = "questions") -> dict[str, dict[str, Any]]:
    """The questions of a view by name."""
    return {item["name"]: item for item in view[group]}


def rules_at(view: dict[str, Any], field: str) -> list[str]:
    """The rules of the problems beside a field."""
    return [item["rule"] for item in view["problems"] if item["field"] == field]
