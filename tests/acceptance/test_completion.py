"""`completion`: what real shells complete after sourcing the script of the command."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shlex
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from kaito_pack.cli._shells import script
from kaito_pack.cli.shared.words import Words
from tests.conftest import PHI, ROOT, Run

SILENCE = 60  # seconds without a byte, after which a shell counts as hanging

SHELLS = ("bash", "zsh", "fish")
# What is typed before TAB, and what must be offered or inserted then.
CASES = [
    ("val", "validate"),
    ("validate mod", "models/"),
    ("ph", "phi.yaml"),
    ("render ph", "phi.yaml"),
    ("render -f ph", "phi.yaml"),
    ("render --target ph", "phi.yaml"),
    ("render phi.yaml --out mod", "models/"),
    ("render phi.yaml --kaito-version 0.1", "0.12"),
    ("validate phi.yaml --kaito-version al", "all"),
    ("render phi.yaml --kubernetes-version 1.3", "1.35"),
    ("render phi.yaml --clo", "--cloud"),
    ("status --context kin", "kind-test"),
    ("plan phi.yaml --fail-on rej", "rejected"),
    ("plan phi.yaml --fail-on live,rej", "live,rejected"),
    ("explain resources.g", "resources.gpu"),
    ("explain values/mis", "values/missing"),
    ("new --preset phi-4-mini-i", "phi-4-mini-instruct"),
    ("new --premade-model llama3.1:", "llama3.1:8b"),
    ("new --instance-type Standard_NC24ads_A1", "Standard_NC24ads_A100_v4"),
    ("new --model-id microsoft/Phi-4-mini-i", "microsoft/Phi-4-mini-instruct"),
    ("models show microsoft/Phi-4-mini-i", "microsoft/Phi-4-mini-instruct"),
    ("examples copy lla", "llama"),
    ("completion fi", "fish"),
]
SEVERAL = {typed for typed, _ in CASES if typed.endswith((" 0.1", " 1.3"))}  # of which a shell inserts none


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with the command, a kubectl and files to complete."""
    for name in ("bin", "work/models"):
        (tmp_path / name).mkdir(parents=True)
    subprocess.run(
        [ROOT / "scripts" / "launcher", sys.executable, tmp_path / "bin" / "kaito-pack"], check=True
    )
    kubectl = tmp_path / "bin" / "kubectl"
    kubectl.write_text("#!/bin/sh\necho kind-test\n", encoding="utf-8")
    kubectl.chmod(0o755)
    for name in ("work/phi.yaml", "work/models/tiny.yaml"):
        (tmp_path / name).write_text(PHI, encoding="utf-8")
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(folder), "TERM": "dumb", "LC_ALL": "C.UTF-8", "KAITO_PACK": ""}


def test_the_script_is_for_the_name_by_which_it_was_called(run: Run) -> None:
    for shell in SHELLS:
        done = run("completion", shell)
        assert (done.returncode, done.stderr) == (0, "")
        assert "render.py" in done.stdout
        assert "_RENDER_PY_COMPLETE" in done.stdout
    assert run("completion", "tcsh").returncode == 2


HOSTILE_NAME = "a; touch pwned; $(touch pwned) `touch pwned` 'b\\\""


