"""A real browser, Debian's chromium driven by playwright, in front of the form's real server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.form import Form, served

STRANGER = re.compile(r"^(?!http://127\.0\.0\.1:\d+/|blob:|data:)")


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The address of one server for all tests of a process: it keeps nothing between them."""
    with served() as (result, _):
        yield result


@pytest.fixture
def page_of(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Makes pages; afterwards none of them may have had an error, or asked anybody but 127.0.0.1."""
    contexts, wrong = [], []

    def new_page(**options: Any) -> Any:
        options = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"], **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda output: wrong.append(output.text) if output.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda item: wrong.append(item.url) if STRANGER.match(item.url) else None)
        page.wrong = wrong
        return page

    yield new_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def form(page_of: Callable[..., Any], url: str) -> Form:
    """The form, empty, in a fresh page."""
    return Form(page_of(), url).load()
