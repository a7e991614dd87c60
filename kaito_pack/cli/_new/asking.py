"""Questions in a terminal, drawn on stderr because stdout is for data.

Ctrl-C, Ctrl-D and Esc end any question at once with KeyboardInterrupt or EOFError.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click
import questionary
from prompt_toolkit.application import Application
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.output import ColorDepth, create_output
from prompt_toolkit.output.vt100 import Vt100_Output

from kaito_pack.base.display import escaped
from kaito_pack.base.records import NamedTuple

STYLE = questionary.Style(
    [("bottom-toolbar", "noreverse"), ("validation-toolbar", "noreverse bg:default fg:ansired")]
)


class Option(NamedTuple):
    """One of several answers: its value, title and meaning."""

    value: Any
    title: str
    detail: str = ""


class _Near(Vt100_Output):
    """A terminal output that draws the error right below the question, not at the bottom of the window."""

    def get_rows_below_cursor_position(self) -> int:
        """Return enough rows, so that no query for the cursor position is sent to the terminal."""
        return 1


class Back(Exception):
    """A request to return to the previous question (Ctrl-B)."""


class Terminal:
    """The user's terminal. Control characters in texts of schemas and catalogues are escaped."""

    def __init__(self) -> None:
        self._output = create_output(stdout=sys.stderr)
        if isinstance(self._output, Vt100_Output):
            self._output = _Near.from_pty(sys.stderr, os.environ.get("TERM"))
        self._drawn: dict[str, Any] = {"output": self._output, "style": STYLE}
        if os.environ.get("NO_COLOR") is not None:
            self._drawn["color_depth"] = ColorDepth.DEPTH_1_BIT

    def say(self, *paragraphs: str, dim: bool = False) -> None:
        """Print lines between the questions, without empty ones."""
        for text in filter(None, paragraphs):
            for line in self.wrapped(text):
                click.echo(click.style(line, dim=True) if dim else line, err=True)

    def gap(self) -> None:
        """Print an empty line to separate two questions."""
        click.echo(err=True)

    def preview(self, text: str) -> None:
        """Print a file as it would be written, indented."""
        for line in text.splitlines():
            click.echo(f"  {escaped(line)}".rstrip(), err=True)

    def show(self, *commands: str) -> None:
        """Print commands to copy, each on one line."""
        for command in filter(None, commands):
            click.echo(f"  {escaped(command)}", err=True)

    def wrapped(self, text: str) -> list[str]:
        """Return `text` as lines that are no wider than the terminal."""
        width = max(self._output.get_size().columns - 1, 20)
        lines = (textwrap.wrap(escaped(line), width, break_on_hyphens=False) for line in text.splitlines())
        return [line for wrapped in lines for line in wrapped]

    def choose(self, message: str, options: Sequence[Option], default: Any = None) -> Any:
        """Return one of the options."""
        values = [option.value for option in options]
        asked = questionary.select(
            escaped(message),
            self._choices(options),
            default=default if default in values else None,
            use_search_filter=True,
            use_jk_keys=False,
            **self._drawn,
        )
        return self._ask(asked)

    def choose_any(self, message: str, options: Sequence[Option]) -> list[Any]:
        """Return the selected options, any number of them."""
        asked = questionary.checkbox(
            escaped(message),
            self._choices(options),
            instruction="(use arrow keys to move, Space to select, Enter to continue)",
            **self._drawn,
        )
        chosen: list[Any] = self._ask(asked)
        return chosen

    def confirm(self, message: str, default: bool) -> bool:
        """Return the answer to a yes-or-no question."""
        return bool(self._ask(questionary.confirm(escaped(message), default, **self._drawn)))

    def text(
        self,
        message: str,
        problem: Callable[[str], str],
        live: Callable[[str], str] = lambda text: "",
        suggestions: Iterable[str] = (),
        placeholder: str = "",
        typed: str = "",
    ) -> str:
        """Return a text; Enter accepts it if `problem` is empty, which is updated while the user types.

        `live` is shown below the text typed so far; `typed` is the initial text.
        """
        rest: list[str] = []

        def validate(text: str) -> bool | str:
            first, *rest[:] = self.wrapped(problem(text)) or [""]
            return first or True

        def below() -> str:
            buffer = application.current_buffer
            return "\n".join(rest if buffer.validation_error else self.wrapped(live(buffer.text)))

        drawn: dict[str, Any] = {"bottom_toolbar": below, "placeholder": escaped(placeholder), **self._drawn}
        words = [escaped(suggestion) for suggestion in suggestions]
        if words:
            asked = questionary.autocomplete(escaped(message), words, typed, validate=validate, **drawn)
        else:
            asked = questionary.text(escaped(message), typed, validate=validate, **drawn)
        application = asked.application
        return str(self._ask(asked)).strip()

    def _choices(self, options: Sequence[Option]) -> list[questionary.Choice]:
        width = max(self._output.get_size().columns - 6, 20)
        titles = (escaped("  ".join(filter(None, (option.title, option.detail)))) for option in options)
        return [
            questionary.Choice(title if len(title) <= width else title[: width - 1] + "…", option.value)
            for title, option in zip(titles, options, strict=True)
        ]

    def _ask(self, asked: questionary.Question) -> Any:
        application = asked.application
        application.key_bindings = merge_key_bindings(
            [*filter(None, [application.key_bindings]), _ends(application)]
        )
        return asked.unsafe_ask()


def _ends(application: Application[Any]) -> KeyBindings:
    """Return the keys that end a question; Esc first closes an open list of suggestions."""
    keys = KeyBindings()

    @keys.add("c-d", eager=True, filter=Condition(lambda: not application.current_buffer.text))
    def _(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    @keys.add("c-b", eager=True)
    def _(event: KeyPressEvent) -> None:
        event.app.exit(exception=Back())

    @keys.add("escape", eager=True)
    def _(event: KeyPressEvent) -> None:
        if event.app.current_buffer.complete_state:
            event.app.current_buffer.cancel_completion()
        else:
            event.app.exit(exception=KeyboardInterrupt)

    return keys