@pytest.mark.parametrize("shell", SHELLS)
def test_the_name_of_the_program_is_only_a_word_of_the_script(shell: str, tmp_path: Path) -> None:
    text = script(shell, HOSTILE_NAME, "_A_COMPLETE")
    if shell == "bash":
        command = ["bash", "--norc", "-c", f"{text}\ncomplete -p"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "_a__touch_pwned" in done.stdout
    else:
        quoted = shlex.quote(HOSTILE_NAME) if shell == "zsh" else "'a; touch pwned"
        assert quoted in text
    assert text.count("touch pwned;") <= 1
    assert not (tmp_path / "pwned").exists()


def test_bash_quotes_the_words_that_it_inserts(tmp_path: Path) -> None:
    program = tmp_path / "kaito-pack"
    program.write_text(
        "#!/bin/sh\nprintf 'plain,%s\\n' '$(touch pwned)' 'a;b' 'llama3.1:8b' 'x=y'\n", "utf-8"
    )
    program.chmod(0o755)
    ask = f"COMP_LINE='{program} '; COMP_POINT=${{#COMP_LINE}}; _kaito_pack_completion {program}"
    text = script("bash", "kaito-pack", "_KAITO_PACK_COMPLETE")
    command = ["bash", "--norc", "-c", f"{text}\n{ask}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["\\$\\(touch\\ pwned\\)", "a\\;b", "llama3.1:8b", "x=y"]


def test_words_that_a_terminal_would_act_on_are_not_offered() -> None:
    words = Words(lambda _: ["a", "a\x1b[31m", "a\nfile,x", "a\u202e"])
    context = click.Context(click.Command("x"))
    items = words.shell_complete(context, click.Option(["--x"]), "")
    assert [item.value for item in items] == ["a"]


class Typist:
    """A shell in a terminal that has sourced the script."""

    def __init__(self, command: list[str], folder: Path, setup: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder / "work",
            env=environment(folder),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self._type(f"{setup}; echo rea''dy\n")
        self._read_until(lambda seen: "ready\r" in seen)

    def completed(self, line: str) -> str:
        """Type a line and TAB; return the line as the shell has it then."""
        self._type(f"{line}\t")
        time.sleep(0.05)
        # Ctrl-A and Ctrl-E: so the line becomes `echo "<" LINE ">"`, which prints it.
        self._type("\x01echo '<' \x05'>'\n")
        answer = re.compile(r"\n<\s?(.*?)\s*>\r", re.DOTALL)
        seen = self._read_until(lambda seen: answer.search(seen) is not None)
        return str(answer.search(seen)[1])  # type: ignore[index]

    def _type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def _read_until(self, is_done: Callable[[str], bool]) -> str:
        seen = ""
        while not is_done(seen):
            assert select.select([self.master], [], [], SILENCE)[0], f"the shell does not answer: {seen!r}"
            seen += os.read(self.master, 65536).decode("utf-8", "replace")
        return seen

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


SETUP = {
    "bash": (["--norc", "--noprofile", "-i"], "source <(kaito-pack completion bash)"),
    "zsh": (["-f", "-i"], "autoload -U compinit; compinit -u -D; source <(kaito-pack completion zsh)"),
}


@pytest.mark.full
@pytest.mark.parametrize("shell", SETUP)
def test_a_shell_completes_what_is_typed(tool: Callable[[str], str], folder: Path, shell: str) -> None:
    arguments, setup = SETUP[shell]
    typist = Typist([tool(shell), *arguments], folder, setup)
    try:
        for typed, wanted in CASES:
            if typed not in SEVERAL:
                line = f"kaito-pack {typed}".rpartition(" ")[0]
                completed = typist.completed(f"kaito-pack {typed}")
                # zsh takes the slash after a folder away again when something else follows.
                assert completed.removesuffix("/") == f"{line} {wanted}".removesuffix("/")
    finally:
        typist.close()


@pytest.mark.full
def test_fish_completes_what_is_typed(tool: Callable[[str], str], folder: Path) -> None:
    lines = [f"echo '> {typed}'; complete -C 'kaito-pack {typed}'" for typed, _ in CASES]
    script = "\n".join(["kaito-pack completion fish | source", *lines])
    done = subprocess.run(
        [tool("fish"), "--no-config", "-c", script],
        cwd=folder / "work",
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = dict(part.split("\n", 1) for part in done.stdout.split("> ")[1:])
    for typed, wanted in CASES:
        words = [line.split("\t")[0] for line in answers[typed].splitlines()]
        assert wanted in words, (typed, words)
