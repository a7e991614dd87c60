"""Measures how long the form takes to respond while the user types, in milliseconds, one value per line.

It requests the view of the largest example, changed by one letter each time, from the form's application.
"""

from __future__ import annotations

import json
import sys
import time

from kaito_pack.base.root import ROOT
from kaito_pack.form.web.cluster import said_by
from kaito_pack.form.web.server import app
from kaito_pack.form.web.state import State
from kaito_pack.form.web.view import Views
from kaito_pack.kaito.target import Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Pack

PORT = 8123
ORIGIN = f"http://127.0.0.1:{PORT}"


def main(rounds: int) -> None:
    """Print the milliseconds of each round trip after the first ones, which load shared data."""
    pack = Pack()
    target = Target(pack.kaito_version(), definitions.newest())
    form = app(Views(pack, target), State(target=said_by(target)), PORT, lambda text: None).test_client()
    headers = {"Origin": ORIGIN}
    largest = max((ROOT / "values").glob("*.yaml"), key=lambda file: file.stat().st_size)
    opened = form.post(
        "/open",
        data=largest.read_bytes(),
        content_type="application/yaml",
        headers=headers,
        base_url=ORIGIN,
    )
    state = opened.json["state"]
    for turn in range(-5, rounds):
        state["answers"] = {**state["answers"], "name": "typed" + "x" * (turn % 20)}
        start = time.perf_counter()
        answer = form.post(
            "/view",
            data=json.dumps(state),
            content_type="application/json",
            headers=headers,
            base_url=ORIGIN,
        )
        taken = (time.perf_counter() - start) * 1000
        if answer.status_code != 200:
            sys.exit(f"the form answered with {answer.status_code}")
        if turn >= 0:
            print(f"{taken:.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
