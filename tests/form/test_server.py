"""The form's server: whom it answers, what it sends along, and that nothing makes it fall over."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from kaito_pack.form.web.connections import LARGEST_BODY
from kaito_pack.form.web.server import STATIC
from tests.conftest import ROOT
from tests.form.conftest import PORT

POSTS = ["/view", "/open"]
TWICE = "name: a\nname: b\nmodelSource: vllm\nmodelId: a/b\n"


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}"])
def test_it_answers_to_its_two_names(client: Any, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200
    origin = {"Host": host, "Origin": f"http://{host}"}
    assert client.post("/view", json={}, headers=origin).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",
        "127.0.0.1:1",
        f"127.0.0.1.evil.example:{PORT}",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/first", "/static/page.js"])
def test_under_any_other_name_it_answers_nothing(client: Any, host: str, path: str) -> None:
    """A name of the web's that leads to 127.0.0.1: DNS rebinding."""
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 403
    assert set(answer.json) == {"error"}


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "", f"https://127.0.0.1:{PORT}", f"http://localhost:{PORT}"]
)
@pytest.mark.parametrize("path", POSTS)
def test_only_its_own_page_may_post(client: Any, path: str, origin: str) -> None:
    assert client.post(path, json={"text": "a: 1"}, headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize("path", POSTS)
def test_a_post_without_origin_is_refused(client: Any, path: str) -> None:
    assert client.post(path, json={}, headers={"Origin": None}).status_code == 403


@pytest.mark.parametrize("path", POSTS)
def test_what_a_form_of_another_page_could_send_is_refused(client: Any, path: str) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert client.post(path, data="{}", headers={"Content-Type": kind}).status_code == 415


@pytest.mark.parametrize("path", POSTS)
def test_no_get_does_anything(client: Any, path: str) -> None:
    assert client.get(path).status_code == 405
    assert client.get(path + "?text=a").status_code == 405


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_other_methods_are_refused_or_say_what_there_is(client: Any, method: str) -> None:
    answer = getattr(client, method)("/view")
    assert answer.status_code == (200 if method == "options" else 405)
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/first", "/static/page.css", "/nothing"])
def test_every_answer_has_the_headers_that_shut_the_page(client: Any, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e/server.py",
        "/static//etc/passwd",
        "/etc/passwd",
        "/static/",
    ],
)
def test_no_other_file_can_be_had(client: Any, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", POSTS)
def test_a_body_above_the_limit_is_refused(client: Any, path: str) -> None:
    answer = client.post(path, json={"text": "x" * LARGEST_BODY})
    assert (answer.status_code, set(answer.json)) == (413, {"error"})


BAD = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"NaN",
    b'{"answers": {"a": NaN}}',
    b"[" * 100_000,
    b'{"kept": ' + b'{"a": ' * 100_000,
    b'{"kept": "[1]"}',
    b'{"kept": "{"}',
    b'{"kept": "{\\"a\\": NaN}"}',
    b'{"kept": {}, "answers": [1]}',
    json.dumps({"kept": '{"a": ' * 100_000}).encode(),
    b'{"answers": []}',
    b'{"answers": {"name": 1}}',
    b'{"start": {"engines": ["vllm"]}}',
    b'{"mode": 1}',
    b'{"kept": "text"}',
    b'{"target": {"cloud": null}}',
    b'{"answers": {"name": "\\ud800"}}',
    b"\xff\xfe",
]


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_what_is_no_state_is_answered_in_words(client: Any, heard: list[str], body: bytes) -> None:
    answer = client.post("/view", data=body, content_type="application/json")
    assert (answer.status_code, set(answer.json)) == (400, {"error"})
    assert heard == []


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_what_is_no_values_file_is_told_as_problems(client: Any, heard: list[str], body: bytes) -> None:
    answer = client.post("/open", data=body, content_type="application/yaml")
    assert (answer.status_code, set(answer.json)) == (200, {"problems"})
    assert heard == []


