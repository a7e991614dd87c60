"""Serves the form as a page on 127.0.0.1: values left, manifest right (`kaito-pack new --web`).

`state` is the data that the page sends and a link contains, `cluster` the target chosen on the page, `view`
everything that the page shows for a state. `server` is the web application, `connections` the HTTP server.
Only this package imports Flask and waitress, and only when it serves.
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

    `file` is an optional values file to open (`-` is stdin); `port` 0 selects a free port. `tell` receives
    the lines for stderr, the address first; `show` receives the address, to open a browser. `below` are
    layers under all values. Raises UsageError if the port is taken, the file cannot be read, or Flask or
    waitress is not installed; ProblemsError if the page cannot open the file.
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
