"""A program in a real pseudo-terminal: keys in, and what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

SILENCE = 120  # seconds without a byte from a program, after which it counts as hanging
ENTER, UP, DOWN, CTRL_C, CTRL_D, ESCAPE, CLEAR = "\r", "\x1b[A", "\x1b[B", "\x03", "\x04", "\x1b", "\x15"
_SEQUENCE = re.compile(r"\x1b(?:\[([?>]?)([0-9;]*)([@-~])|\][^\x07]*\x07|[()].|[=>78])")


class Screen:
    """What the escape sequences of a program draw, on a terminal of any height; wide enough for one line."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = [[]]
        self._row = self._column = 0

    def draw(self, text: str) -> str:
        """Take `text` in; gives what of its end is half a sequence."""
        position = 0
        while position < len(text):
            result = _SEQUENCE.match(text, position)
            if result:
                if not result[1] and result[3]:
                    self._act(result[3], [int(item or 0) for item in result[2].split(";")])
                position = result.end()
            elif text[position] == "\x1b" and len(text) - position < 40:
                return text[position:]
            else:
                self._put(text[position])
                position += 1
        return ""

    def _put(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._move(self._row + 1, self._column)
        elif character == "\b":
            self._column = max(0, self._column - 1)
        elif character >= " ":
            line = self.lines[self._row]
            line += [" "] * (self._column + 1 - len(line))
            line[self._column] = character
            self._column += 1

    def _move(self, row: int, column: int) -> None:
        self._row, self._column = max(0, row), max(0, column)
        self.lines += [[] for _ in range(self._row + 1 - len(self.lines))]

    def _act(self, command: str, numbers: Sequence[int]) -> None:
        count = max(1, numbers[0])
        steps = {"A": (-count, 0), "B": (count, 0), "C": (0, count), "D": (0, -count)}
        if command in steps:
            down, right = steps[command]
            self._move(self._row + down, self._column + right)
        elif command == "G":
            self._column = count - 1
        elif command == "K":
            del self.lines[self._row][self._column if not numbers[0] else 0 :]
        elif command == "J":
            del self.lines[self._row][self._column :]
            del self.lines[self._row + 1 :]

    def __str__(self) -> str:
        return "\n".join("".join(line).rstrip() for line in self.lines)


class Terminal:
    """render.py in a terminal of `columns`; stdout goes to a pipe where `piped`."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        columns: int = 100,
        env: Mapping[str, str] | None = None,
        piped: bool = False,
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        environment = {
            key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "KAITO_PACK")
        }
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "render.py"), *arguments],
            stdin=slave,
            stdout=subprocess.PIPE if piped else slave,
            stderr=slave,
            cwd=folder,
            env=environment | {"TERM": "xterm-256color", "HF_HUB_OFFLINE": "1"} | dict(env or {}),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self._screen, self._half, self.raw = Screen(), "", ""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: Any) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        os.close(self._master)

    @property
    def seen(self) -> str:
        """What stands on the screen, with what has scrolled away."""
        return str(self._screen)

    def wait(self, text: str) -> None:
        """Until `text` is on the screen, line ends and blanks aside."""
        wanted = _plain(text)
        self._until(lambda: wanted in _plain(self.seen), f"{text!r} is not there")

    def answer(self, question: str, *keys: str) -> None:
        """Wait for `question` as the last one, then type."""
        wanted = _plain(f"? {question}")
        self._until(lambda: wanted in _plain(_last(self.seen)), f"{question!r} is not asked")
        self.type(*keys)

    def type(self, *keys: str) -> None:
        """Press keys."""
        os.write(self._master, "".join(keys).encode())

    def end(self) -> tuple[int, str]:
        """The exit code once it ends, and what went to the pipe."""
        self._until(lambda: False, "it does not end", until_end=True)
        piped = self._process.stdout.read().decode() if self._process.stdout else ""
        return self._process.wait(SILENCE), piped

    def _until(self, holds: Any, otherwise: str, until_end: bool = False) -> None:
        while not holds():
            if not select.select([self._master], [], [], SILENCE)[0]:
                raise AssertionError(f"{otherwise}; the screen:\n{self.seen}")
            try:
                read = os.read(self._master, 65536)
            except OSError:  # how Linux says that nobody has the other end open
                read = b""
            if not read:
                if until_end or holds():
                    return
                raise AssertionError(f"it has ended, and {otherwise}; the screen:\n{self.seen}")
            self._take(read.decode(errors="replace"))

    def _take(self, read: str) -> None:
        self.raw += read
        for _ in range(read.count("\x1b[6n")):  # where the cursor is: a real terminal tells
            self.type("\x1b[1;1R")
        self._half = self._screen.draw(self._half + read)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _last(seen: str) -> str:
    """From the last question on."""
    position = max(seen.rfind("\n? "), 0)
    return seen[position:]
