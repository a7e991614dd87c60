"""The form's server over real sockets: clients that are silent, slow, many, too large or no HTTP at all.

Limits of time are shortened; what is asserted is that a connection ends, not when.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from kaito_pack.form.web import connections
from kaito_pack.form.web.connections import LARGEST_BODY, LARGEST_HEAD, MOST_CONNECTIONS, FormServer
from kaito_pack.form.web.server import HEADERS, HOST
from tests.form.conftest import PORT

PATIENCE = 60.0  # seconds; only a server that hangs takes longer
HOST_LINE = f"Host: 127.0.0.1:{PORT}\r\n"
GET = f"GET /first HTTP/1.1\r\n{HOST_LINE}\r\n".encode()
ORIGIN = f"Origin: http://127.0.0.1:{PORT}\r\nContent-Type: application/json\r\n"


def post(body: bytes, length: int | None = None) -> bytes:
    """A request of the page with a body, whose length may be another."""
    size = len(body) if length is None else length
    return f"POST /view HTTP/1.1\r\n{HOST_LINE}{ORIGIN}Content-Length: {size}\r\n\r\n".encode() + body


Start = Callable[[], FormServer]


@pytest.fixture
def start(client: Any) -> Iterator[Start]:
    """Starts the form's own server, which serves in a thread."""
    with ExitStack() as ends:

        def started() -> FormServer:
            listening = ends.enter_context(socket.create_server((HOST, 0)))
            form = FormServer(client.application, listening, HEADERS)
            thread = threading.Thread(target=form.run, daemon=True)
            thread.start()
            ends.callback(thread.join, PATIENCE)
            ends.callback(form.close)
            return form

        yield started


@pytest.fixture
def hurried(start: Start, monkeypatch: pytest.MonkeyPatch) -> FormServer:
    """A server with little patience."""
    assert connections.LONGEST_REQUEST == 10
    monkeypatch.setattr(connections, "LONGEST_REQUEST", 1)
    return start()


def connected(form: FormServer) -> socket.socket:
    """A connection to the server."""
    return socket.create_connection((HOST, form.port), PATIENCE)


def until_closed(connection: socket.socket) -> bytes:
    """What comes until the server closes the connection; TimeoutError if it does not."""
    received = b""
    with suppress(ConnectionResetError, BrokenPipeError):  # closed with bytes that it has not read
        while part := connection.recv(1 << 16):
            received += part
    return received


def answer(connection: socket.socket) -> tuple[int, Any]:
    """The status and the JSON of the next answer."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(1 << 16)
        assert part, received
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(fields[b"content-length"]):
        body += connection.recv(1 << 16)
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize("sent", [b"", b"GET / HT", GET[:-2], post(b"{", 100)])
def test_a_silent_connection_is_closed(hurried: FormServer, sent: bytes) -> None:
    with connected(hurried) as connection:
        connection.sendall(sent)
        assert until_closed(connection) == b""


@pytest.mark.parametrize("head", [b"GET /", post(b"", LARGEST_BODY)])
def test_bytes_that_trickle_in_buy_no_time(hurried: FormServer, head: bytes) -> None:
    with connected(hurried) as connection:
        connection.sendall(head)
        connection.settimeout(0.05)
        trickled = 0
        with suppress(ConnectionError):
            while trickled < 10_000:
                with suppress(TimeoutError):
                    assert connection.recv(1) == b""
                    break
                connection.sendall(b"a")
                trickled += 1
    assert 0 < trickled < 10_000


def test_silent_connections_make_others_wait_and_no_longer_than_they_last(hurried: FormServer) -> None:
    with ExitStack() as ends:
        silent = [ends.enter_context(connected(hurried)) for _ in range(MOST_CONNECTIONS * 2)]
        further = ends.enter_context(connected(hurried))
        further.sendall(GET)
        open_at_once = set()
        while MOST_CONNECTIONS not in open_at_once:
            open_at_once.add(len(hurried._server.active_channels))
        assert answer(further)[0] == 200
        assert max(open_at_once) == MOST_CONNECTIONS
        assert until_closed(silent[0]) == b""


def test_a_connection_carries_many_requests(start: Start) -> None:
    with connected(start()) as connection:
        for _ in range(3):
            connection.sendall(GET)
            assert answer(connection)[0] == 200


def test_requests_that_arrive_together_are_all_answered(start: Start) -> None:
    form = start()
    with ExitStack() as ends:
        several = [ends.enter_context(connected(form)) for _ in range(MOST_CONNECTIONS)]
        for connection in several:
            connection.sendall(post(b'{"mode": "premade"}'))
        assert {answer(connection)[0] for connection in several} == {200}


CHUNKS = f"{HOST_LINE}{ORIGIN}Transfer-Encoding: chunked\r\n\r\n{LARGEST_BODY + 1:x}\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        post(b"", LARGEST_BODY + 1),
        post(b"x" * (LARGEST_BODY + 1)),
        GET[:-2] + f"Content-Length: {1 << 62}\r\n\r\n".encode(),
        f"POST /view HTTP/1.1\r\n{CHUNKS}".encode() + b"x" * (LARGEST_BODY + 1),
    ],
)
def test_after_a_body_that_is_too_large_the_connection_closes(start: Start, sent: bytes) -> None:
    """What follows the body is not taken for another request."""
    with connected(start()) as connection:
        with suppress(ConnectionError):
            connection.sendall(sent + GET)
        received = until_closed(connection)
    assert received.count(b"HTTP/1.") <= 1
    if received:  # else the connection was reset with the answer on its way
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.split()[1] == b"413"
        assert json.loads(body) == {"error": "More than 1 MiB is too large for the form."}
        assert all(name.encode() in head for name in HEADERS)


def test_the_largest_body_is_read(start: Start) -> None:
    with connected(start()) as connection:
        connection.sendall(post(b" " * (LARGEST_BODY - 2) + b"{}"))
        assert answer(connection)[0] == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nA: " + b"x" * (LARGEST_HEAD + 1), b"431"),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", b"501"),
    ],
)
def test_what_is_no_request_is_answered_and_closed(start: Start, sent: bytes, status: bytes) -> None:
    with connected(start()) as connection:
        with suppress(ConnectionError):
            connection.sendall(sent)
        received = until_closed(connection)
    assert received.startswith(b"HTTP/1.") and received.split()[1] == status
    assert set(json.loads(received.partition(b"\r\n\r\n")[2])) == {"error"}


@pytest.mark.parametrize("number", ["1e999", "NaN", "1" + "0" * 400])
def test_a_number_that_json_does_not_have_is_answered_in_words(start: Start, number: str) -> None:
    with connected(start()) as connection:
        connection.sendall(post(json.dumps({"kept": f'{{"replicas": {number}}}'}).encode()))
        assert answer(connection)[0] == 400
