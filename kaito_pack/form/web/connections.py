"""Serves the form with waitress: few connections, short time limits, nothing written to disk."""

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
LONGEST_REQUEST = 10  # seconds: limit for a complete request, and for an idle connection
MOST_CONNECTIONS = 32  # simultaneous connections; a page of the form needs about six
THREADS = 4  # worker threads
TOO_LARGE = f"More than {LARGEST_BODY >> 20} MiB is too large for the form."
_OWN_SOCKETS = 2  # in waitress's socket map: the listening socket and the trigger that wakes it
_IN_MEMORY = 16 * LARGEST_BODY  # bytes; above this waitress would create a temporary file


class Connection(HTTPChannel):  # type: ignore[misc]
    """A connection with a time limit from the first byte of a request, so slow senders gain no time."""

    last_activity: float

    def handle_read(self) -> None:
        """Read the available bytes."""
        has_begun, since = self.request is not None, self.last_activity
        super().handle_read()
        if has_begun and self.request is not None:
            self.last_activity = since


class FormServer:
    """A server of a WSGI application on a listening socket, until `close` or Ctrl-C.

    `headers` are sent with the responses to oversized or non-HTTP requests, which close the connection.
    """

    def __init__(self, application: Any, listening: socket.socket, headers: Mapping[str, str]) -> None:
        log = logging.getLogger("waitress")
        log.propagate = False
        log.addHandler(logging.NullHandler())  # without a handler it would write to stderr
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
        """Serve until Ctrl-C, the normal way to stop."""
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
