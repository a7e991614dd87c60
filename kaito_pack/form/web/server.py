"""The web application of the form: three files, the view of a state, an upload of a values file.

It answers on loopback only, keeps nothing, writes nothing and reads no file that a request names.
"""

from __future__ import annotations

import json
import os
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from kaito_pack.base.problems import PackError, ProblemsError, UsageError
from kaito_pack.form.web.connections import LARGEST_BODY, TOO_LARGE, FormServer
from kaito_pack.form.web.state import BadState, State, read_json, read_state
from kaito_pack.form.web.telling import row
from kaito_pack.form.web.view import Views
from kaito_pack.models.words import hub_id

HOST = "127.0.0.1"
TAKEN = ("application/json", "application/yaml")  # a state; a values file
STATIC = Path(__file__).parent / "static"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def app(views: Views, first: State, port: int, tell: Callable[[str], None]) -> Flask:
    """Return the form as a WSGI application that answers to 127.0.0.1:`port` and localhost:`port` only."""
    application = Flask(__name__, static_folder=None)
    application.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    _add_guards(application, {f"{HOST}:{port}", f"localhost:{port}"})
    _add_error_handler(application, tell)
    _add_pages(application, views, first)
    return application


def _add_guards(application: Flask, hosts: set[str]) -> None:
    @application.before_request
    def refuse_strangers() -> Response | None:
        # A web page could reach 127.0.0.1 under another host name (DNS rebinding).
        if request.headers.get("Host") not in hosts:
            return _error(403, f"this form answers to {' and '.join(sorted(hosts))} only")
        if request.method == "POST" and request.headers.get("Origin") != f"http://{request.host}":
            return _error(403, "only the page of the form may send requests")
        # A page of another origin cannot send these types without a CORS preflight request.
        if request.method == "POST" and request.mimetype not in TAKEN:
            return _error(415, f"send {' or '.join(TAKEN)}")
        return None

    @application.after_request
    def with_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response


def _add_error_handler(application: Flask, tell: Callable[[str], None]) -> None:
    @application.errorhandler(Exception)
    def answer_to_error(error: Exception) -> Response:
        if isinstance(error, RequestEntityTooLarge):
            return _error(413, TOO_LARGE)
        if isinstance(error, HTTPException):
            return _error(error.code or 500, error.name.lower())
        if isinstance(error, BadState | RecursionError):
            return _error(400, "The link is broken, or from another version of the form.")
        if isinstance(error, PackError):
            return _error(422, f"{error}. This is a bug in the pack, not in your values")
        # The location in the code, without any text of the user.
        where = traceback.extract_tb(error.__traceback__)[-1]
        tell(f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}")
        return _error(500, "the form failed. The terminal shows where")


def _add_pages(application: Flask, views: Views, first: State) -> None:
    one_at_a_time = Lock()  # all views share one rendering pipeline

    @application.get("/")
    def page() -> Response:
        return _file("page.html")

    @application.get("/static/<name>")
    def static(name: str) -> Response:
        return _file(name)

    @application.get("/first")
    def begin() -> Response:
        return _json(first.as_json())

    @application.post("/view")
    def view() -> Response:
        state = read_state(read_json(request.get_data()))
        with one_at_a_time:
            return _json(views.view(state))

    @application.post("/hub")
    def hub() -> Response:
        body = read_json(request.get_data())
        if not isinstance(body, str):
            raise BadState
        return _json({"remarks": views.ask_hub(hub_id(body))})

    @application.post("/open")
    def opened() -> Response:
        try:
            with one_at_a_time:
                return _json({"state": views.opened(request.get_data()).as_json()})
        except ProblemsError as error:
            return _json({"problems": [row(reported) for reported in error.problems]})


def _json(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content), status, mimetype="application/json")


def _error(status: int, text: str) -> Response:
    return _json({"error": text}, status)


def _file(name: str) -> Response:
    """Return one of the page's own files; the names are fixed, so a request cannot read another file."""
    file = next((candidate for candidate in STATIC.iterdir() if candidate.name == name), None)
    if file is None:
        return _error(404, "not found")
    return Response(file.read_bytes(), mimetype=TYPES[file.suffix])


def run(
    views: Views,
    first: State,
    port: int,
    tell: Callable[[str], None],
    show: Callable[[str], object],
) -> None:
    """Serve `views`, starting with the state `first`; see `kaito_pack.form.web.serve`."""
    try:
        listening = socket.create_server((HOST, port))
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise UsageError(f"port {port}: {reason}") from None
    with listening:
        port = listening.getsockname()[1]
        application = app(views, first, port, tell)
        server = FormServer(application, listening, HEADERS)
        url = f"http://{HOST}:{port}/"
        tell(f"The form is at {url} (Ctrl-C ends it)")
        show(url)
        server.run()
