"""The form as a person uses it who has a keyboard alone."""

from __future__ import annotations

from pathlib import Path

from tests.browser.form import Form

MOST_TABS = 90
MOST_ARROWS = 12
FOCUSED = "document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent"
SHOWN = "document.activeElement.closest('.choice') ?? document.activeElement"


class Keyboard:
    """Keys that are pressed on a page, one after the other, from where the focus is."""

    def __init__(self, form: Form) -> None:
        self.form, self.press = form, form.page.keyboard.press

    def focused(self) -> str:
        """The label, or the text, of what has the focus."""
        name: str = self.form.page.evaluate(FOCUSED)
        return name.strip()

    def tab_to(self, label: str) -> None:
        """Go on to what has that label; its focus can be seen."""
        for _ in range(MOST_TABS):
            self.press("Tab")
            if self.focused().startswith(label):
                outline = self.form.page.evaluate(f"getComputedStyle({SHOWN}).outlineStyle")
                assert outline != "none", f"{label}: its focus cannot be seen"
                return
        raise AssertionError(f"Tab does not reach {label}")

    def type(self, label: str, text: str) -> None:
        """Go on to a field and type into it."""
        self.tab_to(label)
        self.form.page.keyboard.type(text)
        self.press("Escape")  # a list of suggestions
        self.form.settled()

    def choose(self, first: str, wanted: str) -> None:
        """Go on to the choice that Tab leads to, and with arrows to another one."""
        self.tab_to(first)
        for _ in range(MOST_ARROWS):
            if self.focused().startswith(wanted):
                self.form.settled()
                return
            self.press("ArrowDown")
        raise AssertionError(f"arrows do not reach {wanted}")

    def open_advanced(self) -> None:
        """Go on to Advanced and open it."""
        self.tab_to("Advanced")
        self.press("Enter")

    def download_values(self) -> str:
        """Turn to the values and download them."""
        self.tab_to("Manifest")
        self.press("ArrowRight")
        assert self.focused().startswith("Values")
        self.tab_to("Download values")
        with self.form.page.expect_download() as waiting:
            self.press("Enter")
        return Path(waiting.value.path()).read_text("utf-8")
