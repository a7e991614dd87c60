"""Draws docs/images/session.svg: a terminal session for README, with the current output of the commands."""

from __future__ import annotations

import io
import os
import re
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from xml.sax.saxutils import escape

import click

from kaito_pack.base.root import ROOT
from kaito_pack.cli.main import commands

PICTURE = ROOT / "docs" / "images" / "session.svg"
WIDTH = 100  # characters
LINE, CHARACTER, MARGIN = 19, 8.1, 18  # pixels
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
COLOURS = {"prompt": "#7ee787", "place": "#f0f6fc", "bad": "#ff7b72", "hint": "#e3b341", "plain": "#c9d1d9"}
WRONG = "name: llama\nmodelSource: vllm\nmodelId: meta-llama/Llama-3.1-8B-Instruct\nhfTokenSecret: hf-token\n"
SESSION = (
    ("cat llama.yaml", WRONG + "maxModelLenght: 16384\nresources: {gpu: 9}\n"),
    ("kaito-pack llama.yaml", None),
    ("kaito-pack plan llama.yaml --old stored.yaml   # both mistakes corrected", None),
)
RIGHT = WRONG + "maxModelLen: 16384\nresources: {gpu: 2, memory: 32Gi}\n"

Span = tuple[str, str]  # a class of COLOURS and a text


def outputs() -> Iterator[tuple[Path, str]]:
    """Yield the picture."""
    yield PICTURE, drawn(list(session()))


def session() -> Iterator[Sequence[Span]]:
    """Yield the lines of the session: each command as typed, and its output."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("stored.yaml").write_text(
            (ROOT / "values" / "rendered" / "llama.yaml").read_text("utf-8"), "utf-8"
        )
        for number, (line, shown) in enumerate(SESSION):
            Path("llama.yaml").write_text(SESSION[0][1] or "" if number < 2 else RIGHT, encoding="utf-8")
            yield [("prompt", "$ "), ("place", line)]
            text = shown if shown is not None else printed(line.partition("#")[0].split()[1:])
            yield from (spans for each in text.splitlines() for spans in wrapped(each))
            if number + 1 < len(SESSION):
                yield []


def printed(words: Sequence[str]) -> str:
    """Return the output of a command, from stdout and stderr."""
    screen = io.StringIO()
    with redirect_stdout(screen), redirect_stderr(screen), suppress(click.exceptions.Exit):
        commands.main(list(words), prog_name="kaito-pack", standalone_mode=False)
    return screen.getvalue()


def wrapped(line: str) -> Iterator[Sequence[Span]]:
    """Yield a printed line as a terminal of WIDTH shows it, with colours."""
    problem = re.fullmatch(r"(\S+:\d+:\d+) (.*)", line)
    colour = "bad" if problem else "hint" if re.match(r"\s+kubectl |  \w.*: ", line) else "plain"
    pieces = textwrap.wrap(line, WIDTH, drop_whitespace=False, break_on_hyphens=False) or [""]
    for number, piece in enumerate(pieces):
        place = problem[1] if problem and number == 0 else ""
        yield [("place", place), (colour, piece.removeprefix(place))]


def drawn(lines: Sequence[Sequence[Span]]) -> str:
    """Return an SVG of the lines that needs no font and no style sheet."""
    width, height = round(WIDTH * CHARACTER + 2 * MARGIN), (len(lines) + 1) * LINE + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>A terminal session: mistakes in a values file, and the plan of a change</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>',
        *(f'<circle cx="{MARGIN + 4 + 18 * dot}" cy="18" r="5" fill="#30363d"/>' for dot in range(3)),
        f'<g font-family="{escape(FONT)}" font-size="13" style="white-space:pre">',
    ]
    for number, spans in enumerate(lines):
        texts = "".join(
            f'<tspan fill="{COLOURS[name]}">{escape(text)}</tspan>' for name, text in spans if text
        )
        if texts:
            parts.append(f'<text x="{MARGIN}" y="{MARGIN + LINE * (number + 2) - 5}">{texts}</text>')
    return "\n".join([*parts, "</g>", "</svg>"]) + "\n"


if __name__ == "__main__":
    for file, text in outputs():
        file.write_text(text, encoding="utf-8")
    print(os.path.relpath(PICTURE))
