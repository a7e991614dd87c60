"""The form as a person uses it: by labels, headings and buttons."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

MISTRAL = "mistralai/Mistral-7B-Instruct-v0.3"
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"
GGUF = "unsloth/Qwen3-4B-GGUF"


@contextmanager
def served(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`kaito-pack new --web` while it runs: its address, and the process."""
    command = [sys.executable, str(ROOT / "render.py"), "new", "--web", "--no-browser", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        result = re.search(r"http://127\.0\.0\.1:\d+/", process.stderr.readline())
        assert result
        try:
            yield result[0], process
        finally:
            process.kill()


class Form:
    """One page with the form in it."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url = page, url

    def load(self, state: dict[str, Any] | None = None) -> Form:
        """The form in that state, by a link that holds it."""
        self.page.goto("about:blank")
        self.page.goto(self.url + (link(state) if state else ""))
        return self.settled()

    def settled(self) -> Form:
        """Wait until the page shows what was said last."""
        self.page.wait_for_selector("#result[aria-busy=false]")
        return self

    def start(self, model: str, *engines: str) -> Form:
        """Name a model, and the engines of one that is not known."""
        self.fill("Model id", model)
        for engine in engines:
            self.page.get_by_role("group", name="Engines").get_by_label(engine).check()
        return self.settled()

    def mode(self, title: str) -> Form:
        """Choose a mode."""
        self.page.get_by_role("radio", name=re.compile(f"^{title}")).check()
        return self.settled()

    def field(self, label: str) -> Any:
        """The control with that label, with "(optional)" or without."""
        return self.page.get_by_label(label, exact=True).or_(
            self.page.get_by_label(f"{label} (optional)", exact=True)
        )

    def fill(self, label: str, text: str) -> Form:
        """Type into a field."""
        self.field(label).fill(text)
        return self.settled()

    def select(self, label: str, value: str) -> Form:
        """Choose from a list."""
        self.field(label).select_option(value)
        return self.settled()

    def choose(self, label: str, value: str) -> Form:
        """Choose one of the choices that are all shown."""
        self.page.get_by_role("radiogroup", name=label).get_by_role("radio").and_(
            self.page.locator(f'[value="{value}"]')
        ).check()
        return self.settled()

    def advanced(self) -> Form:
        """Open Advanced."""
        self.page.locator("#advanced > summary").click()
        return self

    def tab(self, name: str) -> Form:
        """Turn to Manifest, Values or Problems."""
        self.page.get_by_role("tab", name=name).click()
        return self

    def click(self, name: str) -> Form:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()
        return self.settled()

    def labels(self) -> list[str]:
        """The labels of the values that are asked for now, Advanced ones included."""
        result: list[str] = self.page.locator("#values-card .field .title").all_text_contents()
        return result

    def shown(self, what: str) -> str:
        """The text of the manifest or of the values as the page shows it, line by line."""
        return "".join(self.page.locator(f"#{what} .line").all_text_contents())

    def status(self) -> str:
        """The sentence that is read out."""
        output: str = self.page.get_by_role("status").text_content()
        return output

    def download(self, name: str) -> tuple[str, bytes]:
        """The file that a button gives: its name and what is in it."""
        self.tab("Manifest" if "manifest" in name else "Values")
        with self.page.expect_download() as waiting:
            self.page.get_by_role("button", name=name).click()
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()

    def described(self, control: Any) -> str:
        """What a screen reader says beside a control's label."""
        output: str = control.evaluate(
            "one => (one.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean)"
            ".map(id => document.getElementById(id).textContent).join(' ')"
        )
        return output


def link(state: dict[str, Any]) -> str:
    """The part of a link that holds a state."""
    return "#" + base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")
