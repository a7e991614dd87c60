"""The command `render`: arguments in, exit code, stdout and stderr out."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from array import array
from pathlib import Path
from typing import IO

import pytest
import yaml

from tests import golden
from tests.conftest import ROOT, TINY, Run

LLAMA = ROOT / "values" / "llama.yaml"


def test_a_values_file_becomes_manifests_on_stdout_and_nothing_else(run: Run) -> None:
    done = run(LLAMA)
    assert (done.returncode, done.stderr) == (0, "")
    golden.check(ROOT / "values" / "rendered" / "llama.yaml", done.stdout)


def test_render_may_be_written_or_left_out(run: Run) -> None:
    assert run("render", LLAMA).stdout == run(LLAMA).stdout == run("--kaito-version", "0.12", LLAMA).stdout


def test_two_runs_give_the_same_bytes(process: Run) -> None:
    first, second = (process(LLAMA, env={"PYTHONHASHSEED": seed}) for seed in "12")
    assert first.stdout == second.stdout


def test_dash_reads_stdin(run: Run) -> None:
    done = run("-", stdin=TINY)
    assert done.returncode == 0
    assert [body["kind"] for body in yaml.safe_load_all(done.stdout)] == ["Workspace", "Service"]


def test_values_may_be_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tiny.json").write_text(json.dumps(yaml.safe_load(TINY)), encoding="utf-8")
    assert run("tiny.json").stdout == run("-", stdin=TINY).stdout


def test_several_files_give_one_stream_in_their_order(run: Run) -> None:
    done = run(LLAMA, ROOT / "values" / "phi-small.yaml")
    names = [body["metadata"]["name"] for body in yaml.safe_load_all(done.stdout)]
    assert names == [
        "workspace-llama",
        "workspace-llama-vllm",
        "workspace-phi-small",
        "workspace-phi-small-vllm",
    ]


def test_json_is_one_object(run: Run) -> None:
    whole = json.loads(run(LLAMA, "-o", "json").stdout)
    assert whole["kind"] == "List"
    assert whole["items"] == list(yaml.safe_load_all(run(LLAMA).stdout))


def test_when_one_of_several_is_wrong_nothing_is_printed_and_all_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(TINY + "gpu: 2\nreplicas: 0\n", encoding="utf-8")
    done = run(LLAMA, "bad.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert "bad.yaml:4:1 gpu: unknown value." in done.stderr
    assert "bad.yaml:5:11 replicas: `0` is below 1." in done.stderr


def test_a_missing_file_is_exit_2_and_the_rest_is_still_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(TINY + "replicas: 0\n", encoding="utf-8")
    done = run("missing.yaml", "bad.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "missing.yaml" in done.stderr
    assert "bad.yaml:4:11" in done.stderr


def test_two_files_that_claim_one_workspace_are_told_of_each_other(run: Run, tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(TINY, encoding="utf-8")
    done = run("one.yaml", "two.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    claimed = "also renders the Workspace workspace-tiny in namespace kaito-workspace"
    for file, other in (("one", "two"), ("two", "one")):
        pattern = rf"{file}\.yaml:1:7 name: \S*{other}\.yaml:1:7 {claimed}\."
        assert re.search(pattern, done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--no-such-option", "a"),
        ("a", "-o", "xml"),
        ("--kaito-version", "0.99", "a"),
        ("--kubernetes-version", "2", "a"),
    ],
)
def test_a_wrong_command_line_is_exit_2(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_an_unknown_version_names_the_known_ones(run: Run) -> None:
    assert "0.6, 0.7, 0.8, 0.9, 0.10, 0.11, 0.12" in run("--kaito-version", "0.13", LLAMA).stderr


def test_out_writes_one_file(run: Run, tmp_path: Path) -> None:
    done = run(LLAMA, "--out", "all.yaml")
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "all.yaml").read_text(encoding="utf-8") == run(LLAMA).stdout


def test_out_writes_a_file_a_workspace_into_a_folder(run: Run, tmp_path: Path) -> None:
    assert run(LLAMA, "--out", "tree/").returncode == 0
    assert (tmp_path / "tree" / "kaito-workspace" / "workspace-llama.yaml").is_file()


def test_wrong_values_leave_the_file_that_is_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text("before\n", encoding="utf-8")
    assert run("-", "--out", "all.yaml", stdin=TINY + "replicas: 0\n").returncode == 1
    assert (tmp_path / "all.yaml").read_text(encoding="utf-8") == "before\n"


def test_a_folder_that_cannot_be_made_is_exit_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = run(LLAMA, "--out", "file/below/")
    assert done.returncode == 2
    assert "file: is a file, but the tree needs a folder there" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    command = f"{sys.executable} {ROOT / 'render.py'} {LLAMA} -o json | head -c 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "{"
    assert done.stderr == ""


def unread(pipe: IO[bytes]) -> int:
    """The bytes in a pipe that its reader has not taken yet."""
    count = array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def test_ctrl_c_ends_it_without_a_traceback() -> None:
    arguments = [sys.executable, str(ROOT / "render.py"), "-"]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as waiting:
        assert waiting.stdin is not None
        waiting.stdin.write(b"name: tiny\n")
        waiting.stdin.flush()
        while unread(waiting.stdin) and waiting.poll() is None:
            time.sleep(0.02)  # until it has read this line and waits for the next
        waiting.send_signal(signal.SIGINT)
        _, stderr = waiting.communicate(timeout=60)
    assert waiting.returncode == 130
    assert b"Traceback" not in stderr


@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("1", False)])
def test_colour_is_for_terminals_and_no_color_is_obeyed(
    tmp_path: Path, no_color: str | None, coloured: bool
) -> None:
    (tmp_path / "bad.yaml").write_text(TINY + "replicas: 0\n", encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    if no_color:
        environment["NO_COLOR"] = no_color
    ours, theirs = pty.openpty()
    command = [sys.executable, str(ROOT / "render.py"), "bad.yaml"]
    subprocess.run(command, cwd=tmp_path, stderr=theirs, env=environment, timeout=60, check=False)
    os.close(theirs)
    shown = os.read(ours, 10_000)
    os.close(ours)
    assert (b"\x1b[" in shown) is coloured
    assert b"replicas" in shown


def test_help_and_version_are_on_stdout(run: Run) -> None:
    assert "validate" in run("--help").stdout
    assert "--kaito-version" in run("render", "--help").stdout
    assert run("--version").stdout.startswith("kaito-pack, version ")


def test_shell_completion_is_there_as_help_says(run: Run) -> None:
    done = run(env={"_RENDER_PY_COMPLETE": "bash_source"})
    assert "complete" in done.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize(
    ("command", "how", "code"),
    [
        ("", ">/dev/full", 2),
        ("", ">&-", 2),
        ("-o json", ">/dev/full", 2),
        ("--help", ">/dev/full", 2),
        ("", "2>&- >/dev/null", 0),
        ("", "<&- >/dev/null", 0),
        ("--set modelSurce=x", "2>/dev/full", 2),
        ("--out tree", ">&-", 0),  # nothing is printed, so nothing is lost
    ],
)
def test_streams_that_are_closed_or_full_give_a_line_and_an_exit_code(
    tmp_path: Path, command: str, how: str, code: int
) -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} {ROOT / 'render.py'} {LLAMA} {command} {how}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("Error: output cannot be written: ") == (code == 2 and "2>" not in how)
    assert done.stderr.count("\n") <= 1


def test_output_is_utf_8_whatever_the_locale(process: Run, tmp_path: Path) -> None:
    name = os.fsdecode(b"odd \xff.yaml")
    (tmp_path / name).write_text(TINY + "extraArgs: [é → ü]\n", encoding="utf-8")
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for env in ({"PYTHONIOENCODING": "latin-1"}, {"PYTHONIOENCODING": "utf-8"}, locale):
        done = process(name, env=env)
        assert (done.returncode, done.stderr) == (0, "")
        assert "é → ü" in done.stdout
        assert json.loads(process("validate", name, "-o", "json", env=env).stdout)[0]["file"] == name
