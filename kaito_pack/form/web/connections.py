"""Carries requests to the form by waitress: few connections, each with little time, nothing kept on disk."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask
from waitress.wasyncore import close_all

LARGEST_BODY = 1 << 20  # bytes of a request's body
LARGEST_HEAD = 1 << 16  # bytes of a request's line and headers
LONGEST_REQUEST = 10  # seconds in which a request must arrive whole, and that a connection may be silent
MOST_CONNECTIONS = 32  # at a time; a page of the form needs about six
THREADS = 4  # that answer
TOO_LARGE = f"More than {LARGEST_BODY >> 20} MiB is too large for the form."
_OWN_SOCKETS = 2  # in waitress's map of sockets: the listening one, and the trigger that wakes it
_IN_MEMORY = 16 * LARGEST_BODY  # bytes; beyond them waitress would make a temporary file


class Connection(HTTPChannel):  # type: ignore[misc]
    """One connection. Its time runs from the first byte of a request, so that trickling bytes buy no more."""

    last_activity: float

    def handle_read(self) -> None:
        """Read what is there."""
        has_begun, since = self.request is not None, self.last_activity
        super().handle_read()
        if has_begun and self.request is not None:
            self.last_activity = since


class FormServer:
    """Serves a WSGI application on a listening socket until `close` or Ctrl-C.

    `headers` go with the answers to what is too large or no HTTP; after these the connection closes.
    """

    def __init__(self, application: Any, listening: socket.socket, headers: Mapping[str, str]) -> None:
        log = logging.getLogger("waitress")
        log.propagate = False
        log.addHandler(logging.NullHandler())  # without one it would write to stderr
        self._server = create_server(
            application,
            sockets=[listening],
            threads=THREADS,
            ident="kaito-pack",
            connection_limit=MOST_CONNECTIONS + _OWN_SOCKETS,
            channel_timeout=LONGEST_REQUEST,
            cleanup_interval=1,
            max_request_header_size=LARGEST_HEAD,
            max_request_body_size=LARGEST_BODY + 1,
            inbuf_overflow=_IN_MEMORY,
            outbuf_overflow=_IN_MEMORY,
            outbuf_high_watermark=_IN_MEMORY,
            asyncore_use_poll=True,
        )
        connection = type("FormConnection", (Connection,), {"error_task_class": _refusal(headers)})
        self._server.channel_class = connection

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.effective_port)

    def run(self) -> None:
        """Serve until Ctrl-C, which is the end that it is meant to have."""
        self._server.run()

    def close(self) -> None:
        """Close all connections and end `run`, from another thread."""
        self._server.trigger.pull_trigger(lambda: close_all(self._server._map))
        self._server.task_dispatcher.shutdown()


def _refusal(headers: Mapping[str, str]) -> type[ErrorTask]:
    lines: Iterable[tuple[str, str]] = [("Content-Type", "application/json"), *headers.items()]

    class Refusal(ErrorTask):  # type: ignore[misc]
        def execute(self) -> None:
            error = self.request.error
            words = TOO_LARGE if error.code == 413 else error.reason.lower()
            body = json.dumps({"error": words}).encode()
            self.status = f"{error.code} {error.reason}"
            self.response_headers.extend(lines)
            self.content_length = len(body)
            self.set_close_on_finish()
            self.write(body)

    return Refusal
