"""Runs the shell blocks of a page, in a folder that looks like a checkout."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT
from tests.docs import cluster
from tests.docs.pages import CLUSTER, Block

END = "\x1e"  # written after each command, with its exit code
LONGEST = 60  # seconds that a block may take
ELLIPSIS = ("…", "...")
COPIED = ("values", "integrations")  # what pages may write into; the rest of the checkout is linked
STAMPS = ("run", "dev", "form", "docs", "browser")  # so that make prepares no environment


@dataclass(frozen=True)
class Done:
    """A command, what it printed (stdout and stderr), its exit code, and the one that the page states."""

    command: str
    printed: str
    code: int
    stated: int


def checkout(folder: Path) -> Path:
    """A working folder for one page: the checkout's files, and programs of the pack on the PATH."""
    work, programs = folder / "work", folder / "bin"
    for created in (work / ".venv" / "bin", programs):
        created.mkdir(parents=True)
    for entry in ROOT.iterdir():
        if entry.name in COPIED:
            shutil.copytree(entry, work / entry.name)
        elif not entry.name.startswith(".") and entry.name != "site":
            (work / entry.name).symlink_to(entry)
    for folder_of_command in (programs, work / ".venv" / "bin"):
        file = folder_of_command / "kaito-pack"
        subprocess.run([ROOT / "scripts" / "launcher", sys.executable, file], check=True)
    _launcher(programs / "kubectl", Path(__file__).with_name("kubectl.py"))
    _launcher(work / ".venv" / "bin" / "python")
    for stamp in STAMPS:
        (work / ".venv" / f"{stamp}.stamp").touch()
    cluster.write(folder)
    return work


def run(block: Block, work: Path) -> list[Done]:
    """Run the commands of a block one after another in one shell, after those of its mark `first`."""
    if first := block.marks.get("first"):
        for done in _run(first, work, block):
            assert done.code == 0, f"{block.place}: {done.command}\n{done.printed}"
    return _run(_script(block), work, block)


def agrees(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed; a line of three dots alone stands for any lines."""
    parts = [""]
    for line in shown.splitlines():
        if line.strip() in ELLIPSIS:
            parts.append("")
        else:
            parts[-1] += line + "\n"
    return re.fullmatch("(?:.*\n)*?".join(map(re.escape, parts)), printed) is not None


def commands(script: str) -> list[str]:
    """The commands of a script: its lines, those that end in a backslash with the next one."""
    joined = re.findall(r"(?:.*\\\n)*.+", script)
    return [command for command in joined if command.strip() and not command.lstrip().startswith("#")]


def shown_output(block: Block, blocks: list[Block]) -> str | None:
    """The output that the page shows for a block: in the next block, or between its own prompts."""
    if block.language == "console":
        return "".join(line + "\n" for line in block.text.splitlines() if not line.startswith("$ "))
    return next((after.text for after in blocks if after.shows is block), None)


def _script(block: Block) -> str:
    if block.language != "console":
        return block.text
    return "".join(line[2:] + "\n" for line in block.text.splitlines() if line.startswith("$ "))


def _run(script: str, work: Path, block: Block) -> list[Done]:
    wanted = commands(script)
    marked = "".join(f"{command}\nprintf '{END}%s{END}' $?\n" for command in wanted)
    printed = _output_of(f"exec 2>&1\n{marked}", work, _environment(work.parent, block)).split(END)
    assert len(printed) == 2 * len(wanted) + 1, f"{block.place} ends the shell:\n{printed[-1]}"
    return [
        Done(command, output, int(code), _stated(command))
        for command, output, code in zip(wanted, printed[::2], printed[1::2], strict=False)
    ]


def _output_of(script: str, work: Path, environment: Mapping[str, str]) -> str:
    """What a script prints; one that takes longer than LONGEST ends with all that it has started."""
    with subprocess.Popen(
        ["sh", "-c", script],
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            return process.communicate(timeout=LONGEST)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def _stated(command: str) -> int:
    """The exit code that a comment states, else 0."""
    result = re.search(r"#.*\bexit code (\d+)", command)
    return int(result[1]) if result else 0


def _environment(folder: Path, block: Block) -> Mapping[str, str]:
    # MAKE…: what an outer make was given would reach the page's own.
    strange = ("KAITO", "GIT_", "MAKE", "MFLAGS")
    rest = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    return rest | {
        "PATH": f"{folder / 'bin'}{os.pathsep}{rest['PATH']}",
        "HOME": str(folder),
        "DOCS_CLUSTER": str(folder) if CLUSTER in block.needs else "",
        "HF_TOKEN": "not-a-token",
        "PYTEST": "--version",  # `make test` starts pytest, and no test within a test
        **{
            f"GIT_{who}_{what}": "docs@example.com"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }


def _launcher(path: Path, *program: Path) -> None:
    """A command that starts this Python, with a program where one is named."""
    words = " ".join(f'"{word}"' for word in (sys.executable, *program))
    path.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
