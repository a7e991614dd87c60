"""A small Hugging Face Hub on loopback: what `models add` asks for, and the ways in which a Hub refuses."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIB = 2**30
Send = Callable[["Request"], None]


class Repository:
    """A repository: its files by name, as JSON or as a size in bytes, and what the Hub says of it."""

    def __init__(self, files: Mapping[str, Any], commit: str = COMMIT, token: str = "", **info: Any) -> None:
        self.files, self.commit, self.token, self.info = dict(files), commit, token, info

    def answer(self, name: str) -> dict[str, Any]:
        """The answer of the Hub's API."""
        return {
            "id": name,
            "sha": self.commit,
            "gated": False,
            "siblings": [
                {"rfilename": file, "size": content if isinstance(content, int) else len(json.dumps(content))}
                for file, content in self.files.items()
            ],
            **self.info,
        }


class FakeHub(HTTPServer):
    """The server, which answers one request at a time.

    `requests` are the paths that were asked for, `odd` answers of another kind by path.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.repositories: dict[str, Repository] = {}
        self.odd: dict[str, list[Send]] = {}
        self.requests: list[str] = []
        self.tokens: list[str] = []

    @property
    def address(self) -> str:
        """The value of HF_ENDPOINT."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves in the middle of an answer is what some tests are about."""


class Request(BaseHTTPRequestHandler):
    """One request."""

    server: FakeHub

    def do_GET(self) -> None:
        """Answer what the Hub would."""
        path = unquote(urlsplit(self.path).path)
        self.server.requests.append(path)
        self.server.tokens.append(self.headers.get("Authorization", ""))
        if self.server.odd.get(path):
            self.server.odd[path].pop(0)(self)
        elif path.startswith("/api/models/"):
            self._info(path.removeprefix("/api/models/"))
        else:
            self._file(path)

    def _info(self, path: str) -> None:
        name, _, revision = path.partition("/revision/")
        repository = self.server.repositories.get(name)
        if repository is None:
            self.refuse(401, "RepoNotFound")
        elif revision not in ("", "main", repository.commit):
            self.refuse(404, "RevisionNotFound")
        else:
            self.json(repository.answer(name))

    def _file(self, path: str) -> None:
        name, _, rest = path.lstrip("/").partition("/resolve/")
        repository = self.server.repositories.get(name)
        content = repository.files.get(rest.partition("/")[2]) if repository else None
        if (
            repository
            and repository.token
            and self.headers.get("Authorization") != f"Bearer {repository.token}"
        ):
            self.refuse(403 if self.headers.get("Authorization") else 401, "GatedRepo")
        elif content is None or isinstance(content, int):
            self.refuse(404, "EntryNotFound")
        else:
            self.json(content)

    def json(self, value: Any, status: int = 200, **headers: str) -> None:
        """Send JSON."""
        self.send(json.dumps(value).encode(), status, **headers)

    def send(self, content: bytes, status: int = 200, **headers: str) -> None:
        """Send content with headers, whose names have underscores for dashes."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def refuse(self, status: int, code: str) -> None:
        """Send a refusal as the Hub does."""
        self.json({"error": code}, status, X_Error_Code=code)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@contextmanager
def fake_hub() -> Iterator[FakeHub]:
    """Yield a running Hub without repositories."""
    hub = FakeHub()
    thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
        thread.join()


def busy(status: int = 429, **headers: str) -> Send:
    """Return an answer that asks to come back later."""
    return lambda request: request.send(b"busy", status, **headers)


def moved(target: str) -> Send:
    """Return the answer for a renamed repository."""
    return lambda request: request.send(b"", 307, Location=target)


def endless(size: int) -> Send:
    """Return an answer that announces `size` bytes and sends until the client leaves."""

    def answer(request: Request) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(size))
        request.end_headers()
        for _ in range(size >> 16):
            request.wfile.write(b" " * (1 << 16))

    return answer


def silent(request: Request) -> None:
    """Answer nothing until the client leaves."""
    request.connection.recv(1)


def stuck(request: Request) -> None:
    """Announce a body, send its first byte, and nothing else until the client leaves."""
    request.send_response(200)
    request.send_header("Content-Length", "2")
    request.end_headers()
    request.wfile.write(b"{")
    request.connection.recv(1)