def test_a_slip_of_ours_tells_neither_code_nor_values(
    client: Any, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise KeyError("secret-value")

    monkeypatch.setattr("kaito_pack.form.web.view.Views.view", fail)
    answer = client.post("/view", json={"answers": {"name": "secret-value"}})
    assert answer.status_code == 500
    output = answer.get_data(as_text=True) + "".join(heard)
    assert "KeyError in" in output
    for word in ("secret-value", "Traceback", str(ROOT)):
        assert word not in output


def test_the_page_has_no_script_style_or_handler_of_its_own() -> None:
    page = (STATIC / "page.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]* src=)|<style|style=|\son\w+=|javascript:|https?://", page) == []
    scripts = "".join(file.read_text(encoding="utf-8") for file in STATIC.glob("*.js"))
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", scripts)
        == []
    )
    assert set(re.findall(r"https?://[^'\s]+", scripts)) == {"http://www.w3.org/2000/svg"}


# The server as people start it.


@pytest.fixture
def started(tmp_path: Any) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `new --web` and its address."""
    command = [sys.executable, str(ROOT / "render.py"), "new", "--web", "--no-browser"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stderr is not None
        result = re.search(r"http://127\.0\.0\.1:\d+/", process.stderr.readline())
        assert result
        yield process, result[0]
        process.kill()


def test_a_process_says_its_address_serves_the_page_and_ends_by_ctrl_c(
    started: tuple[subprocess.Popen[str], str], tmp_path: Any
) -> None:
    process, url = started
    with urllib.request.urlopen(url, timeout=60) as answer:
        assert b"<h1>" in answer.read()
    request = urllib.request.Request(
        url + "view",
        json.dumps({"mode": "premade", "answers": {"name": "secret-name"}}).encode(),
        {"Content-Type": "application/json", "Origin": url.rstrip("/")},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert json.load(answer)["mode"] == "premade"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_nobody_outside_this_machine_reaches_it(started: tuple[subprocess.Popen[str], str]) -> None:
    port = int(started[1].rsplit(":", 1)[1].strip("/"))
    others = {result[4][0] for result in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)}
    for address in others - {"127.0.0.1"} | {"127.0.0.2"}:
        with pytest.raises(OSError), socket.create_connection((address, port), timeout=60):
            pass


def test_a_stranger_s_host_is_refused_by_the_process_too(started: tuple[subprocess.Popen[str], str]) -> None:
    request = urllib.request.Request(started[1], headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)
    assert caught.value.code == 403
    caught.value.close()


@pytest.mark.parametrize(("arguments", "stdin"), [(["twice.yaml"], ""), (["-"], TWICE)])
def test_a_file_that_the_page_cannot_open_is_told_by_its_name(
    run: Any, tmp_path: Any, arguments: list[str], stdin: str
) -> None:
    (tmp_path / "twice.yaml").write_text(TWICE, encoding="utf-8")
    done = run("new", "--web", "--no-browser", *arguments, stdin=stdin)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{'<stdin>' if stdin else 'twice.yaml'}:2:1 name:" in done.stderr


def test_without_a_host_it_answers_nothing(started: tuple[subprocess.Popen[str], str]) -> None:
    port = int(started[1].rstrip("/").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 10) as asked:
        asked.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert b" 403 " in asked.recv(1024).splitlines()[0]


def test_a_port_that_is_taken_is_a_usage_error(run: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("new", "--web", "--no-browser", "--port", port)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: port {port}: Address already in use\n"


@pytest.mark.parametrize("name", ["flask", "waitress"])
def test_without_flask_or_waitress_it_says_how_to_get_them(process: Any, tmp_path: Any, name: str) -> None:
    missing = f"raise ModuleNotFoundError('no', name='{name}')\n"
    (tmp_path / f"{name}.py").write_text(missing, encoding="utf-8")
    done = process("new", "--web", "--no-browser", env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2
    assert "kaito-pack[form]" in done.stderr


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "1" + "0" * 30])
def test_a_number_that_json_does_not_have_is_no_state(client: Any, heard: list[str], number: str) -> None:
    states = [json.dumps({"kept": f'{{"replicas": {number}}}'}), f'{{"start": {number}}}']
    for state in states:
        answer = client.post("/view", data=state, content_type="application/json")
        assert answer.status_code == 400
    assert heard == []
