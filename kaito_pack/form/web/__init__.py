"""Serves the form as a page on 127.0.0.1: values left, manifest right (`kaito-pack new --web`).

`state` is what the page sends and a link holds, `cluster` the target chosen there, `view` all that the page
shows of a state, `server` the way there and back. `connections` the server of HTTP.
Flask and waitress are imported here only, and only to serve.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kaito_pack.kaito.target import Target
    from kaito_pack.pack import Pack
    from kaito_pack.values.layers import Layer


def serve(
    pack: Pack,
    target: Target,
    file: str | None = None,
    port: int = 0,
    tell: Callable[[str], None] = lambda line: None,
    show: Callable[[str], object] = lambda url: None,
    below: Sequence[Layer] = (),
) -> None:
    """Serve the form on 127.0.0.1 until Ctrl-C.

    `file` is a values file to begin with (- is stdin), `port` 0 a free one. `tell` gets the lines for stderr,
    the address first; `show` the address, to open a browser there. `below` are layers under all values.
    Raises UsageError if the port is taken, the file cannot be read or Flask or waitress is not installed,
    ProblemsError if the page cannot open the file.
    """
    from kaito_pack.base.problems import UsageError
    from kaito_pack.documents import STDIN, content_of

    try:
        from kaito_pack.form.web.cluster import said_by
        from kaito_pack.form.web.server import run
        from kaito_pack.form.web.state import State
        from kaito_pack.form.web.view import Views
    except ModuleNotFoundError as error:
        if error.name not in ("flask", "waitress"):
            raise
        raise UsageError(
            "the form needs Flask and waitress: make form, or pip install 'kaito-pack[form]'"
        ) from None
    views = Views(pack, target, below)
    first = State() if file is None else views.opened(content_of(file), STDIN if file == "-" else file)
    run(views, first._replace(target=said_by(target)), port, tell, show)
